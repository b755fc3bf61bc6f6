//! The inside of a public key: any bytes behind any type; the fuzzer would not find its way through base64 by itself.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use names::SshPublicKey;

const KINDS: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

fuzz_target!(|input: (u8, &[u8])| {
    let kind = KINDS[usize::from(input.0) % KINDS.len()];
    // the type's own name in front, so that the fuzzer reaches what comes behind it
    let blob = [&u32::try_from(kind.len()).unwrap_or(0).to_be_bytes()[..], kind.as_bytes(), input.1].concat();
    let line = format!("{kind} {}", STANDARD.encode(&blob));
    if let Ok(key) = SshPublicKey::parse(&line) {
        assert_eq!(key.to_string(), line);
        assert_eq!(key.kind().as_str(), kind);
    }
});
