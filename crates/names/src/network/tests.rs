use super::*;

fn network(text: &str) -> IpNetwork {
    IpNetwork::parse(text).unwrap()
}

#[test]
fn networks_are_read_and_written_in_one_form() {
    for (text, written) in [
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::/0", "::/0"),
    ] {
        assert_eq!(network(text).to_string(), written);
        assert_eq!(network(written), network(text));
    }
}

#[test]
fn what_is_no_network_is_refused() {
    for text in [
        "",
        "/",
        "x",
        "203.0.113.0/33",
        "2001:db8::/129",
        "203.0.113.0/-1",
        "203.0.113.0/+8",
        "203.0.113.0/08",
        "203.0.113.0/",
        "203.0.113.0/24/8",
        "203.0.113/24",
        "fe80::%eth0/64",
        "[::]/0",
        " 203.0.113.0/24",
        "::ffff:203.0.113.0/120",
        "example.test",
        "203.0.113.0/24\n",
        "203.0.113.0/255.255.255.0",
    ] {
        assert_eq!(IpNetwork::parse(text).unwrap_err().code, "network", "{text:?}");
    }
    for text in ["203.0.113.7/24", "2001:db8::1/64", "1.0.0.0/0"] {
        assert_eq!(IpNetwork::parse(text).unwrap_err().code, "network_bits", "{text:?}");
    }
}

#[test]
fn an_address_lies_in_a_network_of_its_own_family_alone() {
    let holds = |text: &str, address: &str| network(text).contains(address.parse().unwrap());
    assert!(holds("203.0.113.0/24", "203.0.113.255") && !holds("203.0.113.0/24", "203.0.114.0"));
    assert!(
        holds("203.0.113.0/24", "::ffff:203.0.113.9"),
        "the same address, as a socket for both may show it"
    );
    assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::1"));
    assert!(holds("0.0.0.0/0", "198.51.100.1") && !holds("0.0.0.0/0", "2001:db8::1"));
    assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "198.51.100.1"));
    assert!(holds("203.0.113.7", "203.0.113.7") && !holds("203.0.113.7", "203.0.113.6"));
}
