use super::*;
use crate::proof;

#[test]
fn every_special_address_is_known_and_its_neighbours_are_not() {
    use Special::*;
    for (text, special) in [
        ("0.0.0.0", Some(Unspecified)),
        ("0.255.255.255", Some(Unspecified)),
        ("1.0.0.0", None),
        ("9.255.255.255", None),
        ("10.0.0.0", Some(Private)),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.64.0.0", Some(Shared)),
        ("100.127.255.255", Some(Shared)),
        ("100.128.0.0", None),
        ("127.0.0.1", Some(Loopback)),
        ("127.255.255.254", Some(Loopback)),
        ("128.0.0.0", None),
        ("169.254.169.254", Some(LinkLocal)),
        ("169.253.255.255", None),
        ("172.15.255.255", None),
        ("172.16.0.0", Some(Private)),
        ("172.31.255.255", Some(Private)),
        ("172.32.0.0", None),
        ("192.0.0.170", Some(Reserved)),
        ("192.0.1.0", None),
        ("192.0.2.1", Some(Documentation)),
        ("192.88.99.1", Some(Reserved)),
        ("192.168.255.255", Some(Private)),
        ("198.17.255.255", None),
        ("198.18.0.0", Some(Benchmark)),
        ("198.19.255.255", Some(Benchmark)),
        ("198.20.0.0", None),
        ("198.51.100.7", Some(Documentation)),
        ("203.0.113.7", Some(Documentation)),
        ("223.255.255.255", None),
        ("224.0.0.1", Some(Multicast)),
        ("239.255.255.255", Some(Multicast)),
        ("240.0.0.0", Some(Reserved)),
        ("255.255.255.255", Some(Reserved)),
        ("::", Some(Unspecified)),
        ("::1", Some(Loopback)),
        ("::2", Some(Embedded)),
        ("::7f00:1", Some(Embedded)),
        ("::ffff:127.0.0.1", Some(Embedded)),
        ("::ffff:8.8.8.8", Some(Embedded)),
        ("::ffff:0:8.8.8.8", Some(Embedded)),
        ("64:ff9b::7f00:1", Some(Embedded)),
        ("64:ff9b:1::7f00:1", Some(Embedded)),
        ("100::1", Some(Reserved)),
        ("2001::1", Some(Embedded)),
        ("2001:2::1", Some(Benchmark)),
        ("2001:10::1", Some(Reserved)),
        ("2001:20::1", Some(Reserved)),
        ("2001:db8::1", Some(Documentation)),
        ("2001:4860:4860::8888", None),
        ("2002:7f00:1::", Some(Embedded)),
        ("2a00::1", None),
        ("3fff::1", Some(Documentation)),
        ("3fff:1000::1", None),
        ("4000::1", Some(Reserved)),
        ("5f00::1", Some(Reserved)),
        ("fc00::1", Some(Private)),
        ("fd00:ec2::254", Some(Private)),
        ("fe80::1", Some(LinkLocal)),
        ("febf::1", Some(LinkLocal)),
        ("fec0::1", Some(Reserved)),
        ("ff02::1", Some(Multicast)),
    ] {
        assert_eq!(Special::of(text.parse().unwrap()), special, "{text}");
    }
}

#[test]
fn a_network_is_its_first_address_and_its_prefix() {
    for text in ["0.0.0.0/0", "203.0.113.0/24", "203.0.113.7/32", "::/0", "2001:db8::/32", "2001:db8::1/128"]
    {
        assert_eq!(IpNetwork::parse(text).unwrap().to_string(), text);
    }
    proof::refused(
        IpNetwork::parse,
        &[
            ("", "network"),
            ("203.0.113.0", "network"),
            ("203.0.113.0/33", "network"),
            ("203.0.113.0/024", "network"),
            ("203.0.113.0/+24", "network"),
            ("203.0.113.0/", "network"),
            ("203.0.113.1/24", "network_bits"),
            ("2001:db8::/129", "network"),
            ("fe80::1%eth0/64", "network"),
            ("2001:db8::1/32", "network_bits"),
            ("example.com/24", "network"),
            ("203.0.113.0/24\n", "network"),
        ],
    );
}

#[test]
fn a_network_has_its_own_addresses_and_no_other() {
    let network = |text: &str| IpNetwork::parse(text).unwrap();
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    for (of, last, outside) in [
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("203.0.113.7/32", "203.0.113.7", "203.0.113.6"),
        ("0.0.0.0/0", "255.255.255.255", "::"),
        ("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1.2.3.4"),
    ] {
        assert_eq!(network(of).last(), address(last), "{of}");
        assert!(network(of).contains(network(of).first()) && network(of).contains(address(last)), "{of}");
        assert!(!network(of).contains(address(outside)), "{of}");
    }
}
