//! Set K: lines that are not one plain public key.

use super::Payload;

/// A key whose private half was thrown away.
pub(super) const SAMPLE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOlcuytl6ByvMy4XUXWk+r3/ECtUpd5NphaS02f680ZW alice";

/// 1024 bits of RSA.
const RSA_1024: &str = "ssh-rsa \
     AAAAB3NzaC1yc2EAAAADAQABAAAAgQC+2bR+vmwNn04KY3GQgUflpSsX45/pDiLgHrK1e/JSc3PbkVC9wgT3bGGPGI\
     qgNCxuobosA2CkquCeY5hqGobR7EvYdql/6reKUD8VqPFVi6t6EZ/SxLf4KNLhjMDMhp5pXPKdsIb2e7xpEpPebzmm\
     vj8NZVv0ffchzRXrsEovZQ==";

pub(super) fn all() -> Vec<Payload> {
    let bare = SAMPLE.trim_end_matches(" alice");
    let base64 = bare.trim_start_matches("ssh-ed25519 ");
    let mut all: Vec<Payload> = [
        ("K01", "command=\"sh\" KEY"),
        ("K01", "environment=\"LD_PRELOAD=/home/alice/x.so\" KEY"),
        ("K01", "from=\"*\" KEY"),
        ("K01", "permitopen=\"127.0.0.1:3306\" KEY"),
        ("K01", "cert-authority KEY"),
        ("K01", "no-pty,no-port-forwarding KEY"),
        ("K01", "restrict KEY"),
        ("K01", "no-touch-required KEY"),
        ("K02", "KEY\nssh-rsa AAAA attacker"),
        ("K02", "KEY\rssh-rsa AAAA attacker"),
        ("K02", "KEY\0"),
        ("K02", "KEY\u{2028}ssh-rsa AAAA"),
        ("K02", "KEY command=\"sh\""),
        ("K02", "KEY \\"),
        ("K03", "ssh-dss AAAAB3NzaC1kc3MAAACBAA=="),
        ("K03", "ssh-rsa BASE64"),
        ("K03", "ssh-ed25519-cert-v01@openssh.com BASE64"),
        ("K03", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n"),
        ("K03", "-----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY-----"),
        ("K03", "ssh-ed25519"),
        ("K03", "ssh-ed25519 "),
        ("K03", "ssh-ed25519 AAAA"),
        ("K03", "ssh-ed25519 ????"),
        ("K03", "BASE64"),
        ("K03", "KEYAAAA"),
        ("K03", "SSH-ED25519 BASE64"),
        ("K10", "KEY \u{1b}]0;owned\u{7}"),
        ("K10", "KEY <svg onload=alert(1)>"),
        ("K10", "KEY \u{202e}ecila"),
    ]
    .into_iter()
    .map(|(id, text)| {
        let text = text
            .replace("KEY", bare)
            .replace("BASE64", base64)
            .replace(&format!("PRIVATE {bare}"), "PRIVATE KEY");
        Payload::text(format!("{id} {}", text.escape_default().to_string().replace(base64, "...")), text)
    })
    .collect();
    all.push(Payload::text("K02 comment of 100 kB", format!("{bare} {}", "c".repeat(100_000))));
    all.push(Payload::text("K02 comment of 101 bytes", format!("{bare} {}", "c".repeat(101))));
    all.push(Payload::text("K03 RSA of 1024 bits", RSA_1024));
    all.push(Payload::canonical("K no comment", bare, bare));
    all
}
