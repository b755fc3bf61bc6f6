//! What crosses the wire, as files.

use converge::{Apply, Condition, Plan, Reason, Report, Status, Wanted};
use names::{Digest, Generation};
use wire::Refusal;
use wire::golden::Golden;

use super::*;

const ID: &str = "01990000-0000-7000-8000-000000000001";

fn wish(spec: Wanted<CertificateSpec>) -> Apply<CertificateSpec> {
    Apply::new(ID.parse().unwrap(), Generation::new(1).unwrap(), spec)
}

fn report(wish: &Apply<CertificateSpec>, status: Status) -> Report {
    Report {
        kind: "certificate".to_owned(),
        scope: wish.scope.to_string(),
        generation: wish.generation,
        digest: wish.digest,
        plan: Plan::default(),
        changed: true,
        taken: 1,
        status,
    }
}

fn der(bytes: &[u8]) -> Der {
    Der::new(bytes.to_vec()).unwrap()
}

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let names = vec!["example.test".parse().unwrap(), "*.example.test".parse().unwrap()];
    let own = CertificateSpec { account: Some("alice".parse().unwrap()), names: names.clone(), issued: None };
    let issued = Issued { chain: vec![der(b"leaf"), der(b"issuer")], key: Digest::of(b"public") };
    let server = CertificateSpec { account: None, issued: Some(issued), ..own.clone() };
    let (own, server) = (wish(Wanted::Present(own)), wish(Wanted::Present(server)));
    let lost = Status::not_ready(Condition::Degraded, Reason::ConfigRefused, "the key is not on this server");
    let certificate = ID.parse().unwrap();
    let make = MakeKey { certificate, kind: KeyKind::Ecdsa, names };
    let bring =
        ImportKey { certificate, key: SecretPem::new("-----BEGIN PRIVATE KEY-----\n".to_owned()).unwrap() };
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&own, &report(&own, Status::ready()))
        .request("issued", &server)
        .request("absent", &wish(Wanted::Absent))
        .reply::<Apply<CertificateSpec>>("key-lost", &report(&server, lost))
        .method(&make, &KeyMade { key: Digest::of(b"public"), request: der(b"request") })
        .method(&bring, &KeyImported { key: Digest::of(b"public"), kind: KeyKind::Rsa })
        .error::<ImportKey>("bad-key", &Refusal::new(errors::BAD_KEY, "the key is encrypted"))
        .method(&DiscardKeys { certificate }, &KeysDiscarded { keys: 1 })
        .check()
        .unwrap();
}

#[test]
fn a_key_is_not_printed() {
    let key = SecretPem::new("canary".to_owned()).unwrap();
    let call = ImportKey { certificate: ID.parse().unwrap(), key };
    assert!(!format!("{call:?}").contains("canary"));
    assert!(SecretPem::new("x".repeat(SecretPem::MAX + 1)).is_none());
}

#[test]
fn der_is_neither_nothing_nor_endless() {
    assert!(Der::new(Vec::new()).is_none() && Der::new(vec![0; Der::MAX + 1]).is_none());
    assert!(serde_json::from_str::<Der>("\"!\"").is_err() && serde_json::from_str::<Der>("\"\"").is_err());
}
