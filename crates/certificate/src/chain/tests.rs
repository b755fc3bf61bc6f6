use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;

/// Somebody who signs.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { params, key: KeyPair::generate().unwrap() }
    }

    fn root(&self) -> Link {
        Link::read(self.params.self_signed(&self.key).unwrap().der()).unwrap()
    }

    fn signs(&self, params: &CertificateParams, key: &KeyPair) -> Link {
        let issuer = Issuer::from_params(&self.params, &self.key);
        Link::read(params.signed_by(key, &issuer).unwrap().der()).unwrap()
    }

    fn below(&self, other: &Self) -> Link {
        self.signs(&other.params, &other.key)
    }
}

fn leaf(names: &[&str]) -> (CertificateParams, KeyPair) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    (CertificateParams::new(names).unwrap(), KeyPair::generate().unwrap())
}

fn pem(links: &[&Link]) -> String {
    use std::fmt::Write;
    let mut text = String::from("Bag Attributes: none of ours\n");
    for link in links {
        let block = rcgen_pem(&link.der);
        write!(text, "{block}\nbetween\n").unwrap();
    }
    text
}

fn rcgen_pem(der: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for three in der.chunks(3) {
        let number = three.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let six = usize::try_from(number >> (18 - 6 * i) & 63).unwrap();
            text.push(if i <= three.len() { char::from(LETTERS[six]) } else { '=' });
        }
    }
    text + "\n-----END CERTIFICATE-----"
}

#[test]
fn any_order_becomes_the_order_of_a_web_server_without_the_root() {
    let (root, middle) = (Authority::new("root"), Authority::new("middle"));
    let (params, key) = leaf(&["example.test", "*.example.test"]);
    let (own, between, top) = (middle.signs(&params, &key), root.below(&middle), root.root());
    let wanted = vec![own.clone(), between.clone()];
    for given in
        [[&own, &between, &top], [&top, &between, &own], [&between, &own, &top], [&between, &between, &own]]
    {
        let read = blocks(&pem(&given)).unwrap();
        let links = read.iter().map(|der| Link::read(der).unwrap()).collect();
        assert_eq!(order(links).unwrap(), wanted);
    }
    assert_eq!(own.names, ["example.test", "*.example.test"]);
    assert_eq!((own.issuer_words.as_str(), own.kind), ("middle", PublicKind::Ecdsa(256)));
    let public = rcgen::PublicKeyData::subject_public_key_info(&key);
    assert_eq!(own.key, <[u8; 32]>::from(Sha256::digest(public)));
}

#[test]
fn an_issuer_of_the_right_name_and_another_key_is_none() {
    let (root, middle, renewed) =
        (Authority::new("root"), Authority::new("middle"), Authority::new("middle"));
    let (params, key) = leaf(&["example.test"]);
    let own = middle.signs(&params, &key);
    assert_eq!(order(vec![own.clone(), root.below(&renewed)]), Err(ChainError::Broken));
    // the right one among both is found, and the other is too much
    assert_eq!(order(vec![root.below(&renewed), own.clone(), root.below(&middle)]), Err(ChainError::Broken));
    assert_eq!(order(vec![own, root.below(&middle)]).unwrap().len(), 2);
}

#[test]
fn two_certificates_of_different_sites_are_no_chain() {
    let root = Authority::new("root");
    let ((one, key), (two, other)) = (leaf(&["a.test"]), leaf(&["b.test"]));
    assert_eq!(order(vec![root.signs(&one, &key), root.signs(&two, &other)]), Err(ChainError::Broken));
}

#[test]
fn a_root_that_was_also_signed_by_another_leads_further() {
    let (old, root, middle) = (Authority::new("old"), Authority::new("root"), Authority::new("middle"));
    let (params, key) = leaf(&["example.test"]);
    let (own, between, crossed) = (middle.signs(&params, &key), root.below(&middle), old.below(&root));
    let given = vec![root.root(), old.root(), crossed.clone(), between.clone(), own.clone()];
    assert_eq!(order(given).unwrap(), [own, between, crossed]);
}

#[test]
fn one_that_signs_itself_stays() {
    let (params, key) = leaf(&["example.test"]);
    let own = Link::read(params.self_signed(&key).unwrap().der()).unwrap();
    assert!(own.is_self_issued());
    assert_eq!(order(vec![own.clone()]).unwrap(), [own]);
}

#[test]
fn what_is_no_certificate_is_refused_by_what_it_is() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let block =
        |label: &str, inner: &str| format!("-----BEGIN {label}-----\n{inner}\n-----END {label}-----\n");
    for (text, error) in [
        (String::new(), ChainError::Empty),
        ("hello".to_owned(), ChainError::Empty),
        (key.clone(), ChainError::Key),
        (key[..60].to_owned(), ChainError::Key),
        (block("ENCRYPTED PRIVATE KEY", "AAAA"), ChainError::Key),
        (block("CERTIFICATE REQUEST", "AAAA"), ChainError::Other),
        (block("CERTIFICATE", "not base64"), ChainError::Pem),
        ("-----BEGIN CERTIFICATE-----\nAAAA".to_owned(), ChainError::Pem),
    ] {
        assert_eq!(blocks(&text), Err(error), "{text}");
    }
    assert_eq!(Link::read(b"AAAA"), Err(ChainError::Unreadable));
    let (params, key) = leaf(&["example.test"]);
    let mut longer = params.self_signed(&key).unwrap().der().to_vec();
    longer.push(0);
    assert_eq!(Link::read(&longer), Err(ChainError::Unreadable));
}

#[test]
fn the_bits_of_a_number_are_counted_without_its_zeros() {
    assert_eq!((bits(&[]), bits(&[0]), bits(&[0, 0x80]), bits(&[1, 0])), (0, 0, 8, 9));
}
