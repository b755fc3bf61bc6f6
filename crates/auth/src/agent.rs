//! What somebody signs in with, in a few words of our own.

/// A browser or program: `Firefox on Linux`. Made of fixed words alone, so that nothing of what a client sent is kept or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agent {
    program: &'static str,
    system: &'static str,
}

/// What a header has in it, and the word for it; the first that fits counts. Many say that they are Chrome or Safari too.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl Agent {
    /// Reads the header `User-Agent`.
    pub fn of(header: &str) -> Self {
        let find = |words: &[(&str, &'static str)]| {
            words.iter().find(|(mark, _)| header.contains(mark)).map_or("", |(_, word)| word)
        };
        if header.starts_with("holdfast/") {
            return Self { program: "holdfast", system: "" };
        }
        if header.starts_with("curl/") {
            return Self { program: "curl", system: "" };
        }
        if !header.starts_with("Mozilla/") {
            return Self::default();
        }
        let program = find(&BROWSERS);
        Self { program: if program.is_empty() { "a browser" } else { program }, system: find(&SYSTEMS) }
    }
}

impl std::fmt::Display for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.program, self.system) {
            ("", _) => f.write_str("another program"),
            (program, "") => f.write_str(program),
            (program, system) => write!(f, "{program} on {system}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Agent;

    #[test]
    fn browsers_and_programs_are_told_in_fixed_words() {
        for (header, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("holdfast/0.1.0", "holdfast"),
            ("curl/8.14.1", "curl"),
            ("Mozilla/5.0 <svg onload=alert(1)>", "a browser"),
            ("<svg onload=alert(1)>", "another program"),
            ("", "another program"),
        ] {
            assert_eq!(Agent::of(header).to_string(), words, "{header}");
        }
    }
}
