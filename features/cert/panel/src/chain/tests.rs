use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;

fn code<T>(result: Result<T, NameError>) -> &'static str {
    result.err().map_or("", |error| error.code)
}

fn self_signed(names: &[&str], key: &KeyPair) -> rcgen::Certificate {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 4, 1);
    params.self_signed(key).unwrap()
}

#[test]
fn what_a_certificate_says_of_itself_is_read_with_the_names_that_are_ours() {
    let key = KeyPair::generate().unwrap();
    let certificate = self_signed(&["www.example.test", "*.Example.test", "192.0.2.1", "example.test"], &key);
    let chain = Chain::parse_pem(&certificate.pem()).unwrap();
    let mut wanted =
        ["*.example.test", "example.test", "www.example.test"].map(|name| CertName::parse(name).unwrap());
    wanted.sort();
    assert_eq!(chain.shown().names, wanted);
    assert_eq!((chain.kind(), chain.ders().len()), (KeyKind::Ecdsa, 1));
    assert_eq!(chain.not_before().to_string(), "2026-01-01T00:00:00.000000Z");
    assert_eq!(chain.not_after().to_string(), "2026-04-01T00:00:00.000000Z");
    assert_eq!(chain, Chain::from_ders(&[certificate.der().to_vec()]).unwrap());
}

#[test]
fn a_chain_is_only_good_at_its_time() {
    let chain =
        Chain::parse_pem(&self_signed(&["example.test"], &KeyPair::generate().unwrap()).pem()).unwrap();
    let (from, to) = (chain.not_before(), chain.not_after());
    assert_eq!(chain.check(from), Ok(()));
    assert_eq!(code(chain.check(from.minus(Duration::from_secs(1)))), "chain_not_yet_valid");
    assert_eq!(chain.check(to.minus(Duration::from_secs(1))), Ok(()));
    assert_eq!(code(chain.check(to)), "chain_expired");
}

#[test]
fn what_cannot_be_shown_is_refused_by_its_own_code() {
    let key = KeyPair::generate().unwrap();
    let good = self_signed(&["example.test"], &key);
    assert_eq!(code(Chain::parse_pem("")), "chain_empty");
    assert_eq!(code(Chain::from_ders(&[])), "chain_empty");
    assert_eq!(code(Chain::parse_pem(&format!("{}{}", good.pem(), key.serialize_pem()))), "key_in_chain");
    assert_eq!(code(Chain::parse_pem(&self_signed(&["192.0.2.1"], &key).pem())), "chain_no_names");
    assert_eq!(code(Chain::from_ders(&vec![good.der().to_vec(); 11])), "chain_too_long");
    assert_eq!(code(Chain::from_ders(&[b"nothing".to_vec()])), "chain_unreadable");
    let two =
        vec![good.der().to_vec(), self_signed(&["other.test"], &KeyPair::generate().unwrap()).der().to_vec()];
    assert_eq!(code(Chain::from_ders(&two)), "chain_broken");
    let odd = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    assert_eq!(code(Chain::parse_pem(&self_signed(&["example.test"], &odd).pem())), "key_kind");
    assert_eq!(kind(PublicKind::Rsa(2047)).unwrap_err().code, "key_too_weak");
    assert_eq!(kind(PublicKind::Ecdsa(224)).unwrap_err().code, "key_too_weak");
    assert_eq!(kind(PublicKind::Rsa(2048)), Ok(KeyKind::Rsa));
}
