use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn one_name_has_one_form() {
    accepted(
        DomainName::parse,
        &[
            ("example.com", "example.com"),
            ("example.com.", "example.com"),
            ("EXAMPLE.Com", "example.com"),
            ("www.example.co.uk", "www.example.co.uk"),
            ("alice.github.io", "alice.github.io"),
            ("bücher.de", "xn--bcher-kva.de"),
            ("BÜCHER.de.", "xn--bcher-kva.de"),
            ("xn--bcher-kva.de", "xn--bcher-kva.de"),
            ("XN--BCHER-KVA.DE", "xn--bcher-kva.de"),
            ("www.bücher.de", "www.xn--bcher-kva.de"),
            ("straße.de", "xn--strae-oqa.de"),
            ("пара.com", "xn--80aa7bf.com"),
            ("сор.рф", "xn--n1aeb.xn--p1ai"),
            ("москва.рф", "xn--80adxhks.xn--p1ai"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("日本go.jp", "xn--go-5t7du0c.jp"),
            ("a1.2b.example", "a1.2b.example"),
            ("www.example.test", "www.example.test"),
            ("1and1.com", "1and1.com"),
            ("123.com", "123.com"),
            ("i❤.ws", "xn--i-7iq.ws"),
            ("col·lecció.cat", "xn--collecci-ioa91d.cat"),
            ("pr--12.example.com", "pr--12.example.com"),
            ("default.example", "default.example"),
        ],
    );
}

#[test]
fn bad_names_are_refused_with_their_code() {
    refused(
        DomainName::parse,
        &[
            ("", "domain_empty"),
            (".", "domain_label_empty"),
            ("example.com\nserver_name victim.com;", "domain_character"),
            ("example.com\n", "domain_character"),
            ("example.com;", "domain_character"),
            ("example.com{", "domain_character"),
            ("a b.com", "domain_character"),
            ("#x.com", "domain_character"),
            ("a_b.com", "domain_character"),
            ("~^.*$", "domain_character"),
            ("_", "domain_character"),
            ("*", "domain_wildcard"),
            ("*.example.com", "domain_wildcard"),
            ("www.*.com", "domain_character"),
            (".*", "domain_character"),
            ("default_server", "domain_character"),
            ("example.com:8080", "domain_character"),
            ("http://example.com", "domain_character"),
            ("user@example.com", "domain_character"),
            ("example.com/..", "domain_character"),
            (".example.com", "domain_label_empty"),
            ("a..b", "domain_label_empty"),
            ("example.com..", "domain_label_empty"),
            ("-a.com", "domain_label_hyphen"),
            ("a-.com", "domain_label_hyphen"),
            ("--example.com", "domain_label_hyphen"),
            ("xn--.com", "domain_label_hyphen"),
            ("xn--a.com", "domain_idna"),
            ("xn--example.com", "domain_idna"),
            ("xn--BCHER-.de", "domain_label_hyphen"),
            ("раypal.com", "domain_mixed_scripts"),
            ("xn--ypal-43d9g.com", "domain_mixed_scripts"),
            ("αpple.com", "domain_mixed_scripts"),
            ("аррӏе.com", "domain_lookalike"),
            ("ｅｘａｍｐｌｅ.com", "domain_not_canonical"),
            ("bank.com∕login.example", "domain_sign"),
            ("bank.com╱login.example", "domain_sign"),
            ("a˗b.com", "domain_sign"),
            ("a¬b.com", "domain_sign"),
            ("£.com", "domain_sign"),
            ("ﬁle.com", "domain_not_canonical"),
            ("example。com", "domain_character"),
            ("exam\u{200d}ple.com", "domain_character"),
            ("exam\u{ad}ple.com", "domain_character"),
            ("\u{202e}moc.example", "domain_character"),
            ("example\u{a0}.com", "domain_character"),
            ("bu\u{308}cher.de", "domain_not_canonical"),
            ("localhost", "domain_single_label"),
            ("test", "domain_single_label"),
            ("com", "domain_single_label"),
            ("localhost.localdomain", "domain_reserved"),
            ("printer.local", "domain_reserved"),
            ("abc.onion", "domain_reserved"),
            ("db.internal", "domain_reserved"),
            ("home.arpa", "domain_reserved"),
            ("nas.home.arpa", "domain_reserved"),
            ("2.0.192.in-addr.arpa", "domain_reserved"),
            ("www.invalid", "domain_reserved"),
            ("127.0.0.1", "domain_is_ip_address"),
            ("1.2.3.4.", "domain_is_ip_address"),
            ("[::1]", "domain_is_ip_address"),
            ("::1", "domain_is_ip_address"),
            ("fe80::1%eth0", "domain_is_ip_address"),
            ("127.1", "domain_numeric_tld"),
            ("2130706433", "domain_single_label"),
            ("0x7f.1", "domain_numeric_tld"),
            ("1.0x7f", "domain_numeric_tld"),
            ("a.0x", "domain_numeric_tld"),
            ("a.123", "domain_numeric_tld"),
            ("co.uk", "domain_public_suffix"),
            ("CO.UK.", "domain_public_suffix"),
            ("github.io", "domain_public_suffix"),
            ("公司.cn", "domain_public_suffix"),
            ("xn--55qx5d.cn", "domain_public_suffix"),
        ],
    );
}

#[test]
fn lengths_are_those_of_the_dns() {
    let label63 = "a".repeat(63);
    let longest = format!("{label63}.{label63}.{label63}.{}.com", "b".repeat(57));
    assert_eq!(longest.len(), 253);
    assert_eq!(DomainName::parse(&longest).unwrap().as_str(), longest);
    assert!(DomainName::parse(&format!("{longest}.")).is_ok());
    assert_eq!(DomainName::parse(&format!("b{longest}")).unwrap_err().code, "domain_label_too_long");
    assert_eq!(DomainName::parse(&format!("b.{longest}")).unwrap_err().code, "domain_too_long");
    assert_eq!(
        DomainName::parse(&format!("{}.com", "a".repeat(64))).unwrap_err().code,
        "domain_label_too_long"
    );
    assert_eq!(
        DomainName::parse(&format!("{}.com", "ü".repeat(64))).unwrap_err().code,
        "domain_label_too_long"
    );
    assert!(DomainName::parse(&format!("{}com", "a.".repeat(125))).is_ok());
    assert_eq!(DomainName::parse(&"a".repeat(1 << 20)).unwrap_err().code, "domain_too_long");
    assert_eq!(DomainName::parse(&"a\u{301}".repeat(32 << 10)).unwrap_err().code, "domain_too_long");
}

#[test]
fn a_name_knows_its_place() {
    let name = DomainName::parse("www.shop.bücher.co.uk").unwrap();
    assert_eq!(name.unicode(), "www.shop.bücher.co.uk");
    assert_eq!(name.registrable(), "xn--bcher-kva.co.uk");
    assert_eq!(name.labels().next(), Some("www"));
    let shop = DomainName::parse("shop.bücher.co.uk").unwrap();
    assert!(name.is_below(&shop) && !shop.is_below(&name) && !shop.is_below(&shop));
    let other = DomainName::parse("notshop.bücher.co.uk").unwrap();
    assert!(!other.is_below(&shop));
    assert_eq!(DomainName::parse("www.example.test").unwrap().registrable(), "example.test");
}

proptest! {
    #[test]
    fn what_is_accepted_reads_back(text in texts("([a-zA-Z0-9-]{1,12}\\.){0,4}(com|de|test|co\\.uk|xn--p1ai)\\.?")) {
        holds(DomainName::parse, &text)?;
    }

    #[test]
    fn what_is_accepted_reads_back_in_unicode(text in "[a-zäöüßéа-яα-ω例え-]{1,6}\\.(com|de|рф)") {
        holds(DomainName::parse, &text)?;
        if let Ok(name) = DomainName::parse(&text) {
            prop_assert_eq!(DomainName::parse(&name.unicode()).unwrap(), name);
        }
    }

    #[test]
    fn what_is_accepted_is_plain(text in texts("(xn--)?[a-z0-9-]{1,12}\\.com")) {
        if let Ok(name) = DomainName::parse(&text) {
            prop_assert!(name.as_str().bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')));
            prop_assert!(name.as_str().len() <= DomainName::MAX && name.labels().count() >= 2);
        }
    }
}
