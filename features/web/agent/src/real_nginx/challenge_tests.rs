//! An authority's question about a name (RFC 8555, 8.3): answered for every known name, whatever the tenant does.
#![expect(clippy::disallowed_methods, reason = "the tenant's files are made here, not by a worker")]

use web_spec::{Maintenance, Redirect, RedirectCode, Serves, SiteTls};

use super::secure::headers;
use super::tests::pool_with;
use super::*;
use crate::testing::{certificate, tls};

const KEY: &str = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
const ASKED: &str = "/.well-known/acme-challenge/";

fn with_key() -> Hosting {
    Hosting::with(|base| base.acme = Some(KEY.parse().unwrap()))
}

/// The body of an answer.
fn body(reply: &str) -> &str {
    reply.split_once("\r\n\r\n").unwrap_or_default().1
}

/// Asks by HTTP and HTTPS; both must answer alike.
fn both(nginx: &Serving, host: &str, path: &str) -> (u16, String) {
    let (status, reply) = nginx.get(host, path);
    let seen = nginx.https(host, path);
    assert_eq!((status, body(&reply)), (seen.status, body(&seen.reply)), "{host}{path}");
    (status, body(&reply).to_owned())
}

#[test]
fn the_proof_is_given_for_all_names_of_every_site_whatever_its_state() {
    let hosting = with_key();
    let to = "https://www.example.org/".parse().unwrap();
    let serves = Serves::Redirect(Redirect { to, code: RedirectCode::Moved, keep_path: true });
    let forced = |n| Some(SiteTls { certificate: certificate(n), force_https: true, hsts: None });
    let redirected = vec!["www.a.example.test".parse().unwrap()];
    let maintenance = Some(Maintenance::default());
    let sites = [
        SiteSpec { redirected, tls: forced(1), ..spec(&["a.example.test", "www.a.example.test"]) },
        SiteSpec { tls: forced(2), ..own_block(&["own.example.test"]) },
        SiteSpec { suspended: true, tls: forced(3), ..spec(&["shut.example.test"]) },
        SiteSpec { disabled: true, tls: forced(4), ..spec(&["off.example.test"]) },
        SiteSpec { maintenance, tls: forced(5), ..own_block(&["work.example.test"]) },
        SiteSpec { serves, tls: forced(6), ..spec(&["sent.example.test"]) },
        SiteSpec { pool: None, tls: tls(7), ..spec(&["static.example.test"]) },
        spec(&["plain.example.test"]),
    ];
    let mut names = Vec::new();
    for (n, spec) in (1_u16..).zip(sites) {
        names.extend(spec.names.iter().map(ToString::to_string));
        hosting.server.certificate(n, &["x.example.test"]);
        hosting.site(n, spec);
    }
    let nginx = hosting.serve();
    let longest = "a".repeat(128);
    for name in &names {
        for token in ["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", "a", "_-", longest.as_str()] {
            let got = both(&nginx, name, &format!("{ASKED}{token}"));
            assert_eq!(got, (200, format!("{token}.{KEY}")), "{name}");
        }
        let (_, reply) = nginx.get(name, &format!("{ASKED}abc"));
        assert_eq!(headers(&reply, "content-type"), ["application/octet-stream"]);
        assert_eq!(headers(&reply, "cache-control"), ["no-store"]);
        let tokens = [
            String::new(),
            "a".repeat(129),
            "a.b".to_owned(),
            "a/b".to_owned(),
            "a%0a".to_owned(),
            "a%0d%0aX:y".to_owned(),
            "$hf_site".to_owned(),
            "%3Csvg%3E".to_owned(),
            "a+b".to_owned(),
            "a=".to_owned(),
            "%C3%A4".to_owned(),
        ];
        for token in tokens {
            let (status, body) = both(&nginx, name, &format!("{ASKED}{token}"));
            assert_eq!((status, body.contains(KEY)), (404, false), "{name} {token}: {body}");
        }
    }
    for host in ["unknown.example.test", "x.a.example.test"] {
        let (status, body) = both(&nginx, host, &format!("{ASKED}abc"));
        assert_eq!((status, body.contains(KEY)), (404, false), "{host}: {body}");
    }
    assert_eq!(nginx.ask(&format!("GET {ASKED}abc HTTP/1.0\r\n\r\n")).0, 404);
    // no way around a site's state
    for path in [
        format!("{ASKED}../../index.php"),
        format!("{ASKED}%2e%2e/%2e%2e/index.php"),
        format!("{ASKED}..%2f..%2findex.php"),
    ] {
        assert_eq!(nginx.https("off.example.test", &path).status, 404, "{path}");
        assert_ne!(nginx.https("shut.example.test", &path).status, 200, "{path}");
    }
}

#[test]
fn nothing_that_a_tenant_makes_changes_the_answer() {
    let hosting = with_key();
    for (n, name) in [(1, "file.example.test"), (2, "link.example.test"), (3, "php.example.test")] {
        hosting.server.certificate(n, &[name]);
        hosting.site(n, SiteSpec { tls: tls(n), ..spec(&[name]) });
    }
    let files = hosting.docroot("file.example.test").join(".well-known/acme-challenge");
    std::fs::create_dir_all(files.join("dir")).unwrap();
    for name in ["abc", "index.html", "index.php", "abc.php", "dir/index.html", ".htaccess"] {
        std::fs::write(files.join(name), "MINE").unwrap();
    }
    let well_known = hosting.docroot("link.example.test").join(".well-known");
    std::fs::create_dir_all(&well_known).unwrap();
    std::os::unix::fs::symlink(&files, well_known.join("acme-challenge")).unwrap();
    let front = hosting.docroot("php.example.test");
    std::fs::write(front.join("index.php"), "SOURCE").unwrap();
    std::os::unix::fs::symlink(
        hosting.docroot("file.example.test").join(".well-known"),
        front.join(".well-known"),
    )
    .unwrap();
    let nginx = hosting.serve();
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "");
    for host in ["file.example.test", "link.example.test", "php.example.test"] {
        assert_eq!(both(&nginx, host, &format!("{ASKED}abc")), (200, format!("abc.{KEY}")), "{host}");
        for path in [
            "",
            "index.html",
            "index.php",
            "abc.php",
            "abc.php/x",
            "dir/",
            "dir",
            "dir/index.html",
            "nothing.txt",
        ] {
            let (status, body) = both(&nginx, host, &format!("{ASKED}{path}"));
            let told = status == 404 || body == format!("{path}.{KEY}");
            assert!(
                told && !body.contains("MINE") && !body.contains("SCRIPT"),
                "{host} {path}: {status} {body}"
            );
        }
    }
    assert_eq!(nginx.https("php.example.test", "/.well-known/other").status, 200, "all else is the tenant's");
}

#[test]
fn without_an_authority_there_is_no_proof_and_no_tenants_file() {
    let hosting = Hosting::with(|_| {});
    hosting.server.certificate(1, &["a.example.test"]);
    let files = hosting.docroot("a.example.test").join(".well-known/acme-challenge");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("abc"), "MINE").unwrap();
    hosting.site(1, SiteSpec { pool: None, tls: tls(1), ..spec(&["a.example.test"]) });
    let nginx = hosting.serve();
    for path in ["abc", "", "x"] {
        let (status, body) = both(&nginx, "a.example.test", &format!("{ASKED}{path}"));
        assert_eq!((status, body.contains("MINE")), (404, false), "{path}: {body}");
    }
}
