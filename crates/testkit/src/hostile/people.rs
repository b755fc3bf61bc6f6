//! Set U: names of accounts, contact addresses, passwords.

use super::{Expect, Payload};

/// U01: names that `useradd` or another panel took.
pub(super) fn account_names() -> Vec<Payload> {
    let mut all: Vec<Payload> = [
        "root",
        "..",
        ".",
        "0",
        "00",
        "123",
        "a",
        "ü",
        "a$",
        "alice$",
        "-x",
        "+x",
        "nobody",
        "nogroup",
        "www-data",
        "daemon",
        "sudo",
        "shadow",
        "systemd-network",
        "systemd-resolve",
        "messagebus",
        "sshd",
        "mysql",
        "holdfast",
        "holdfast-agent",
        "holdfast-tenants",
        "panel",
        "admin",
        "administrator",
        "Alice",
        "ALICE",
        "alicE",
        "аdmin",
        "alıce",
        "ａｌｉｃｅ",
        "alice bob",
        "alice:x:0:0",
        "alice/../root",
        "al-ice",
        "al_ice",
        "al.ice",
        "alice@example.test",
        "alice,bob",
        "alice#",
        "alice%",
        "*",
        "%u",
        "1alice",
    ]
    .into_iter()
    .map(|text| Payload::text(format!("U01 {}", text.escape_default()), text))
    .collect();
    all.push(Payload::text("U01 32 letters", "a".repeat(32)));
    all.push(Payload::text("U01 33 letters", "a".repeat(33)));
    all
}

/// Addresses that end up in headers and command lines.
pub(super) fn addresses() -> Vec<Payload> {
    [
        "alice",
        "@example.test",
        "alice@",
        "alice@@example.test",
        "alice@bob@example.test",
        "alice@example.test,bob@example.test",
        "alice@example.test bob@example.test",
        "alice@example.test\nBcc: bob@example.test",
        "\"alice smith\"@example.test",
        "Alice <alice@example.test>",
        "alice(comment)@example.test",
        "alice@[127.0.0.1]",
        "alice@127.0.0.1",
        "alice@localhost",
        "-oQ/tmp@example.test",
        ".alice@example.test",
        "alice.@example.test",
        "al..ice@example.test",
        "|/bin/sh@example.test",
        ":include:/etc/shadow",
        "/etc/passwd",
        "*@example.test",
        "%@example.test",
        "ülice@example.test",
        "alice@exa_mple.test",
        "alice@example.123",
        "=?utf-8?q?alice?=@example.test",
        "mailto:alice@example.test",
    ]
    .into_iter()
    .map(|text| Payload::text(format!("U03 {}", text.escape_default()), text))
    .collect()
}

/// U04: passwords that harm the hash, the line they are written to, or the comparison.
pub(super) fn passwords() -> Vec<Payload> {
    let mut all: Vec<Payload> =
        ["1", "1234567", "pass\0word", "password\n", "pass\rword", "password\u{1b}[2J"]
            .into_iter()
            .map(|text| Payload::text(format!("U04 {}", text.escape_default()), text))
            .collect();
    all.push(Payload::text("U04 1025 bytes", "x".repeat(1025)));
    for text in [
        "$6$rounds=5000$abcdefgh$x",
        "0e1234567890",
        "!locked!!",
        "*********",
        "pass:word:x",
        "{PLAIN}password",
        "ﬁﬁﬁﬁ",
        "e\u{301}e\u{301}e\u{301}",
    ] {
        let kept = Payload { expect: Expect::RefusedOrKept, ..Payload::text("", text) };
        all.push(Payload { id: format!("U04 {}", text.escape_default()), ..kept });
    }
    all
}
