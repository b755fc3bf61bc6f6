//! HTTPS: who is shown which certificate, who is sent on, and what browsers are told.
#![expect(clippy::disallowed_methods, reason = "the tenant's files are made here, not by a worker")]

use web_spec::{Hsts, Maintenance, Redirect, RedirectCode, Serves, SiteTls, TlsProfile};

use super::secure::{VERSIONS, der, headers, visitor};
use super::tests::pool_with;
use super::*;
use crate::testing::{base_with_tls, certificate, pair, tls};

const NAMES: [&str; 2] = ["a.example.test", "b.example.test"];

/// `force` and `hsts` as they are asked for.
#[expect(clippy::unnecessary_wraps, reason = "it is the field of a site")]
fn tls_with(n: u16, force_https: bool, hsts: Option<u32>) -> Option<SiteTls> {
    let hsts = hsts.map(|max_age| Hsts { max_age, include_subdomains: false, preload: false });
    Some(SiteTls { certificate: certificate(n), force_https, hsts })
}

impl Hosting {
    /// A site with a certificate of its own and a front page that tells its name.
    fn secure_site(&self, n: u16, spec: SiteSpec) {
        let names: Vec<&str> = spec.names.iter().map(names::DomainName::as_str).collect();
        self.server.certificate(n, &names);
        std::fs::write(self.docroot(names[0]).join("index.html"), format!("front page of {}", names[0]))
            .unwrap();
        self.site(n, spec);
    }

    /// One site in the shared block, and one with a block of its own.
    fn two() -> Self {
        let hosting = Self::with(|_| {});
        hosting
            .secure_site(1, SiteSpec { pool: None, tls: tls(1), ..spec(&[NAMES[0], "www.a.example.test"]) });
        hosting.secure_site(2, SiteSpec { pool: None, tls: tls(2), ..own_block(&[NAMES[1]]) });
        hosting
    }
}

#[test]
fn nginx_takes_a_tree_for_https_without_a_warning() {
    let (server, check) = checked();
    for (generation, tls_profile) in [(1, TlsProfile::Intermediate), (2, TlsProfile::Modern)] {
        let acme = Some("LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ".parse().unwrap());
        let base = WebServerSpec { tls_profile, acme, ..base_with_tls() };
        assert_eq!(server.wish_base(generation, Wanted::Present(base)).status, Status::ready());
    }
    for (n, spec) in [(1, spec(&["a.example.test"])), (2, own_block(&["b.example.test"]))] {
        server.certificate(n, &["x.example.test"]);
        let hsts = Some(Hsts { max_age: u32::MAX, include_subdomains: true, preload: true });
        let tls = Some(SiteTls { certificate: certificate(n), force_https: true, hsts });
        assert_eq!(server.apply(n, 1, Wanted::Present(SiteSpec { tls, ..spec })).status, Status::ready());
    }
    check.prefix.put(&server.stage());
    let end = check.prefix.command().args(["-t", "-q"]).output().unwrap();
    assert!(end.status.success() && end.stderr.is_empty(), "{}", String::from_utf8_lossy(&end.stderr));
}

#[test]
fn each_name_is_shown_the_certificate_of_its_site_and_everybody_else_one_for_nobody() {
    let hosting = Hosting::two();
    let nginx = hosting.serve();
    for address in ["127.0.0.1", "::1"] {
        for (n, name, host) in [
            (1, NAMES[0], NAMES[0]),
            (1, "www.a.example.test", "www.a.example.test"),
            (1, NAMES[0], "WWW.A.Example.Test."),
            (2, NAMES[1], NAMES[1]),
        ] {
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let seen = nginx.visit(&Arc::new(visitor(&VERSIONS)), address, name, &request).unwrap();
            assert_eq!(seen.certificate, nginx.certificate(&certificate(n).to_string()), "{name}");
            assert_eq!(seen.status, 200, "{name}: {}", seen.reply);
            assert!(seen.reply.contains(&format!("front page of {}", NAMES[usize::from(n) - 1])));
        }
    }
    let nobody = nginx.certificate("default");
    assert!(String::from_utf8_lossy(&nobody).contains(crate::DEFAULT_NAME));
    let strangers = [
        Some("unknown.example.test"),
        Some("x.a.example.test"),
        Some("default.example.test"),
        Some("default"),
        None,
    ];
    for name in strangers {
        let seen = nginx.meet(name, "unknown.example.test", "/");
        assert_eq!((seen.status, &seen.certificate), (404, &nobody), "{name:?}");
        assert!(seen.reply.contains("There is nothing at this address"), "{}", seen.reply);
    }
    // what nginx is asked in the handshake names no file
    let raw = nginx.meet(Some("holdfast-tls.example.test"), "..", "/");
    assert_eq!(raw.certificate, nobody);
}

#[test]
fn a_new_certificate_is_shown_at_once_and_nginx_is_not_reloaded() {
    let hosting = Hosting::two();
    let nginx = hosting.serve();
    let file = nginx.prefix.path("tls").join(format!("{}.pem", certificate(1)));
    let before = nginx.https(NAMES[0], "/").certificate;
    let new = nginx.prefix.path("tls/new.pem");
    std::fs::write(&new, pair(&[NAMES[0]])).unwrap();
    std::fs::rename(&new, &file).unwrap();
    let after = nginx.https(NAMES[0], "/");
    assert_ne!(after.certificate, before);
    assert_eq!(after.certificate, der(&std::fs::read_to_string(&file).unwrap()));
    assert_eq!(nginx.https(NAMES[1], "/").status, 200);
    // one that cannot be read is its own site's trouble alone
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\n").unwrap();
    let request = "GET / HTTP/1.1\r\nHost: a.example.test\r\nConnection: close\r\n\r\n";
    assert!(nginx.visit(&Arc::new(visitor(&VERSIONS)), "127.0.0.1", NAMES[0], request).is_err());
    assert_eq!(nginx.https(NAMES[1], "/").status, 200);
}

#[test]
fn a_request_for_another_site_than_the_connections_is_misdirected() {
    let hosting = Hosting::two();
    let plain = SiteSpec { pool: None, ..spec(&["plain.example.test"]) };
    std::fs::write(hosting.docroot("plain.example.test").join("index.html"), "by HTTP alone").unwrap();
    hosting.site(3, plain);
    let off = SiteSpec { disabled: true, tls: tls(4), ..spec(&["off.example.test"]) };
    hosting.secure_site(4, off);
    let shut = SiteSpec { suspended: true, tls: tls(5), ..spec(&["shut.example.test"]) };
    hosting.secure_site(5, shut);
    let nginx = hosting.serve();
    let [a, b] = NAMES;
    let cases = [
        (Some(a), a, 200),
        (Some("www.a.example.test"), a, 200),
        (Some(a), "www.a.example.test", 200),
        (Some(a), b, 421),
        (Some(b), a, 421),
        (Some(a), "shut.example.test", 421),
        (Some("shut.example.test"), "shut.example.test", 503),
        // a certificate that is for nobody secures no name (RFC 9110, 7.4)
        (None, a, 421),
        (None, b, 421),
        (Some("unknown.example.test"), a, 421),
        // a site without a certificate answers by HTTP alone
        (Some("plain.example.test"), "plain.example.test", 421),
        (Some(a), "plain.example.test", 421),
        // names that nobody knows
        (Some(a), "unknown.example.test", 404),
        (None, "unknown.example.test", 404),
        (Some("off.example.test"), "off.example.test", 404),
        (Some(a), "off.example.test", 404),
        (None, "off.example.test", 404),
        (Some("off.example.test"), a, 421),
    ];
    for (name, host, status) in cases {
        let seen = nginx.meet(name, host, "/");
        assert_eq!(seen.status, status, "{name:?} {host}: {}", seen.reply);
        assert_eq!(seen.reply.contains("front page"), status == 200);
        assert!(!seen.reply.contains("by HTTP alone"));
    }
    assert_eq!(nginx.get("plain.example.test", "/").0, 200);
    let told = nginx.meet(Some(a), b, "/");
    assert!(told.reply.contains("This connection is not for this address"), "{}", told.reply);
    // which site answers is told to this server itself in any case
    let seen = nginx.meet(Some(a), b, "/.well-known/holdfast");
    assert!(seen.status == 200 && seen.reply.contains(&site(2).to_string()), "{}", seen.reply);
}

#[test]
fn a_session_that_is_taken_up_again_is_for_its_own_site() {
    let hosting = Hosting::two();
    let nginx = hosting.serve();
    for version in VERSIONS {
        let visitor = Arc::new(visitor(&[version]));
        let ask = |name: &str, host: &str| {
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            nginx.visit(&visitor, "127.0.0.1", name, &request).unwrap()
        };
        assert!(!ask(NAMES[0], NAMES[0]).resumed);
        let again = ask(NAMES[0], NAMES[0]);
        assert_eq!((again.status, again.resumed), (200, true), "{version:?}");
        let other = ask(NAMES[0], NAMES[1]);
        assert_eq!((other.status, other.resumed), (421, true), "{version:?}");
    }
}

#[test]
fn visitors_by_http_are_sent_on_to_https_under_the_same_name() {
    let hosting = Hosting::with(|_| {});
    let forced = tls_with(1, true, None);
    let all = ["a.example.test", "www.a.example.test", "other.a.example.test"];
    let redirected = vec!["www.a.example.test".parse().unwrap()];
    hosting.secure_site(1, SiteSpec { pool: None, redirected, tls: forced, ..spec(&all) });
    hosting.secure_site(
        2,
        SiteSpec { pool: None, tls: tls_with(2, true, None), ..own_block(&["b.example.test"]) },
    );
    let to = "https://www.example.org/shop".parse().unwrap();
    let serves = Serves::Redirect(Redirect { to, code: RedirectCode::Found, keep_path: true });
    hosting.secure_site(3, SiteSpec { serves, tls: tls_with(3, true, None), ..spec(&["sent.example.test"]) });
    hosting.secure_site(4, SiteSpec { pool: None, tls: tls(4), ..spec(&["free.example.test"]) });
    let maintenance = Some(Maintenance { allow: vec!["::1/128".parse().unwrap()] });
    let worked_on =
        SiteSpec { pool: None, maintenance, tls: tls_with(5, true, None), ..spec(&["work.example.test"]) };
    hosting.secure_site(5, worked_on);
    let nginx = hosting.serve();
    let port = hosting.tls_port;
    let ask = |method: &str, host: &str, target: &str| {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let (status, reply) = nginx.ask(&request);
        (status, headers(&reply, "location").pop())
    };
    for host in [
        "a.example.test",
        "www.a.example.test",
        "other.a.example.test",
        "b.example.test",
        "sent.example.test",
    ] {
        for target in ["/", "/a/b?c=d&e=%20f", "/index.php?x", "/no%2Fsuch", "//evil.test/", "/.env"] {
            let there = Some(format!("https://{host}:{port}{target}"));
            for (method, status) in
                [("GET", 301), ("HEAD", 301), ("POST", 308), ("PUT", 308), ("DELETE", 308)]
            {
                assert_eq!(ask(method, host, target), (status, there.clone()), "{method} {host}{target}");
            }
        }
    }
    assert_eq!(ask("GET", "A.Example.Test.", "/x").1, Some(format!("https://a.example.test:{port}/x")));
    assert_eq!(ask("GET", "a.example.test:1234", "/x").1, Some(format!("https://a.example.test:{port}/x")));
    assert_eq!(
        ask("GET", "a.example.test", "http://a.example.test?x").1,
        Some(format!("https://a.example.test:{port}/?x"))
    );
    // by HTTPS, then to where they are sent in any case
    let seen = nginx.https("www.a.example.test", "/x?y");
    assert_eq!(
        (seen.status, seen.headers("location")),
        (301, vec![format!("https://a.example.test:{port}/x?y")])
    );
    let seen = nginx.https("sent.example.test", "/x");
    assert_eq!(
        (seen.status, seen.headers("location")),
        (302, vec!["https://www.example.org/shop/x".to_owned()])
    );
    for host in ["a.example.test", "other.a.example.test", "b.example.test"] {
        assert_eq!(nginx.https(host, "/").status, 200);
    }
    // whoever is not sent
    assert_eq!(ask("GET", "free.example.test", "/").0, 200);
    assert_eq!(ask("GET", "unknown.example.test", "/").0, 404);
    assert_eq!(ask("GET", "work.example.test", "/").0, 503, "what shuts a site comes first");
    let allowed = "GET / HTTP/1.1\r\nHost: work.example.test\r\nConnection: close\r\n\r\n";
    assert_eq!(nginx.ask_at("::1", allowed).0, 301);
    assert_eq!(ask("GET", "a.example.test", "/.well-known/holdfast").0, 200);
    assert_eq!(ask("GET", "a.example.test", "/.well-known/acme-challenge/x").0, 404);
}

#[test]
fn a_server_that_does_not_listen_for_https_sends_nobody_there() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("a.example.test").join("index.html"), "front page").unwrap();
    hosting.site(1, SiteSpec { pool: None, tls: tls_with(1, true, Some(300)), ..spec(&["a.example.test"]) });
    let nginx = hosting.serve();
    let (status, reply) = nginx.get("a.example.test", "/");
    assert_eq!((status, headers(&reply, "strict-transport-security")), (200, Vec::new()));
}

#[test]
fn browsers_are_told_by_https_alone_and_by_the_site_itself() {
    let hosting = Hosting::with(|_| {});
    let told = |n| tls_with(n, false, Some(300 + u32::from(n)));
    hosting.secure_site(1, SiteSpec { tls: told(1), ..spec(&["a.example.test", "www.a.example.test"]) });
    hosting.secure_site(2, SiteSpec { pool: None, tls: told(2), ..own_block(&["b.example.test"]) });
    hosting.secure_site(3, SiteSpec { disabled: true, tls: told(3), ..spec(&["off.example.test"]) });
    hosting.secure_site(4, SiteSpec { suspended: true, tls: told(4), ..spec(&["shut.example.test"]) });
    let maintenance = Some(Maintenance::default());
    hosting.secure_site(5, SiteSpec { maintenance, tls: told(5), ..spec(&["work.example.test"]) });
    let to = "https://www.example.org/".parse().unwrap();
    let serves = Serves::Redirect(Redirect { to, code: RedirectCode::Moved, keep_path: false });
    hosting.secure_site(6, SiteSpec { serves, tls: told(6), ..spec(&["sent.example.test"]) });
    hosting.secure_site(7, SiteSpec { pool: None, tls: tls(7), ..spec(&["quiet.example.test"]) });
    let hsts = Some(Hsts { max_age: 63_072_000, include_subdomains: true, preload: true });
    let all = Some(SiteTls { certificate: certificate(8), force_https: true, hsts });
    hosting.secure_site(8, SiteSpec { pool: None, tls: all, ..spec(&["all.example.test"]) });
    let secret = hosting.docroot("b.example.test").join("list");
    std::fs::create_dir_all(secret).unwrap();
    let nginx = hosting.serve();
    let said = |host: &str, path: &str, status: u16| {
        let seen = nginx.https(host, path);
        assert_eq!(seen.status, status, "{host}{path}: {}", seen.reply);
        seen.headers("strict-transport-security")
    };
    for (host, path, status, age) in [
        ("b.example.test", "/", 200, 302),
        ("b.example.test", "/nothing", 404, 302),
        ("b.example.test", "/.env", 404, 302),
        ("b.example.test", "/list/", 403, 302),
        ("a.example.test", "/index.php", 404, 301),
        ("a.example.test", "/no-such-page", 404, 301),
        ("work.example.test", "/", 503, 305),
        ("sent.example.test", "/", 301, 306),
    ] {
        assert_eq!(said(host, path, status), [format!("max-age={age}")], "{host}{path}");
    }
    assert_eq!(said("all.example.test", "/", 200), ["max-age=63072000; includeSubDomains; preload"]);
    for (host, path, status) in [
        ("off.example.test", "/", 404),
        ("off.example.test", "/.well-known/acme-challenge/x", 404),
        ("shut.example.test", "/", 503),
        ("quiet.example.test", "/", 200),
        ("unknown.example.test", "/", 404),
    ] {
        assert_eq!(said(host, path, status), Vec::<String>::new(), "{host}{path}");
    }
    let other = nginx.meet(Some("a.example.test"), "b.example.test", "/");
    assert_eq!((other.status, other.headers("strict-transport-security")), (421, Vec::new()));
    for host in
        ["a.example.test", "b.example.test", "all.example.test", "work.example.test", "sent.example.test"]
    {
        let (_, reply) = nginx.get(host, "/");
        assert_eq!(headers(&reply, "strict-transport-security"), Vec::<String>::new(), "{host} by HTTP");
    }
    // a site's own program: the settings have the last word, and nothing is said twice
    std::fs::write(hosting.docroot("a.example.test").join("index.php"), "SOURCE").unwrap();
    assert_eq!(said("a.example.test", "/index.php", 502), ["max-age=301"], "the pool is not there");
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "Strict-Transport-Security: max-age=1\r\n");
    assert_eq!(said("a.example.test", "/index.php", 200), ["max-age=301"]);
}

#[test]
fn a_program_may_tell_browsers_what_the_settings_do_not() {
    let hosting = Hosting::with(|_| {});
    hosting.secure_site(1, SiteSpec { tls: tls(1), ..spec(&["a.example.test"]) });
    std::fs::write(hosting.docroot("a.example.test").join("index.php"), "SOURCE").unwrap();
    let nginx = hosting.serve();
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "Strict-Transport-Security: max-age=7\r\n");
    assert_eq!(nginx.https("a.example.test", "/x").headers("strict-transport-security"), ["max-age=7"]);
}

#[test]
fn php_knows_that_it_is_asked_by_https() {
    let hosting = Hosting::with(|_| {});
    hosting.secure_site(1, SiteSpec { tls: tls(1), ..spec(&["a.example.test"]) });
    std::fs::write(hosting.docroot("a.example.test").join("index.php"), "SOURCE").unwrap();
    let nginx = hosting.serve();
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "");
    let seen = nginx.https("a.example.test", "/x?y");
    assert_eq!(seen.status, 200, "{}", seen.reply);
    let port = format!("SERVER_PORT{}", hosting.tls_port);
    for word in
        ["HTTPSon", "REQUEST_SCHEMEhttps", &port, "HTTP_HOSTa.example.test", "SERVER_NAMEa.example.test"]
    {
        assert!(seen.reply.contains(word), "{word}: {}", seen.reply);
    }
    let (_, reply) = nginx.get("a.example.test", "/x?y");
    assert!(reply.contains("REQUEST_SCHEMEhttp|") || reply.contains("REQUEST_SCHEMEhttp"), "{reply}");
    assert!(!reply.contains("HTTPSon") && reply.contains(&format!("SERVER_PORT{}", hosting.port)), "{reply}");
    let forged = "GET /x HTTP/1.1\r\nHost: a.example.test\r\nHttps: on\r\nConnection: close\r\n\r\n";
    assert!(!nginx.ask(forged).1.contains("|HTTPSon"), "only what nginx says");
}

/// Asks with curl, if it is here; answers the version of HTTP, the status and the body.
fn curl(nginx: &Serving, version: &str, name: &str, host: &str, path: &str) -> Option<(String, u16, String)> {
    let end = Command::new("/usr/bin/curl")
        .args(["-sk", version, "-o", "-", "-w", "\n%{http_version} %{http_code}", "-H"])
        .arg(format!("Host: {host}"))
        .arg("--resolve")
        .arg(format!("{name}:{}:127.0.0.1", nginx.tls_port))
        .arg(format!("https://{name}:{}{path}", nginx.tls_port))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&end.stdout).into_owned();
    let (body, told) = text.rsplit_once('\n')?;
    let (version, status) = told.split_once(' ')?;
    Some((version.to_owned(), status.parse().ok()?, body.to_owned()))
}

#[test]
fn both_versions_of_http_are_spoken_to_both_kinds_of_sites() {
    let hosting = Hosting::two();
    hosting.secure_site(3, SiteSpec { tls: tls(3), ..spec(&["php.example.test"]) });
    std::fs::write(hosting.docroot("php.example.test").join("index.php"), "SOURCE").unwrap();
    let nginx = hosting.serve();
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "");
    if curl(&nginx, "--http1.1", NAMES[0], NAMES[0], "/").is_none() {
        println!("there is no curl here; the end-to-end tests do this again");
        return;
    }
    for (option, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        for name in NAMES {
            let (told, status, body) = curl(&nginx, option, name, name, "/").unwrap();
            assert_eq!((told.as_str(), status), (version, 200), "{name}");
            assert!(body.contains(&format!("front page of {name}")));
        }
        for (name, host) in [(NAMES[0], NAMES[1]), (NAMES[1], NAMES[0])] {
            let (told, status, body) = curl(&nginx, option, name, host, "/").unwrap();
            assert_eq!((told.as_str(), status, body.contains("front page")), (version, 421, false));
        }
        let (_, status, body) = curl(&nginx, option, "php.example.test", "php.example.test", "/x").unwrap();
        assert_eq!(status, 200);
        assert!(body.contains("HTTP_HOSTphp.example.test") && body.contains("HTTPSon"), "{body}");
    }
}

#[test]
fn a_profile_says_how_old_a_visitor_may_be() {
    let request = "GET / HTTP/1.1\r\nHost: a.example.test\r\nConnection: close\r\n\r\n";
    for (profile, old) in [(TlsProfile::Intermediate, true), (TlsProfile::Modern, false)] {
        let hosting = Hosting::with(|base| base.tls_profile = profile);
        hosting.secure_site(1, SiteSpec { pool: None, tls: tls(1), ..spec(&["a.example.test"]) });
        hosting.secure_site(2, SiteSpec { pool: None, tls: tls(2), ..own_block(&["b.example.test"]) });
        let nginx = hosting.serve();
        for (version, taken) in [(&rustls::version::TLS12, old), (&rustls::version::TLS13, true)] {
            let visitor = Arc::new(visitor(&[version]));
            for name in NAMES {
                let seen = nginx.visit(&visitor, "127.0.0.1", name, &request.replace(NAMES[0], name));
                assert_eq!(
                    seen.is_ok_and(|seen| seen.status == 200),
                    taken,
                    "{profile:?} {version:?} {name}"
                );
            }
        }
    }
}

#[test]
fn no_tenant_reaches_a_key_by_a_link() {
    if !rustix_is_root() {
        println!("only root can make files of two tenants; the end-to-end tests do this again");
        return;
    }
    let hosting = Hosting::two();
    let nginx = hosting.serve();
    let docroot = hosting.docroot(NAMES[0]);
    let keys = nginx.prefix.path("tls");
    std::os::unix::fs::symlink(keys.join("default.pem"), docroot.join("key.txt")).unwrap();
    std::os::unix::fs::symlink(&keys, docroot.join("keys")).unwrap();
    let chown = Command::new("/usr/bin/chown")
        .args(["-hR", "20001"])
        .arg(hosting.homes.path().join("alice"))
        .status();
    assert!(chown.unwrap().success());
    for path in ["/key.txt", "/keys/default.pem"] {
        let seen = nginx.https(NAMES[0], path);
        assert!([403, 404].contains(&seen.status), "{path}: {}", seen.status);
        assert!(!seen.reply.contains("BEGIN"), "{path}");
    }
    assert_eq!(nginx.https(NAMES[0], "/").status, 200);
}
