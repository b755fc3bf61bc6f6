//! Sites that are sent on, disabled, worked on: what visitors get, by IPv4 and IPv6.
#![expect(clippy::disallowed_methods, reason = "the tenant's files are made here, not by a worker")]

use names::DomainName;
use web_spec::{Maintenance, Redirect, RedirectCode, Serves};

use super::*;

const BOTH: [&str; 2] = ["127.0.0.1", "::1"];

impl Serving {
    /// Status and `Location` of an answer.
    fn sent(&self, address: &str, host: &str, target: &str) -> (u16, Option<String>) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let (status, reply) = self.ask_at(address, &request);
        let head = reply.split("\r\n\r\n").next().unwrap();
        let mut all = head.lines().filter_map(|line| line.strip_prefix("Location: "));
        let location = all.next().map(str::to_owned);
        assert_eq!(all.next(), None, "{reply}");
        let known = [
            "server",
            "date",
            "content-type",
            "content-length",
            "connection",
            "location",
            "retry-after",
            "cache-control",
        ];
        for line in head.lines().skip(1) {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let file = ["last-modified", "etag", "accept-ranges"].contains(&name.as_str()) && status == 200;
            assert!(file || known.contains(&name.as_str()), "{line}");
        }
        (status, location)
    }
}

fn names(names: &[&str]) -> Vec<DomainName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn redirect(to: &str, code: RedirectCode, keep_path: bool) -> Serves {
    Serves::Redirect(Redirect { to: to.parse().unwrap(), code, keep_path })
}

/// Targets that name another server, a header or a tag, to whoever reads them carelessly.
const HOSTILE: [&str; 12] = [
    "/%0d%0aSet-Cookie:%20a=b",
    "/%0D%0ALocation:%20https://evil.test/",
    "/%E5%98%8A%E5%98%8DSet-Cookie:a=b",
    "//evil.test/a",
    "/\\evil.test",
    "/@evil.test/",
    "/.evil.test",
    "/$host/$http_x",
    "/%00?a=%00",
    "/a?next=https://evil.test/&x=\"<svg>",
    "/../../etc/passwd",
    "/%2e%2e/;{}return",
];

#[test]
fn a_redirected_name_sends_on_to_the_primary_one_with_path_and_query() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("example.test").join("index.html"), "front page").unwrap();
    let all = ["example.test", "www.example.test", "other.example.test"];
    hosting.site(1, SiteSpec { pool: None, redirected: names(&["www.example.test"]), ..spec(&all) });
    let own = ["own.example.test", "www.own.example.test"];
    hosting.site(2, SiteSpec { redirected: names(&["www.own.example.test"]), ..own_block(&own) });
    let nginx = hosting.serve();
    let base = format!("http://example.test:{}", hosting.port);
    for address in BOTH {
        for target in ["/", "/a/b?c=d&e=%20f", "/?x", "/no%2Fsuch"] {
            let sent = nginx.sent(address, "www.example.test", target);
            assert_eq!(sent, (301, Some(format!("{base}{target}"))));
        }
        assert_eq!(nginx.sent(address, "WWW.Example.Test.", "/").0, 301);
        let (status, to) = nginx.sent(address, "www.own.example.test", "/x");
        assert_eq!((status, to), (301, Some(format!("http://own.example.test:{}/x", hosting.port))));
        assert_eq!(nginx.sent(address, "own.example.test", "/.holdfast-x"), (404, None));
        for host in ["example.test", "other.example.test"] {
            assert_eq!(nginx.sent(address, host, "/"), (200, None));
        }
    }
    // without a path, as a proxy's client may ask
    let (status, to) = nginx.sent("::1", "www.example.test", "http://www.example.test?a=b");
    assert_eq!((status, to), (301, Some(format!("{base}/?a=b"))));
    // the server's own question is about the name that was asked for
    let (status, reply) = nginx.get("www.example.test", "/.well-known/holdfast");
    assert_eq!(status, 200, "{reply}");
    assert!(reply.contains(&site(1).to_string()), "{reply}");
}

#[test]
fn a_site_that_only_sends_on_does_so_with_each_status() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("s301.example.test").join("index.html"), "front page").unwrap();
    for (n, code) in (1_u16..).zip(RedirectCode::ALL) {
        let status = u16::from(code);
        let whole = format!("s{status}.example.test");
        let below = format!("p{status}.example.test");
        let kept = redirect("https://www.example.org/shop/", code, true);
        let fixed = redirect("https://www.example.org:8443/page?a=b", code, false);
        let alias = format!("www.{below}");
        let redirected = names(&[&alias]);
        hosting.site(n, SiteSpec { pool: None, serves: fixed, ..spec(&[&whole]) });
        hosting.site(n + 4, SiteSpec { serves: kept, redirected, ..own_block(&[&below, &alias]) });
    }
    hosting.site(
        9,
        SiteSpec {
            serves: redirect("https://www.example.org", RedirectCode::Found, true),
            ..spec(&["bare.example.test"])
        },
    );
    hosting.site(
        10,
        SiteSpec {
            serves: redirect("https://[2001:db8::9]/a", RedirectCode::Found, true),
            ..spec(&["six.example.test"])
        },
    );
    let nginx = hosting.serve();
    for address in BOTH {
        for code in RedirectCode::ALL.map(u16::from) {
            for target in ["/", "/index.html", "/index.php?x=y"] {
                let sent = nginx.sent(address, &format!("s{code}.example.test"), target);
                assert_eq!(sent, (code, Some("https://www.example.org:8443/page?a=b".to_owned())));
                let there = Some(format!("https://www.example.org/shop{target}"));
                for host in [format!("p{code}.example.test"), format!("www.p{code}.example.test")] {
                    assert_eq!(nginx.sent(address, &host, target), (code, there.clone()), "{host}");
                }
            }
        }
        let bare = nginx.sent(address, "bare.example.test", "/a?b");
        assert_eq!(bare, (302, Some("https://www.example.org/a?b".to_owned())));
        let six = nginx.sent(address, "six.example.test", "/b");
        assert_eq!(six, (302, Some("https://[2001:db8::9]/a/b".to_owned())));
    }
    assert!(nginx.get("s301.example.test", "/.well-known/holdfast").1.contains(&site(1).to_string()));
    let post =
        "POST /a HTTP/1.1\r\nHost: s308.example.test\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";
    assert_eq!(nginx.ask(post).0, 308);
}

#[test]
fn what_visitors_ask_for_names_no_other_server_and_adds_no_header() {
    let hosting = Hosting::new();
    let alias = names(&["www.example.test"]);
    hosting.site(1, SiteSpec { redirected: alias, ..spec(&["example.test", "www.example.test"]) });
    let kept = redirect("https://www.example.org/shop", RedirectCode::Moved, true);
    hosting.site(2, SiteSpec { serves: kept, ..spec(&["shop.example.test"]) });
    let nginx = hosting.serve();
    let mut answered = 0;
    for target in HOSTILE {
        for (host, base) in [
            ("www.example.test", format!("http://example.test:{}/", hosting.port)),
            ("shop.example.test", "https://www.example.org/shop/".to_owned()),
        ] {
            let (status, to) = nginx.sent("127.0.0.1", host, target);
            let Some(to) = to else {
                assert_eq!(status, 400, "{host} {target}");
                continue;
            };
            answered += 1;
            assert_eq!((status, to.starts_with(&base)), (301, true), "{target}: {to}");
            assert_eq!(to[base.len() - 1..], *target, "nothing is decoded");
        }
    }
    assert!(answered > 12, "{answered}");
    // a control character in the plain is no request
    for raw in ["/a\rSet-Cookie:b", "/a\nSet-Cookie:b", "/a\tb", "/a\u{7f}b"] {
        let (status, to) = nginx.sent("127.0.0.1", "www.example.test", raw);
        assert!(to.is_none_or(|to| !to.contains(['\r', '\n'])), "{status} {raw:?}");
    }
}

#[test]
fn a_disabled_site_answers_as_a_name_that_nobody_knows() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("off.example.test").join("index.html"), "front page").unwrap();
    let alias = names(&["www.off.example.test"]);
    let off = SiteSpec {
        disabled: true,
        maintenance: Some(Maintenance::default()),
        redirected: alias,
        ..spec(&["off.example.test", "www.off.example.test"])
    };
    hosting.site(1, off);
    let serves = redirect("https://www.example.org", RedirectCode::Moved, true);
    hosting.site(2, SiteSpec { disabled: true, serves, ..own_block(&["own.example.test"]) });
    let nginx = hosting.serve();
    let plain = |reply: &str| -> Vec<String> {
        reply.lines().filter(|line| !line.starts_with("Date: ")).map(str::to_owned).collect()
    };
    for address in BOTH {
        for path in ["/", "/index.html", "/index.php", "/.well-known/x"] {
            let ask = |host: &str| {
                let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                plain(&nginx.ask_at(address, &request).1)
            };
            let unknown = ask("unknown.example.test");
            assert!(unknown[0].contains("404"), "{unknown:?}");
            for host in ["off.example.test", "www.off.example.test", "own.example.test"] {
                assert_eq!(ask(host), unknown, "{host} {path}");
            }
        }
    }
    assert!(nginx.get("off.example.test", "/.well-known/holdfast").1.contains(&site(1).to_string()));
}

#[test]
fn a_site_that_is_worked_on_is_seen_from_the_allowed_networks_alone() {
    let hosting = Hosting::new();
    let allow = |networks: &[&str]| {
        Some(Maintenance { allow: networks.iter().map(|network| network.parse().unwrap()).collect() })
    };
    let cases: [(&str, &[&str], [bool; 2]); 9] = [
        ("none.example.test", &[], [false, false]),
        ("four.example.test", &["127.0.0.1/32"], [true, false]),
        ("six.example.test", &["::1/128"], [false, true]),
        ("both.example.test", &["::/0", "0.0.0.0/0"], [true, true]),
        ("bits.example.test", &["126.0.0.0/7", "::/127"], [true, true]),
        ("near.example.test", &["127.0.0.2/31", "::2/127", "128.0.0.0/1"], [false, false]),
        ("line.example.test", &["10.10.10.10/32", "127.0.0.0/8"], [true, false]),
        ("more.example.test", &["203.0.113.0/24", "2001:db8::/32"], [false, false]),
        ("half.example.test", &["0.0.0.0/1", "8000::/1"], [true, false]),
    ];
    for (n, (name, networks, _)) in (1_u16..).zip(&cases) {
        std::fs::write(hosting.docroot(name).join("index.html"), "front page").unwrap();
        hosting.site(n, SiteSpec { pool: None, maintenance: allow(networks), ..spec(&[name]) });
    }
    let serves = redirect("https://www.example.org", RedirectCode::Moved, true);
    let sent = SiteSpec { serves, maintenance: allow(&["127.0.0.1/32"]), ..spec(&["sent.example.test"]) };
    hosting.site(20, sent);
    let shut = SiteSpec {
        suspended: true,
        disabled: true,
        maintenance: allow(&["0.0.0.0/0"]),
        ..spec(&["shut.example.test"])
    };
    hosting.site(21, shut);
    let nginx = hosting.serve();
    for (name, _, seen) in cases {
        for (address, seen) in BOTH.into_iter().zip(seen) {
            // what the visitor says of itself does not count
            let request = format!(
                "GET / HTTP/1.1\r\nHost: {name}\r\nX-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 203.0.113.9\r\n\
                 Forwarded: for=127.0.0.1\r\nConnection: close\r\n\r\n"
            );
            let (status, reply) = nginx.ask_at(address, &request);
            assert_eq!(status, if seen { 200 } else { 503 }, "{name} from {address}");
            assert_eq!(reply.contains("front page"), seen);
            assert_eq!(reply.contains("Retry-After: 600\r\n"), !seen, "{reply}");
            assert_eq!(reply.contains("being worked on"), !seen, "{reply}");
        }
    }
    assert_eq!(
        nginx.sent("127.0.0.1", "sent.example.test", "/a").1.as_deref(),
        Some("https://www.example.org/a")
    );
    assert_eq!(nginx.sent("::1", "sent.example.test", "/a"), (503, None));
    let (status, reply) = nginx.get("shut.example.test", "/");
    assert_eq!((status, reply.contains("suspended"), reply.contains("Retry-After")), (503, true, false));
    let (status, reply) = nginx.get("none.example.test", "/.well-known/holdfast");
    assert_eq!((status, reply.contains(&site(1).to_string())), (200, true));
}

#[test]
fn an_address_of_every_allowed_character_is_one_value_to_nginx() {
    let (server, check) = checked();
    assert_eq!(server.apply_base(1).status, Status::ready());
    let to = "https://www.example.org/%20:@+,=-._~aZ09/?a=b&c=%22%7B%24%3B";
    let odd = SiteSpec { serves: redirect(to, RedirectCode::Moved, false), ..spec(&["www.example.test"]) };
    assert_eq!(server.apply(1, 1, Wanted::Present(odd)).status, Status::ready());
    let allow: Vec<_> = (0..50_u8).map(|n| format!("2001:db8:{n:x}::/{}", 48 + n).parse().unwrap()).collect();
    let long = SiteSpec { maintenance: Some(Maintenance { allow }), ..spec(&["long.example.test"]) };
    assert_eq!(server.apply(2, 1, Wanted::Present(long)).status, Status::ready());
    assert!(check.runs.load(Ordering::SeqCst) >= 3);
}
