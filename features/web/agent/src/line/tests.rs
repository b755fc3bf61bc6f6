use proptest::prelude::*;

use super::*;

fn id() -> SiteId {
    SiteId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap()
}

#[test]
fn a_redirection_is_read_back_as_it_was_written() {
    for to in [
        "https://www.example.org/",
        "http://www.example.org/a/b/",
        "https://www.example.org:8443/a?b=c&d=%20",
        "https://[2001:db8::9]/",
    ] {
        for code in RedirectCode::ALL {
            for keep_path in [false, true] {
                let redirect = Redirect { to: to.parse().unwrap(), code, keep_path };
                assert_eq!(redirect_of(&redirect_value(&redirect)), Some(redirect));
            }
        }
    }
    for other in [
        "",
        "301",
        "301+",
        "303+https://www.example.org/",
        "+301https://www.example.org/",
        "301 https://www.example.org/",
        "301+https://www.example.org",
        "301+https://WWW.example.org/",
        "301+javascript:alert(1)",
        "301+https://www.example.org/$host",
        "301+https://www.example.org/;return",
        "301+//www.example.org/",
        "\u{e9}\u{e9}",
    ] {
        assert_eq!(redirect_of(other), None, "{other}");
    }
}

#[test]
fn a_network_is_an_expression_over_bytes() {
    let key = |network: &str| allow_key(id(), network.parse().unwrap()).replace(&id().to_string(), "ID");
    assert_eq!(key("203.0.113.0/24"), r#""~(?s)^ID \xcb\x00\x71.\z""#);
    assert_eq!(key("203.0.112.0/20"), r#""~(?s)^ID \xcb\x00[\x70-\x7f].\z""#);
    assert_eq!(key("203.0.113.9/32"), r#""~(?s)^ID \xcb\x00\x71\x09\z""#);
    assert_eq!(key("0.0.0.0/0"), r#""~(?s)^ID ....\z""#);
    assert_eq!(key("2001:db8::/33").matches("\\x").count(), 6);
    assert_eq!(key("::/0"), r#""~(?s)^ID ................\z""#);
}

#[test]
fn a_line_of_a_network_that_says_something_else_than_its_value_is_none_of_ours() {
    let network: IpNetwork = "203.0.113.0/24".parse().unwrap();
    let line = format!("{} {network}", allow_key(id(), network));
    assert_eq!(allow_of(&line), Some((id(), network)));
    for other in [
        line.replace("/24", "/25"),
        line.replace("\\x71", "."),
        line.replace("\\z", ""),
        line.replace("(?s)", ""),
        line.replace(&id().to_string(), "x"),
        format!("{line} "),
        String::new(),
    ] {
        assert_eq!(allow_of(&other), None, "{other}");
    }
}

#[test]
fn what_browsers_are_told_of_https_is_read_back_as_it_was_written() {
    for max_age in [0, 1, 31_536_000, u32::MAX] {
        for (include_subdomains, preload) in [(false, false), (true, false), (false, true), (true, true)] {
            let hsts = Hsts { max_age, include_subdomains, preload };
            assert_eq!(hsts_of(&hsts_value(hsts)), Some(hsts));
        }
    }
    let all = Hsts { max_age: 300, include_subdomains: true, preload: true };
    assert_eq!(hsts_value(all), r#""max-age=300; includeSubDomains; preload""#);
    for other in [
        "",
        "\"",
        "max-age=300",
        r#""max-age=""#,
        r#""max-age=-1""#,
        r#""max-age=+1""#,
        r#""max-age=01""#,
        r#""max-age=4294967296""#,
        r#""max-age=300; preload; includeSubDomains""#,
        r#""max-age=300; preload; preload""#,
        r#""max-age=300;preload""#,
        r#""max-age=300; $host""#,
        r#""max-age=300" x"#,
    ] {
        assert_eq!(hsts_of(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn every_network_is_read_back(v4 in any::<bool>(), bits in any::<u128>(), prefix in 0_u32..=128) {
        let network = if v4 {
            let prefix = prefix.min(32);
            let bits = u32::try_from(bits >> 96).unwrap();
            let kept = bits.checked_shr(32 - prefix).unwrap_or(0).checked_shl(32 - prefix).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv4Addr::from_bits(kept))
        } else {
            let kept = bits.checked_shr(128 - prefix).unwrap_or(0).checked_shl(128 - prefix).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv6Addr::from_bits(kept))
        };
        let network: IpNetwork = network.parse().unwrap();
        let key = allow_key(id(), network);
        prop_assert!(key.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'$' && b != b';'));
        prop_assert_eq!(allow_of(&format!("{key} {network}")), Some((id(), network)));
    }
}
