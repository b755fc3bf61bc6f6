use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn origins_are_read() {
    accepted(
        WebOrigin::parse,
        &[
            ("*", "*"),
            ("https://app.example.org", "https://app.example.org"),
            ("https://App.Example.org:443", "https://app.example.org"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://203.0.113.9:8080", "http://203.0.113.9:8080"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ],
    );
    let bad = [
        "",
        "app.example.org",
        "https://",
        "https://a.example.org/",
        "https://*.example.org",
        "https://a.example.org:0",
        "https://a.example.org:99999",
        "https://a@b.example.org",
        "null",
        "ftp://a.example.org",
        "https://a.example.org\n",
        "https://a.example.org;",
        "https://$host",
    ];
    refused(WebOrigin::parse, &bad.map(|text| (text, "origin")));
}

#[test]
fn names_of_other_sites_are_read() {
    accepted(
        RefererHost::parse,
        &[("www.Example.org", "www.example.org"), ("*.example.org", "*.example.org")],
    );
    let bad = ["", "*", "*.org", "a.*.org", "https://a.org", "a.org/", "a b.org", "$host.org", "a.org\n"];
    refused(RefererHost::parse, &bad.map(|text| (text, "referer")));
    assert_eq!(RefererHost::parse("*.example.org").unwrap().name(), ("example.org", true));
}

proptest! {
    #[test]
    fn an_origin_is_the_same_when_it_is_read_again(text in texts("https?://[a-z0-9.-]{1,20}(:[0-9]{1,5})?")) {
        holds(WebOrigin::parse, &text)?;
    }
}
