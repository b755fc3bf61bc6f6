use super::*;

fn network(address: &str) -> Option<String> {
    Origin::Network(address.parse().unwrap()).network().map(|network| network.to_string())
}

#[test]
fn a_network_is_an_ipv4_address_or_an_ipv6_64() {
    assert_eq!(network("192.0.2.7").as_deref(), Some("192.0.2.7"));
    assert_eq!(network("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7"));
    assert_eq!(network("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
    assert_eq!(network("2001:db8:1:2:ffff::"), network("2001:db8:1:2::1"));
    assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
    assert_eq!(Origin::Socket.network(), None);
    assert_eq!(Origin::Local.network(), Origin::Network("127.0.0.1".parse().unwrap()).network());
}

#[test]
fn a_mapped_address_is_written_as_ipv4() {
    assert_eq!(Origin::Network("::ffff:192.0.2.7".parse().unwrap()).to_string(), "192.0.2.7");
    assert_eq!(Origin::Socket.to_string(), "socket");
    assert_eq!(Origin::Local.to_string(), "socket");
}
