//! Set D: names of hosts.

use super::Payload;

/// Refused by every grammar of host names.
pub(super) fn syntax() -> Vec<Payload> {
    let mut all: Vec<Payload> = [
        ("D01", "example.com\nserver_name victim.com;"),
        ("D02", "example.com;"),
        ("D02", "example.com{"),
        ("D02", "example.com}"),
        ("D02", "a b.com"),
        ("D02", "#x.com"),
        ("D02", "example.com victim.com"),
        ("D04", ".example.com"),
        ("D04", "a..b"),
        ("D04", "example.com.."),
        ("D04", "-a.com"),
        ("D04", "a-.com"),
        ("D04", "a_b.com"),
        ("D07", "раypal.com"),
        ("D07", "xn--раypal.com"),
        ("D07", "аррӏе.com"),
        ("D08", "ｅｘａｍｐｌｅ.com"),
        ("D08", "example。com"),
        ("D08", "example．com"),
        ("D08", "exam\u{200d}ple.com"),
        ("D08", "exam\u{200b}ple.com"),
        ("D08", "exam\u{ad}ple.com"),
        ("D08", "ﬁle.com"),
        ("D08", "bank.com∕login.example"),
        ("D08", "a˗b.com"),
        ("D09", "*.example.com"),
        ("D10", "*"),
        ("D10", "_"),
        ("D10", "~^.*$"),
        ("D10", "~^(?<x>.+)$"),
        ("D10", ".*"),
        ("D10", "\"\""),
        ("D10", "$host"),
        ("D10", "default_server"),
        ("D10", "www.example.*"),
        ("D12", "127.0.0.1"),
        ("D12", "127.1"),
        ("D12", "2130706433"),
        ("D12", "0x7f.1"),
        ("D12", "0x7f000001"),
        ("D12", "0177.0.0.1"),
        ("D12", "[::1]"),
        ("D12", "::1"),
        ("D12", "::ffff:127.0.0.1"),
        ("D12", "fe80::1%eth0"),
        ("D12", "1.2.3.4."),
        ("D18", "example.com:8080"),
        ("D18", "http://example.com"),
        ("D18", "//example.com"),
        ("D18", "user@example.com"),
        ("D18", "example.com/.."),
        ("D18", "example.com?x"),
        ("D18", "example.com\\x"),
        ("D19", "a.123"),
        ("D19", "a.0x1f"),
        ("D24", "https://x/;\n} location /etc/ { alias /etc/;"),
        ("D25", "javascript:alert(1)"),
    ]
    .into_iter()
    .map(|(id, text)| Payload::text(format!("{id} {}", text.escape_default()), text))
    .collect();
    all.push(Payload::text("D17 label of 64", format!("{}.com", "a".repeat(64))));
    all.push(Payload::text(
        "D17 name of 254",
        format!("{}.com", [&"a".repeat(62)[..]; 4].join(".")[..250].to_owned()),
    ));
    all.push(Payload::text("D17 128 labels", format!("{}com", "a.".repeat(127))));
    all
}

/// All that a site's name must refuse, and the forms that it must take.
pub(super) fn all() -> Vec<Payload> {
    let mut all = syntax();
    for (id, texts) in [
        ("D07", &["xn--.com", "xn--a.com", "xn--example.com", "xn--ypal-43d9g.com", "αpple.com"][..]),
        ("D08", &["bu\u{308}cher.de", "ⓔxample.com", "example\u{2024}com"]),
        (
            "D11",
            &[
                "localhost",
                "localhost.localdomain",
                "local",
                "printer.local",
                "test",
                "example",
                "invalid",
                "www.invalid",
                "onion",
                "abc.onion",
                "internal",
                "db.internal",
                "home.arpa",
                "nas.home.arpa",
                "1.0.0.127.in-addr.arpa",
            ],
        ),
        ("D15", &["com", "co.uk", "CO.UK", "co.uk.", "github.io", "xn--55qx5d.cn", "公司.cn"]),
        ("D21", &["default", "00-default", "nginx", "conf", "server", "http"]),
    ] {
        all.extend(texts.iter().map(|text| Payload::text(format!("{id} {}", text.escape_default()), *text)));
    }
    for (id, text, form) in [
        ("D03 trailing dot", "example.com.", "example.com"),
        ("D05 upper case", "EXAMPLE.com", "example.com"),
        ("D06 U-label", "bücher.de", "xn--bcher-kva.de"),
        ("D06 A-label", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("D06 upper-case U-label", "BÜCHER.de.", "xn--bcher-kva.de"),
        ("D06 another script", "москва.рф", "xn--80adxhks.xn--p1ai"),
        ("D21 a file's name, below a domain", "default.example", "default.example"),
    ] {
        all.push(Payload::canonical(id, text, form));
    }
    let longest = format!("{}.{}.com", [&"a".repeat(63)[..]; 3].join("."), "b".repeat(57));
    all.push(Payload::canonical("D17 name of 253", longest.clone(), longest));
    let labels = format!("{}com", "a.".repeat(125));
    all.push(Payload::canonical("D17 126 labels", labels.clone(), labels));
    all
}
