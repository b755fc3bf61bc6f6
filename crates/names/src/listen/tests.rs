use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn addresses_have_one_form() {
    accepted(
        ListenAddr::parse,
        &[
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::]:443", "[::]:443"),
            ("192.0.2.1:8443", "192.0.2.1:8443"),
            ("[2001:DB8:0:0::1]:80", "[2001:db8::1]:80"),
        ],
    );
    let listen = ListenAddr::parse("192.0.2.1:80").unwrap();
    assert_eq!(
        (listen.ip().to_string().as_str(), listen.port(), listen.socket().port()),
        ("192.0.2.1", 80, 80)
    );
}

#[test]
fn bad_addresses_are_refused_with_their_code() {
    refused(
        ListenAddr::parse,
        &[
            ("", "listen"),
            ("80", "listen"),
            ("localhost:80", "listen"),
            ("192.0.2.1", "listen"),
            ("192.0.2.1:65536", "listen"),
            ("192.0.2.1:80 default_server", "listen"),
            ("192.0.2.1:80;", "listen"),
            ("192.0.2.1:80\n", "listen"),
            ("127.1:80", "listen"),
            ("[fe80::1%eth0]:80", "listen"),
            ("[fe80::1%1]:80", "listen"),
            ("::1:80", "listen"),
            ("unix:/run/x", "listen"),
            ("192.0.2.1:0", "listen_port"),
            ("224.0.0.1:80", "listen_address"),
            ("255.255.255.255:80", "listen_address"),
            ("[ff02::1]:80", "listen_address"),
            ("[::ffff:127.0.0.1]:80", "listen_address"),
        ],
    );
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("([0-9]{1,3}\\.){3}[0-9]{1,3}:[0-9]{1,5}|\\[[0-9a-fA-F:]{2,20}\\]:[0-9]{1,5}")) {
        holds(ListenAddr::parse, &text)?;
    }
}
