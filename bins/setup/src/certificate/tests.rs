use std::collections::BTreeSet;

use names::Hostname;

use super::{read, self_signed, year_of};

const DAY: i64 = 86_400_000_000;
const START_OF_2026: i64 = 1_767_225_600_000_000;

#[test]
fn a_new_certificate_is_for_the_names_and_the_addresses() {
    let name = Hostname::parse("server.example.com").unwrap();
    let addresses = BTreeSet::from(["203.0.113.2".parse().unwrap(), "2001:db8::2".parse().unwrap()]);
    let pem = self_signed(&name, &addresses, START_OF_2026).unwrap();
    assert!(pem.contains("PRIVATE KEY"));
    let read = read(pem.as_bytes()).unwrap();
    assert!(read.ours);
    assert_eq!(read.names, BTreeSet::from(["server.example.com", "server", "localhost"].map(str::to_owned)));
    assert_eq!(read.fingerprint.len(), 95);
    assert!(!read.expired(START_OF_2026));
    assert!(!read.expired(START_OF_2026 + 3651 * DAY));
    assert!(read.expired(START_OF_2026 + 3653 * DAY));
}

#[test]
fn a_very_long_name_still_gets_a_certificate() {
    let name = format!("{}.{}.example.com", "a".repeat(63), "b".repeat(63));
    let pem = self_signed(&Hostname::parse(&name).unwrap(), &BTreeSet::new(), START_OF_2026).unwrap();
    assert!(read(pem.as_bytes()).unwrap().names.contains(&name));
}

#[test]
fn a_file_without_a_certificate_is_told_so() {
    assert!(read(b"").is_err());
    assert!(read(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
}

#[test]
fn years_are_those_of_the_calendar() {
    assert_eq!(year_of(0), 1970);
    assert_eq!(year_of(START_OF_2026), 2026);
    assert_eq!(year_of(START_OF_2026 - 1), 2025);
    // 29 February and 31 December 2024
    assert_eq!(year_of(1_709_164_800_000_000), 2024);
    assert_eq!(year_of(1_735_603_200_000_000), 2024);
}
