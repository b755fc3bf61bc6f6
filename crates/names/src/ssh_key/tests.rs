use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

use super::samples::{
    ED25519, ED25519_FINGERPRINT, P256, P384, P521, P521_FINGERPRINT, RSA_1024, RSA_2048,
    RSA_2048_FINGERPRINT,
};

/// A key of these fields, each behind its length.
fn line(kind: &str, fields: &[&[u8]]) -> String {
    let mut blob = Vec::new();
    for field in [&[kind.as_bytes()], fields].concat() {
        blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        blob.extend(field);
    }
    format!("{kind} {}", STANDARD.encode(blob))
}

fn point(size: usize) -> Vec<u8> {
    [vec![4], vec![7; 2 * size]].concat()
}

#[test]
fn keys_of_ssh_keygen_are_taken_with_their_fingerprint() {
    for key in [ED25519, P256, P384, P521, RSA_2048] {
        accepted(SshPublicKey::parse, &[(key, key)]);
        let commented = format!("{key} alice@laptop (work)");
        accepted(SshPublicKey::parse, &[(&commented, &commented)]);
    }
    let print = |key| SshPublicKey::parse(key).unwrap().fingerprint();
    assert_eq!(print(ED25519), ED25519_FINGERPRINT);
    assert_eq!(print(P521), P521_FINGERPRINT);
    assert_eq!(print(RSA_2048), RSA_2048_FINGERPRINT);
    let key = SshPublicKey::parse(&format!("{ED25519} alice@laptop")).unwrap();
    assert_eq!(
        (key.comment(), key.kind(), key.fingerprint()),
        ("alice@laptop", SshKeyKind::Ed25519, print(ED25519))
    );
    assert_eq!(format!("{} {}", key.kind().as_str(), key.base64()), ED25519);
}

#[test]
fn security_keys_are_taken() {
    let ed = line("sk-ssh-ed25519@openssh.com", &[&[7; 32], b"ssh:"]);
    let ec = line("sk-ecdsa-sha2-nistp256@openssh.com", &[b"nistp256", &point(32), b"ssh:work"]);
    accepted(SshPublicKey::parse, &[(&ed, &ed), (&ec, &ec)]);
}

#[test]
fn what_is_no_single_plain_key_is_refused() {
    let with = |format: &str| format.replace("KEY", ED25519);
    for (text, code) in [
        (String::new(), "ssh_key_empty"),
        (with("command=\"sh\" KEY"), "ssh_key_options"),
        (with("environment=\"LD_PRELOAD=x\" KEY"), "ssh_key_options"),
        (with("from=\"*\" KEY"), "ssh_key_options"),
        (with("permitopen=\"x:1\" KEY"), "ssh_key_options"),
        (with("cert-authority KEY"), "ssh_key_options"),
        (with("no-pty,restrict KEY"), "ssh_key_options"),
        (with("restrict KEY"), "ssh_key_options"),
        (with(" KEY"), "ssh_key_options"),
        (with("#KEY"), "ssh_key_options"),
        (with("KEY\nssh-rsa attacker"), "ssh_key_character"),
        (with("KEY\n"), "ssh_key_character"),
        (with("KEY\r"), "ssh_key_character"),
        (with("KEY\0"), "ssh_key_character"),
        (with("KEY\u{2028}ssh-rsa AAAA"), "ssh_key_character"),
        (with("KEY a\u{1b}]0;x\u{7}"), "ssh_key_character"),
        (with("KEY\talice"), "ssh_key_character"),
        (with("KEY comment with command=\"sh\""), "ssh_key_comment"),
        (with("KEY  two"), "ssh_key_comment"),
        (with("KEY alice "), "ssh_key_comment"),
        (with("KEY <svg>"), "ssh_key_comment"),
        (format!("{ED25519} {}", "c".repeat(101)), "ssh_key_comment"),
        (format!("{ED25519} {}", "c".repeat(100_000)), "ssh_key_too_long"),
        (ED25519.replace("ssh-ed25519 ", "ssh-ed25519  "), "ssh_key_content"),
        (ED25519.replace("ssh-ed25519", "ssh-dss"), "ssh_key_type"),
        (ED25519.replace("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"), "ssh_key_type"),
        (ED25519.replace("ssh-ed25519", "ssh-rsa"), "ssh_key_content"),
        (ED25519.replace("ssh-ed25519 ", ""), "ssh_key_options"),
        ("ssh-ed25519".to_owned(), "ssh_key_content"),
        ("ssh-ed25519 ".to_owned(), "ssh_key_content"),
        (ED25519[..ED25519.len() - 1].to_owned(), "ssh_key_base64"),
        (ED25519[..ED25519.len() - 4].to_owned(), "ssh_key_content"),
        (format!("{ED25519}AAAA"), "ssh_key_content"),
        (format!("{ED25519}="), "ssh_key_base64"),
        (RSA_1024.to_owned(), "ssh_key_rsa_size"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\n-----END OPENSSH PRIVATE KEY-----".to_owned(),
            "ssh_key_is_private",
        ),
        ("PuTTY-User-Key-File-3: ssh-ed25519".to_owned(), "ssh_key_is_private"),
    ] {
        refused(SshPublicKey::parse, &[(&text, code)]);
    }
}

#[test]
fn the_content_must_be_what_the_type_says() {
    let zero_lead = [&[0, 0x80][..], &[1; 300]].concat();
    let plain = [&[0x40][..], &[1; 255]].concat();
    let even = [&[0x40][..], &[2; 255]].concat();
    let negative = [&[0x80][..], &[1; 255]].concat();
    let padded = [&[0, 0x40][..], &[1; 255]].concat();
    let huge = [&[0x40][..], &[1; 2048]].concat();
    let ok = line("ssh-rsa", &[&[1, 0, 1], &zero_lead]);
    assert!(SshPublicKey::parse(&ok).is_ok());
    for (text, code) in [
        (line("ssh-rsa", &[&[1, 0, 1], &plain]), "ssh_key_rsa_size"), // 2047 bits
        (line("ssh-rsa", &[&[1, 0, 1], &huge]), "ssh_key_rsa_size"),
        (line("ssh-rsa", &[&[1], &zero_lead]), "ssh_key_content"),
        (line("ssh-rsa", &[&[2], &zero_lead]), "ssh_key_content"),
        (line("ssh-rsa", &[&[], &zero_lead]), "ssh_key_content"),
        (line("ssh-rsa", &[&[0x11; 40], &zero_lead]), "ssh_key_content"),
        (line("ssh-rsa", &[&[1, 0, 1], &even]), "ssh_key_content"),
        (line("ssh-rsa", &[&[1, 0, 1], &negative]), "ssh_key_content"),
        (line("ssh-rsa", &[&[1, 0, 1], &padded]), "ssh_key_content"),
        (line("ssh-rsa", &[&[1, 0, 1]]), "ssh_key_content"),
        (line("ssh-rsa", &[&[1, 0, 1], &zero_lead, b"x"]), "ssh_key_content"),
        (line("ssh-ed25519", &[&[7; 31]]), "ssh_key_content"),
        (line("ssh-ed25519", &[&[7; 33]]), "ssh_key_content"),
        (line("ssh-ed25519", &[&[7; 32], b""]), "ssh_key_content"),
        (line("ssh-ed25519", &[]), "ssh_key_content"),
        (line("ecdsa-sha2-nistp256", &[b"nistp384", &point(32)]), "ssh_key_content"),
        (line("ecdsa-sha2-nistp256", &[b"nistp256", &point(48)]), "ssh_key_content"),
        (line("ecdsa-sha2-nistp256", &[b"nistp256", &[2; 65]]), "ssh_key_content"),
        (line("sk-ssh-ed25519@openssh.com", &[&[7; 32]]), "ssh_key_content"),
        (line("sk-ssh-ed25519@openssh.com", &[&[7; 32], b"ssh:\n"]), "ssh_key_content"),
        (line("sk-ssh-ed25519@openssh.com", &[&[7; 32], b"https://x"]), "ssh_key_content"),
        (format!("ssh-ed25519 {}", STANDARD.encode([0xff; 64])), "ssh_key_content"),
    ] {
        refused(SshPublicKey::parse, &[(&text, code)]);
    }
}

proptest! {
    #[test]
    fn comments_that_are_accepted_read_back(comment in texts("[a-zA-Z0-9 ._@+:/#()\\[\\],-]{0,30}")) {
        holds(SshPublicKey::parse, &format!("{ED25519} {comment}"))?;
    }

    #[test]
    fn any_content_is_judged_without_panic(kind in 0_usize..7, blob in any::<Vec<u8>>(), cut in 0_usize..60) {
        let kind = SshKeyKind::ALL[kind].as_str();
        let _ = SshPublicKey::parse(&format!("{kind} {}", STANDARD.encode(&blob)));
        let real = STANDARD.decode(ED25519.split(' ').nth(1).unwrap()).unwrap();
        let mixed = [&real[..cut.min(real.len())], &blob].concat();
        if let Ok(key) = SshPublicKey::parse(&format!("ssh-ed25519 {}", STANDARD.encode(&mixed))) {
            prop_assert_eq!(key.blob.len(), real.len());
        }
    }
}
