use std::collections::BTreeSet;

use super::{Addresses, SLOTS, interface_of};

#[test]
fn no_two_servers_share_an_address_or_a_subnet() {
    let mut seen = BTreeSet::new();
    for slot in 0..SLOTS {
        let addresses = Addresses::of_slot(slot);
        assert!(seen.insert(addresses.server4) && seen.insert(addresses.outside4), "slot {slot}");
        let subnet = |ip: std::net::Ipv4Addr| u32::from(ip) / 4;
        assert_eq!(subnet(addresses.server4), subnet(addresses.outside4), "slot {slot}");
        assert_eq!(addresses.server4.octets()[..3], [203, 0, 113], "slot {slot}");
        assert_eq!(addresses.server6.segments()[..2], [0x2001, 0xdb8], "slot {slot}");
    }
}

#[test]
fn interface_names_fit_the_kernels_15_characters() {
    assert!(interface_of("hft63").len() <= 15);
}
