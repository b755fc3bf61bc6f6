use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, refused, texts};

#[test]
fn targets_of_rewrites_are_read() {
    let table = ["/", "/a/$1", "/index.php?page=$1&x=%20", "/$1.php", "/a/"].map(|text| (text, text));
    accepted(RewriteTarget::parse, &table);
    assert_eq!(RewriteTarget::parse("/a/$1/$3").unwrap().captures(), 3);
    let long = format!("/{}", "a".repeat(1000));
    refused(
        RewriteTarget::parse,
        &[
            ("", "rewrite_relative"),
            ("https://example.org/", "rewrite_relative"),
            ("$1", "rewrite_relative"),
            (&long, "rewrite_too_long"),
            ("/a b", "rewrite_character"),
            ("/a;", "rewrite_character"),
            ("/a\n", "rewrite_character"),
            ("/%20", "rewrite_character"),
            ("//a", "rewrite_segment"),
            ("/a/../b", "rewrite_segment"),
            ("/.git/config", "rewrite_segment"),
            ("/.well-known/acme-challenge/$1", "rewrite_own"),
            ("/.well-known/holdfast", "rewrite_own"),
            ("/$host", "target_capture"),
            ("/$0", "target_capture"),
            ("/a$", "target_capture"),
            ("/?a=${x}", "target_capture"),
            ("/?a=\"", "url_character"),
            ("/?a=%0A", "url_escape"),
        ],
    );
}

#[test]
fn targets_of_redirections_are_read() {
    accepted(
        RedirectTarget::parse,
        &[
            ("/new/$1", "/new/$1"),
            ("/", "/"),
            ("https://www.example.org", "https://www.example.org/"),
            ("https://WWW.example.org/a/$1?b=$2", "https://www.example.org/a/$1?b=$2"),
            ("http://203.0.113.9:8080/", "http://203.0.113.9:8080/"),
        ],
    );
    let long = format!("/{}", "a".repeat(1000));
    refused(
        RedirectTarget::parse,
        &[
            ("", "redirect_start"),
            ("a", "redirect_start"),
            ("//evil.example.org/", "redirect_start"),
            ("javascript:alert(1)", "redirect_start"),
            (&long, "redirect_too_long"),
            ("https://$1/", "redirect_host"),
            ("https://www.example.org$1", "redirect_host"),
            ("https://www.example.org/$host", "target_capture"),
            ("ftp://example.org/", "url_scheme"),
            ("https://x/;\n} location /etc/ { alias /etc/;", "url_host"),
            ("https://www.example.org/a b", "url_character"),
            ("https://www.example.org/a\"", "url_character"),
            ("https://user@example.org/", "url_user"),
            ("/a\r\nSet-Cookie: a", "url_character"),
        ],
    );
    let target = RedirectTarget::parse("/a/b?c=d").unwrap();
    assert_eq!((target.site_path(), target.has_query()), (Some("/a/b"), true));
    assert_eq!(RedirectTarget::parse("https://www.example.org/").unwrap().site_path(), None);
}

proptest! {
    #[test]
    fn a_target_has_no_variable_but_captures(text in texts("(https://a[.]example)?/[a-z$0-9?=&%/.]{0,30}")) {
        let plain = |text: &str| -> bool {
            let signs = text.bytes().all(|b| b.is_ascii_graphic() && !b";{}\"'\\`#|<>".contains(&b));
            signs && text.split('$').skip(1).all(|rest| rest.starts_with(|c: char| ('1'..='9').contains(&c)))
        };
        if let Ok(target) = RewriteTarget::parse(&text) {
            prop_assert!(plain(target.as_str()));
            prop_assert_eq!(RewriteTarget::parse(target.as_str()).unwrap(), target);
        }
        if let Ok(target) = RedirectTarget::parse(&text) {
            prop_assert!(plain(target.as_str()));
            prop_assert_eq!(RedirectTarget::parse(target.as_str()).unwrap(), target);
        }
    }
}
