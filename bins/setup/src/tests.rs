use std::net::SocketAddr;

use super::by_address;

#[test]
fn a_link_by_a_name_that_resolves_nowhere_is_told_by_address_too() {
    let address: SocketAddr = "203.0.113.2:8443".parse().unwrap();
    let url = by_address("https://server:8443/login#abc", address);
    assert_eq!(url.as_deref(), Some("https://203.0.113.2:8443/login#abc"));
    assert_eq!(by_address("https://panel.example.com:8443/login#abc", address), None);
    let six: SocketAddr = "[2001:db8::2]:8443".parse().unwrap();
    let url = by_address("https://localhost:8443/login#abc", six);
    assert_eq!(url.as_deref(), Some("https://[2001:db8::2]:8443/login#abc"));
}
