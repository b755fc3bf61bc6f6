use cert_spec::KeyKind;
use proptest::prelude::*;

use super::*;

const RSA_PKCS8: &str = include_str!("testdata/rsa.pkcs8.pem");
const RSA_PKCS1: &str = include_str!("testdata/rsa.pkcs1.pem");
const P256_PKCS8: &str = include_str!("testdata/p256.pkcs8.pem");
const P256_SEC1: &str = include_str!("testdata/p256.sec1.pem");
const P384_PKCS8: &str = include_str!("testdata/p384.pkcs8.pem");
const P384_DIGEST: &str = "c008b1d8002a698acd77b74aae26e9e566e25a47d3dde4d3d458452c3816f314";
const P256_DIGEST: &str = "8f79cd1b7f0b716ca1086e407d6bbf515de48469f53a7e89213713ac1365d420";
const RSA_DIGEST: &str = "bcb5e9264d4229b12f342d9448adb1582feb337d99d59234e95e561f254cdae7";

fn read(text: &str) -> Result<PrivateKey, KeyRefused> {
    import(&SecretPem::new(text.to_owned()).unwrap())
}

fn refused(text: &str) -> String {
    read(text).err().map(|refused| refused.to_string()).unwrap_or_default()
}

#[test]
fn a_key_is_the_same_in_each_of_its_forms() {
    // by `openssl pkey -pubout -outform DER | sha256sum`
    let without_parameters = P256_SEC1.split_once("-----BEGIN EC PRIVATE").unwrap().1;
    let windows = RSA_PKCS1.replace('\n', "\r\n");
    let pasted = format!("\u{feff}subject=CN = example.test\n{P256_PKCS8}\n");
    for (text, kind, digest) in [
        (RSA_PKCS8, KeyKind::Rsa, RSA_DIGEST),
        (RSA_PKCS1, KeyKind::Rsa, RSA_DIGEST),
        (&windows, KeyKind::Rsa, RSA_DIGEST),
        (P256_PKCS8, KeyKind::Ecdsa, P256_DIGEST),
        (P256_SEC1, KeyKind::Ecdsa, P256_DIGEST),
        (&format!("-----BEGIN EC PRIVATE{without_parameters}"), KeyKind::Ecdsa, P256_DIGEST),
        (&pasted, KeyKind::Ecdsa, P256_DIGEST),
        (P384_PKCS8, KeyKind::Ecdsa, P384_DIGEST),
    ] {
        let key = read(text).unwrap_or_else(|refused| panic!("{refused}: {text}"));
        assert_eq!((key.kind(), key.digest().to_string().as_str()), (kind, digest), "{text}");
        let kept = PrivateKey::read(key.pem().expose()).unwrap();
        assert_eq!(kept.digest(), key.digest(), "what is kept is read back");
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_its_reason() {
    let two = format!("{P256_PKCS8}{RSA_PKCS8}");
    let public = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
    let crossed = P256_PKCS8.replace(" PRIVATE", " RSA PRIVATE");
    for (text, reason) in [
        ("", "no private key"),
        ("hello", "no private key"),
        (public, "no private key"),
        (&two, "2 private keys"),
        (include_str!("testdata/encrypted.pkcs8.pem"), "encrypted"),
        (include_str!("testdata/encrypted.pkcs1.pem"), "encrypted"),
        (include_str!("testdata/rsa1024.pem"), "1024 bits"),
        (include_str!("testdata/rsa_e3.pem"), "out of the ordinary"),
        (include_str!("testdata/ed25519.pem"), "Ed25519"),
        (include_str!("testdata/p521.pem"), "P-521"),
        (include_str!("testdata/explicit.pem"), "without a name"),
        (include_str!("testdata/nopublic.sec1.pem"), "public half"),
        (&crossed, "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ] {
        assert!(refused(text).contains(reason), "{reason}: {:?} of {text}", refused(text));
    }
}

#[test]
fn two_halves_of_different_keys_are_damaged() {
    let key = pem::parse(P256_PKCS8).unwrap();
    let mut der = key.contents().to_vec();
    let last = der.len() - 1;
    der[last] ^= 1;
    let text = pem::encode(&Pem::new(PRIVATE_KEY, der));
    assert!(refused(&text).contains("damaged"), "{}", refused(&text));
}

#[test]
fn a_refusal_says_nothing_of_the_key() {
    let secret = P256_PKCS8.lines().nth(1).unwrap();
    let text = P256_PKCS8.replacen("BEGIN", "BEGIN\u{0}", 1);
    assert!(!refused(&text).contains(&secret[..8]));
    assert!(!format!("{:?}", read(&text).err()).contains(&secret[..8]));
}

proptest! {
    #[test]
    fn a_key_with_any_byte_changed_is_taken_or_refused(at in 0usize..1200, byte: u8, which in 0usize..4) {
        let text = [RSA_PKCS8, RSA_PKCS1, P256_PKCS8, P384_PKCS8][which];
        let key = pem::parse(text).unwrap();
        let mut der = key.contents().to_vec();
        let at = at % der.len();
        der[at] = byte;
        let _ = read(&pem::encode(&Pem::new(key.tag(), der)));
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "(-----BEGIN (EC )?PRIVATE KEY-----\n)?[A-Za-z0-9+/=\n:-]{0,200}") {
        let _ = read(&text);
    }
}
