//! Set S: addresses of the web that a server is asked to call. All of them lead to the server itself, to its neighbours, to a cloud's metadata
//! service, or are read in two ways.

use super::Payload;

/// Hosts that must not be called, in every notation.
pub(super) fn hosts() -> Vec<String> {
    let mut all: Vec<String> = [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "localhost.localdomain",
        "metadata.google.internal",
        "intranet",
        "printer.local",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[v1.fe80::a]",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "127\u{ff0e}0\u{ff0e}0\u{ff0e}1",
        "\u{2460}\u{2461}\u{2466}.0.0.1",
        "\u{ff11}27.0.0.1",
        "l\u{2092}calhost",
        "127.0.0.1.",
        "a@127.0.0.1",
        "hooks.example.com@127.0.0.1",
        "hooks.example.com:443@127.0.0.1",
        "hooks.example.com#@127.0.0.1",
        "hooks.example.com\\@127.0.0.1",
        "hooks.example.com%00.127.0.0.1",
        "hooks.example.com%2f@127.0.0.1",
        "hooks.example.com,127.0.0.1",
        "hooks.example.com 127.0.0.1",
        "hooks.example.com\t127.0.0.1",
        "127.0.0.1:443:80",
        "127.0.0.1:0443",
        "hooks.example.com:0",
        "hooks.example.com:99999",
        "hooks.example.com:22",
        "hooks.example.com:25",
    ]
    .map(str::to_owned)
    .into();
    // one address of each kind, as numbers are written since the first resolvers
    for [a, b, c, d] in [
        [127, 0, 0, 1],
        [0, 0, 0, 0],
        [10, 0, 0, 1],
        [172, 16, 0, 1],
        [192, 168, 0, 1],
        [169, 254, 169, 254],
        [100, 64, 0, 1],
        [198, 18, 0, 1],
        [224, 0, 0, 1],
        [240, 0, 0, 1],
        [255, 255, 255, 255],
        [192, 0, 0, 170],
    ] {
        let whole = u32::from_be_bytes([a, b, c, d]);
        let low = whole & 0x00ff_ffff;
        all.extend([
            format!("{a}.{b}.{c}.{d}"),
            format!("{whole}"),
            format!("0x{whole:08x}"),
            format!("0X{whole:X}"),
            format!("0{whole:o}"),
            format!("{a}.{low}"),
            format!("0x{a:x}.0x{low:x}"),
            format!("{a}.{b}.{}", whole & 0xffff),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("00{a}.0{b}.0{c}.0{d}"),
            format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
            format!("[::{a}.{b}.{c}.{d}]"),
            format!("[64:ff9b::{a}.{b}.{c}.{d}]"),
            format!("[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]"),
        ]);
    }
    all
}

/// The whole set, for a field that takes `https://` addresses of the public internet.
pub(super) fn all() -> Vec<Payload> {
    let mut texts: Vec<String> = hosts().iter().map(|host| format!("https://{host}/hook")).collect();
    texts.extend(
        [
            "http://hooks.example.com/",
            "HTTPS://hooks.example.com/",
            "https:hooks.example.com",
            "https:/hooks.example.com",
            "https:///hooks.example.com",
            "https:\\\\hooks.example.com",
            "//hooks.example.com/",
            "hooks.example.com/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_INFO",
            "dict://127.0.0.1:11211/stats",
            "ftp://hooks.example.com/",
            "ldap://hooks.example.com/",
            "jar:https://hooks.example.com!/",
            "unix:/run/holdfast/agent.sock",
            "http+unix://%2Frun%2Fholdfast%2Fagent.sock/",
            "data:text/plain,x",
            "javascript:alert(1)",
            "https://hooks.example.com/\r\nX-Injected: 1",
            "https://hooks.example.com/%0d%0aX-Injected:%201",
            "https://hooks.example.com/%0D%0AX-Injected:1",
            "https://hooks.example.com/ HTTP/1.1",
            "https://hooks.example.com/a#b",
            "https://hooks.example.com/%zz",
            "https://hooks.example.com/%",
            "https://user:secret@hooks.example.com/",
            "https://xn--/",
            "https://hooks..example.com/",
            "https://-hooks.example.com/",
            "https://?",
        ]
        .map(str::to_owned),
    );
    texts.sort();
    texts.dedup();
    texts
        .into_iter()
        .map(|text| Payload::text(format!("S01 {}", text.escape_default()), text))
        .chain([
            Payload::canonical(
                "S01 capitals",
                "https://Hooks.Example.TEST/holdfast",
                "https://hooks.example.test/holdfast",
            ),
            Payload::canonical(
                "S01 last dot",
                "https://hooks.example.test./holdfast",
                "https://hooks.example.test/holdfast",
            ),
            Payload::canonical("S01 no path", "https://hooks.example.test", "https://hooks.example.test/"),
        ])
        .collect()
}
