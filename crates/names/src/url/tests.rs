use proptest::prelude::*;

use super::*;
use crate::proof;

#[test]
fn what_can_be_called_is_taken() {
    proof::accepted(
        WebUrl::parse,
        &[
            ("https://hooks.example.com", "https://hooks.example.com/"),
            ("https://hooks.example.com/", "https://hooks.example.com/"),
            ("https://Hooks.Example.COM./a", "https://hooks.example.com/a"),
            ("https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a"),
            (
                "https://hooks.example.com:8443/a/b.c?x=1&y=a,b",
                "https://hooks.example.com:8443/a/b.c?x=1&y=a,b",
            ),
            ("https://hooks.example.com?x=1", "https://hooks.example.com/?x=1"),
            (
                "https://a.webhook.example/webhookb2/1@2/IncomingWebhook/3",
                "https://a.webhook.example/webhookb2/1@2/IncomingWebhook/3",
            ),
            ("https://hooks.example.com/a%20b%3B%C3%BC", "https://hooks.example.com/a%20b%3B%C3%BC"),
            ("https://203.0.113.9/a", "https://203.0.113.9/a"),
            ("http://203.0.113.9:8080/a", "http://203.0.113.9:8080/a"),
            ("https://[2001:db8::9]/a", "https://[2001:db8::9]/a"),
            ("https://[2001:db8::9]:8443/a", "https://[2001:db8::9]:8443/a"),
        ],
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    proof::refused(
        WebUrl::parse,
        &[
            ("", "url_scheme"),
            ("hooks.example.com", "url_scheme"),
            ("//hooks.example.com", "url_scheme"),
            ("HTTPS://hooks.example.com", "url_scheme"),
            ("file:///etc/passwd", "url_scheme"),
            ("gopher://hooks.example.com", "url_scheme"),
            ("unix:/run/holdfast/agent.sock", "url_scheme"),
            (" https://hooks.example.com", "url_scheme"),
            ("https://", "url_host"),
            ("https:///a", "url_host"),
            ("https://a@127.0.0.1/", "url_user"),
            ("https://user:secret@hooks.example.com/", "url_user"),
            ("https://127.1/", "url_host"),
            ("https://2130706433/", "url_host"),
            ("https://0x7f.1/", "url_host"),
            ("https://0x7f000001/", "url_host"),
            ("https://0177.0.0.1/", "url_host"),
            ("https://127.0.0.1./", "url_host"),
            ("https://0/", "url_host"),
            ("https://[::ffff:7f00:1]/", "url_host"),
            ("https://[0:0:0:0:0:0:0:1]/", "url_host"),
            ("https://[fe80::1%25eth0]/", "url_host"),
            ("https://[::1/", "url_port"),
            ("https://localhost/", "url_reserved"),
            ("https://localhost./", "url_reserved"),
            ("https://a.localhost/", "url_reserved"),
            ("https://metadata.google.internal/", "url_reserved"),
            ("https://printer.local/", "url_reserved"),
            ("https://intranet/", "url_host"),
            ("https://127\u{3002}0\u{3002}0\u{3002}1/", "url_host"),
            ("https://hooks.example.com:0/", "url_port"),
            ("https://hooks.example.com:/", "url_port"),
            ("https://hooks.example.com:0443/", "url_port"),
            ("https://hooks.example.com:65536/", "url_port"),
            ("https://hooks.example.com:443:443/", "url_port"),
            ("https://hooks.example.com#@127.0.0.1/", "url_user"),
            ("https://hooks.example.com#a", "url_host"),
            ("https://hooks.example.com/#a", "url_character"),
            ("https://hooks.example.com/a b", "url_character"),
            ("https://hooks.example.com\\@127.0.0.1/", "url_user"),
            ("https://hooks.example.com/a\\b", "url_character"),
            ("https://hooks.example.com/a\r\nX-A: b", "url_character"),
            ("https://hooks.example.com/%0A", "url_escape"),
            ("https://hooks.example.com/%0d", "url_escape"),
            ("https://hooks.example.com/%2e%2e", "url_escape"),
            ("https://hooks.example.com/%2E", "url_escape"),
            ("https://hooks.example.com/%250A", "url_escape"),
            ("https://hooks.example.com/%", "url_escape"),
            ("https://hooks.example.com/a&b", "url_character"),
        ],
    );
    let long = format!("https://hooks.example.com/{}", "a".repeat(2048));
    assert_eq!(WebUrl::parse(&long).unwrap_err().code, "url_too_long");
}

#[test]
fn the_parts_are_those_of_the_text() {
    let url = WebUrl::parse("https://[2001:db8::9]:8443/a?b=c").unwrap();
    assert_eq!((url.scheme(), url.port(), url.target()), (Scheme::Https, 8443, "/a?b=c"));
    assert_eq!(url.authority(), "[2001:db8::9]:8443");
    assert_eq!(url.host(), &UrlHost::Address("2001:db8::9".parse().unwrap()));
    let url = WebUrl::parse("http://hooks.example.com").unwrap();
    assert_eq!((url.port(), url.target(), url.authority().as_str()), (80, "/", "hooks.example.com"));
}

proptest! {
    /// Whatever is taken is printed in one form, and an HTTP library reads the same host, port and target from it.
    #[test]
    fn what_is_taken_has_one_form(text in proof::texts("https?://[a-z0-9.\\-\\[\\]:%@]{0,20}(:[0-9]{0,6})?[/?#][a-zA-Z0-9%/?&=;:@.~_-]{0,24}")) {
        if let Ok(url) = WebUrl::parse(&text) {
            let printed = url.to_string();
            prop_assert!(printed.bytes().all(|b| (b'!'..=b'~').contains(&b) && !b"\"'\\<>`{}|^".contains(&b)), "{}", printed);
            let again = WebUrl::parse(&printed).unwrap();
            prop_assert_eq!(&again, &url);
            prop_assert!(!url.target().contains('#') && !url.authority().contains('@'));
        }
    }
}
