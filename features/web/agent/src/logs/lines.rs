//! Whose a line is, and how it may be written down.

use names::{DomainName, SiteId};
use web_spec::LogKind;

/// The two logs that nginx writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Requests, one JSON object in each line.
    Access,
    /// nginx's own words.
    Error,
}

impl Source {
    pub(crate) const ALL: [Self; 2] = [Self::Access, Self::Error];

    /// Of a site's log.
    pub(crate) const fn of(kind: LogKind) -> Self {
        match kind {
            LogKind::Access => Self::Access,
            LogKind::Error => Self::Error,
        }
    }

    /// The file's name, here and in a site's directory.
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Access => LogKind::Access.file(),
            Self::Error => LogKind::Error.file(),
        }
    }
}

/// Whom a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// A site, by id: nginx wrote it at the beginning of the line, where no visitor can.
    Site(SiteId),
    /// A host name, that leads to a site or to none.
    Host(DomainName),
    /// Nobody.
    Nobody,
}

/// The longest line of nginx's own words, in bytes (`NGX_MAX_ERROR_STR`, without the line feed). A line of that length was
/// cut off, and with it perhaps the host.
const LONGEST: usize = 2047;

/// Reads whom a line names.
///
/// Nginx ends an error line with `, client: , server: , request: "", upstream: "", host: "", referrer: ""`, each where
/// there is one, and escapes nothing. A visitor has a say in what stands before that (the path of a file), in the request
/// line, the host and the referrer; a request need not have a host. So the host counts where it is the only text of that
/// form, no referrer stands before it, and the line is whole; else the line is nobody's.
pub(crate) fn named(source: Source, line: &str) -> Named {
    match source {
        Source::Access => {
            let id = line.strip_prefix("{\"site\":\"").and_then(|rest| rest.split('"').next());
            id.and_then(|id| SiteId::parse(id).ok()).map_or(Named::Nobody, Named::Site)
        }
        Source::Error => {
            let mut parts = line.split(", host: \"");
            match (parts.next(), parts.next(), parts.next()) {
                (Some(before), Some(rest), None)
                    if line.len() < LONGEST && !before.contains(", referrer: \"") =>
                {
                    let host = rest.split('"').next().unwrap_or_default();
                    // a port may stand behind the name
                    let host = host.split(':').next().unwrap_or_default();
                    DomainName::parse(host).map_or(Named::Nobody, Named::Host)
                }
                _ => Named::Nobody,
            }
        }
    }
}

/// A line without anything that acts on a terminal or turns text around; ends with a line feed.
pub(crate) fn clean(line: &str, into: &mut String) {
    web_spec::log::write_plain(line, into);
    into.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_line_belongs_to_the_site_at_its_beginning_alone() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let site = Named::Site(SiteId::parse(id).unwrap());
        assert_eq!(named(Source::Access, &format!("{{\"site\":\"{id}\",\"x\":1}}")), site);
        for other in [
            format!("{{\"site\":\"\",\"agent\":\"{{\\\"site\\\":\\\"{id}\\\"\"}}"),
            format!(" {{\"site\":\"{id}\"}}"),
            format!("{{\"site\":\"{}\"}}", id.to_uppercase()),
            "{\"site\":\"".to_owned(),
            String::new(),
        ] {
            assert_eq!(named(Source::Access, &other), Named::Nobody, "{other}");
        }
    }

    #[test]
    fn an_error_line_with_two_hosts_is_nobodys() {
        let host = |name: &str| Named::Host(DomainName::parse(name).unwrap());
        let line = "2026/01/01 00:00:00 [error] 1#1: *1 open() failed, client: ::1, server: _, request: \"GET / HTTP/1.1\", host: \"WWW.example.test:8080\"";
        assert_eq!(named(Source::Error, line), host("www.example.test"));
        let referred = format!("{line}, referrer: \"http://x/\"");
        assert_eq!(named(Source::Error, &referred), host("www.example.test"));
        let forged = format!("{line}, referrer: \"x\", host: \"victim.example.test\"");
        assert_eq!(named(Source::Error, &forged), Named::Nobody);
        let hostless = line.rsplit_once(", host: ").unwrap().0;
        let forged = format!("{hostless}, referrer: \"http://x/, host: \"victim.example.test\"");
        assert_eq!(named(Source::Error, &forged), Named::Nobody, "a request without a host");
        let path = format!("[error] 1#1: *1 open() \"/x, host: \"victim.example.test\"{}", "/x".repeat(1100));
        assert_eq!(named(Source::Error, &path[..2047]), Named::Nobody, "cut off before the host");
        assert_eq!(named(Source::Error, &path[..2046]), host("victim.example.test"), "nginx ends none there");
        for other in ["", "[notice] signal process started", ", host: \"", ", host: \"not a name\""] {
            assert_eq!(named(Source::Error, other), Named::Nobody, "{other}");
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_written_as_its_number() {
        let mut text = String::new();
        clean("a\x1b[2J\u{9b}b\u{202e}c\x7f\u{2028}ü\t\0", &mut text);
        assert_eq!(text, "a\\u001b[2J\\u009bb\\u202ec\\u007f\\u2028ü\\u0009\\u0000\n");
    }
}
