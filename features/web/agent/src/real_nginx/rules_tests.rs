//! Rules of sites: what visitors get by each kind.
#![expect(clippy::disallowed_methods, reason = "the tenant's files are made here, not by a worker")]

use serde_json::{Value, json};
use web_spec::{Maintenance, SiteTls};

use super::secure::headers;
use super::tests::pool_with;
use super::*;
use crate::testing::{certificate, rules};

const NAME: &str = "www.example.test";
/// Of `open sesame`, by crypt(3).
const HASH: &str = "$6$rounds=5000$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1";
/// `alice:open sesame`
const ALICE: &str = "Basic YWxpY2U6b3BlbiBzZXNhbWU=";
/// `alice:wrong`
const WRONG: &str = "Basic YWxpY2U6d3Jvbmc=";

/// A site of files with these rules, served.
fn served(files: &[(&str, &str)], list: Value) -> (Hosting, Serving) {
    with(files, list, |_| {})
}

fn with(files: &[(&str, &str)], list: Value, change: impl FnOnce(&mut SiteSpec)) -> (Hosting, Serving) {
    let hosting = Hosting::new();
    let docroot = hosting.docroot(NAME);
    for (name, text) in files {
        let path = docroot.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut spec = SiteSpec { pool: None, rules: rules(list), ..spec(&[NAME]) };
    change(&mut spec);
    hosting.site(1, spec);
    let nginx = hosting.serve();
    (hosting, nginx)
}

impl Serving {
    fn with_headers(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n");
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        self.ask(&format!("{request}\r\n"))
    }

    fn status(&self, path: &str) -> u16 {
        self.get(NAME, path).0
    }

    fn location(&self, path: &str) -> (u16, String) {
        let (status, reply) = self.get(NAME, path);
        (status, headers(&reply, "location").join(" "))
    }
}

fn user(name: &str) -> Value {
    json!({ "name": name, "hash": HASH })
}

#[test]
fn nginx_takes_a_site_with_every_kind_of_rule_and_the_longest_lists() {
    let (server, check) = checked_with_listings();
    assert_eq!(server.apply_base(1).status, Status::ready());
    let all = SiteSpec { rules: crate::testing::every_rule(), ..spec(&[NAME]) };
    assert_eq!(server.apply(1, 1, Wanted::Present(all.clone())).status, Status::ready());
    // the same headers and limits in another site, and in another order
    let mut turned = crate::testing::every_rule();
    turned.reverse();
    let other = SiteSpec { rules: turned, ..spec(&["other.example.test"]) };
    assert_eq!(server.apply(2, 1, Wanted::Present(other)).status, Status::ready());
    let networks: Vec<String> = (0..100).map(|n| format!("2001:db8:{n:x}::/{}", 48 + n % 70)).collect();
    let referers: Vec<String> = (0..100).map(|n| format!("{}.s{n}.example.org", "a".repeat(60))).collect();
    let long = rules(json!([
        { "addresses": { "networks": networks, "others": "deny" } },
        { "hotlink": { "endings": ["jpg"], "referers": referers } },
        { "set_header": { "path": format!("/{}", "%C3".repeat(84)), "name": format!("X-{}", "a".repeat(38)), "value": "\"".repeat(2000) } },
        { "redirect": { "from": format!("/**/{}", "%20".repeat(80)), "to": format!("/x/{}", "a".repeat(990)) } },
    ]));
    let long = SiteSpec { rules: long, ..spec(&["long.example.test"]) };
    assert_eq!(server.apply(3, 1, Wanted::Present(long)).status, Status::ready());
    let most: Vec<Value> = (0..200).map(|n| json!({ "deny": { "path": format!("/{n}/**/*.x") } })).collect();
    let most = SiteSpec { rules: rules(Value::Array(most)), ..spec(&["most.example.test"]) };
    assert_eq!(server.apply(4, 1, Wanted::Present(most)).status, Status::ready());
    assert!(check.runs.load(Ordering::SeqCst) >= 5);
    assert_eq!(server.live().keys().filter(|file| file.starts_with("sites/")).count(), 4);
}

fn checked_with_listings() -> (Server, Arc<RealCheck>) {
    let check = Arc::new(RealCheck { prefix: Prefix::new(), runs: AtomicUsize::new(0) });
    let bounds = Bounds { directory_listings: true, ..Bounds::default() };
    (Server::on(Host::for_test_of(debian(), bounds).unwrap(), Some(check.clone())), check)
}

#[test]
fn a_denied_path_is_shown_to_nobody_however_it_is_asked_for() {
    let files = [
        ("index.html", "front"),
        ("private/a.txt", "SECRET"),
        ("private/index.html", "SECRET"),
        ("privately.txt", "open"),
        ("up/a/b.php", "SECRET"),
        ("up/b.txt", "open"),
        ("dir/index.html", "SECRET"),
        ("shown/a.txt", "open"),
    ];
    let list = json!([
        { "deny": { "path": "/private" } },
        { "deny": { "path": "/up/**/*.php" } },
        { "deny": { "path": "/dir/index.html" } },
        { "rewrite": { "from": "/to/*", "to": "/private/$1" } },
        { "deny": { "path": "/shown" } },
        { "rewrite": { "from": "/late/*", "to": "/shown/$1" } },
    ]);
    let (_hosting, nginx) = served(&files, list);
    for path in [
        "/private",
        "/private/",
        "/private/a.txt",
        "/private/none",
        "//private//a.txt",
        "/x/../private/a.txt",
        "/%70rivate/a.txt",
        "/private%2Fa.txt",
        "/up/a/b.php",
        "/up/x.php",
        "/up/a/b.php/more",
        "/up/a%0A/b.php",
        "/up/x%0A.php",
        "/dir/",
        "/dir/index.html",
        "/to/a.txt",
        "/late/a.txt",
    ] {
        let (status, reply) = nginx.get(NAME, path);
        assert_eq!((status, reply.contains("SECRET")), (403, false), "{path}: {reply}");
        assert!(reply.contains("may not be shown"), "the page of all sites: {reply}");
    }
    for path in ["/", "/privately.txt", "/up/b.txt"] {
        assert_eq!(nginx.status(path), 200, "{path}");
    }
    assert!(!nginx.ask("GET /private/a.txt\r\n").1.contains("SECRET"), "HTTP/0.9");
}

#[test]
fn addresses_decide_who_gets_to_see_a_path() {
    let only = |networks: &[&str], others: &str, path: &str| json!({ "addresses": { "path": path, "networks": networks, "others": others } });
    let files = [("a/x.txt", "a"), ("b/x.txt", "b"), ("c/x.txt", "c"), ("d/index.html", "d"), ("e.txt", "e")];
    let list = json!([
        only(&["127.0.0.0/8"], "deny", "/a"),
        only(&["127.0.0.1/32", "10.0.0.0/8"], "allow", "/b"),
        only(&["::1/128"], "deny", "/c"),
        only(&["203.0.113.0/24"], "deny", "/d/index.html"),
    ]);
    let (_hosting, nginx) = served(&files, list);
    let ask = |address: &str, path: &str| {
        let forged = "X-Forwarded-For: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\n";
        nginx
            .ask_at(
                address,
                &format!("GET {path} HTTP/1.1\r\nHost: {NAME}\r\n{forged}Connection: close\r\n\r\n"),
            )
            .0
    };
    for (path, four, six) in [
        ("/a/x.txt", 200, 403),
        ("/b/x.txt", 403, 200),
        ("/c/x.txt", 403, 200),
        ("/e.txt", 200, 200),
        ("/d/", 403, 403),
    ] {
        assert_eq!((ask("127.0.0.1", path), ask("::1", path)), (four, six), "{path}");
    }
}

#[test]
fn visitors_are_sent_on_by_patterns_and_add_no_header_of_their_own() {
    let list = json!([
        { "redirect": { "from": "/old/*/**", "to": "https://www.example.org/new/$2?was=$1", "code": 308 } },
        { "redirect": { "from": "/here/**", "to": "/there/$1", "code": 302, "keep_query": true } },
        { "redirect": { "from": "/fixed", "to": "https://www.example.org/page?a=b", "code": 307 } },
        { "redirect": { "from": "/index.php", "to": "/" } },
        { "front_controller": { "to": "/index.html" } },
    ]);
    let (hosting, nginx) = served(&[("index.html", "front"), ("there/x", "x")], list);
    let base = format!("http://{NAME}:{}", hosting.port);
    assert_eq!(nginx.location("/old/a/b/c"), (308, "https://www.example.org/new/b/c?was=a".to_owned()));
    assert_eq!(nginx.location("/old/a"), (308, "https://www.example.org/new/?was=a".to_owned()));
    assert_eq!(nginx.location("/here/a/b?x=y&z"), (302, format!("{base}/there/a/b?x=y&z")));
    assert_eq!(nginx.location("/here"), (302, format!("{base}/there/")));
    assert_eq!(nginx.location("/fixed/"), (307, "https://www.example.org/page?a=b".to_owned()));
    assert_eq!(nginx.location("/index.php"), (301, format!("{base}/")));
    assert_eq!(nginx.location("/"), (200, String::new()), "the index file is not what was asked for");
    assert_eq!(nginx.location("/none"), (200, String::new()), "nor is the front controller");
    let escaped = nginx.location("/old/a%26b%3D%23/c%3Fd%20e%22%25");
    assert_eq!(escaped.0, 308);
    assert!(!escaped.1.contains([' ', '#']) && escaped.1.matches('?').count() == 1, "{escaped:?}");
    for hostile in ["/old/a%0d%0aSet-Cookie:b/c", "/old/a/%0aLocation:x", "/here/%00", "/here/a%0d%0a%0d%0ax"]
    {
        let (status, reply) = nginx.get(NAME, hostile);
        assert!(headers(&reply, "set-cookie").is_empty(), "{status} {hostile}: {reply}");
        assert!(!headers(&reply, "location").join("").contains("x"), "{status} {hostile}: {reply}");
    }
    for (asked, host) in
        [("/here//evil.test/", &base), ("/old/x///evil.test", &"https://www.example.org".to_owned())]
    {
        let (_, to) = nginx.location(asked);
        assert!(to.starts_with(host.as_str()), "{asked}: {to}");
    }
}

#[test]
fn a_rewritten_path_is_answered_by_another_without_a_word() {
    let files =
        [("page.html", "PAGE"), ("en/a.html", "ENGLISH"), ("index.php", ""), ("sub/index.html", "SUB")];
    let list = json!([
        { "rewrite": { "from": "/p/*", "to": "/page.html" } },
        { "rewrite": { "from": "/english/**", "to": "/en/$1" } },
        { "rewrite": { "from": "/q/*/*", "to": "/index.php?a=$1&b=$2" } },
        { "rewrite": { "from": "/chain", "to": "/english/a.html" } },
        { "rewrite": { "from": "/dir", "to": "/sub/" } },
    ]);
    let (_hosting, nginx) = with(&files, list, |spec| spec.pool = Some("alice-8.4".parse().unwrap()));
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), "");
    let body = |path: &str| nginx.get(NAME, path).1.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body("/p/anything"), "PAGE");
    assert_eq!(body("/english/a.html"), "ENGLISH");
    assert_eq!(body("/dir"), "SUB");
    assert_ne!(body("/chain"), "ENGLISH", "a rewrite changes the path for the rules behind it alone");
    let params = body("/q/x%26b%3D1/z?c=d");
    assert!(params.contains("a=x%26b=1&b=z&c=d") || params.contains("a=x%26b%3D1&b=z&c=d"), "{params}");
    assert!(params.contains("/index.php") && params.contains("/q/x%26b%3D1/z?c=d"), "{params}");
}

#[test]
fn a_directory_asks_for_its_password_however_it_is_asked_for() {
    let files = [
        ("index.html", "front"),
        ("members/a.txt", "SECRET"),
        ("members/index.html", "SECRET"),
        ("members/open/b.txt", "SECRET"),
        ("wp/admin/index.html", "SECRET"),
        ("e401.html", "PLEASE"),
    ];
    let list = json!([
        { "password": { "path": "/members", "realm": "Members; only {1}", "users": [user("alice"), user("bob")] } },
        { "password": { "path": "/wp/admin/index.html", "realm": "Admin", "users": [user("alice")] } },
        { "rewrite": { "from": "/side/*", "to": "/members/$1" } },
        { "error_page": { "status": 401, "page": "/e401.html" } },
    ]);
    let (hosting, nginx) = served(&files, list);
    let users = hosting.server.host.files().list(crate::layout::USERS).unwrap();
    assert_eq!(users.len(), 2, "{users:?}");
    for (name, _) in users {
        let meta =
            hosting.server.host.files().stat(&format!("{}/{name}", crate::layout::USERS)).unwrap().unwrap();
        assert_eq!((meta.mode, meta.uid, meta.gid), (0o640, 0, 33));
    }
    let shut =
        ["/members/a.txt", "/members/", "/side/a.txt", "//members/a.txt", "/%6dembers/a.txt", "/wp/admin/"];
    for path in shut {
        let (status, reply) = nginx.get(NAME, path);
        assert_eq!((status, reply.contains("SECRET")), (401, false), "{path}: {reply}");
        assert!(reply.contains("PLEASE"), "its own page: {reply}");
        assert_eq!(nginx.with_headers("GET", path, &[("Authorization", WRONG)]).0, 401, "{path}");
        let (status, reply) = nginx.with_headers("GET", path, &[("Authorization", ALICE)]);
        assert_eq!((status, reply.contains("SECRET")), (200, true), "{path}: {reply}");
    }
    let (_, reply) = nginx.get(NAME, "/members/a.txt");
    assert_eq!(headers(&reply, "www-authenticate"), ["Basic realm=\"Members; only {1}\""]);
    assert!(!nginx.ask("GET /members/a.txt\r\n").1.contains("SECRET"), "HTTP/0.9");
    assert_eq!(nginx.status("/"), 200);
}

#[test]
fn files_of_users_change_with_their_rules_and_go_with_the_site() {
    let hosting = Hosting::new();
    let list = |names: &[&str]| {
        let users: Vec<Value> = names.iter().map(|name| user(name)).collect();
        rules(json!([{ "password": { "path": "/m", "realm": "M", "users": users } }]))
    };
    let files = || hosting.server.host.files().list(crate::layout::USERS).unwrap();
    let wish = |rules| Wanted::Present(SiteSpec { pool: None, rules, ..spec(&[NAME]) });
    assert_eq!(hosting.server.apply(1, 1, wish(list(&["alice"]))).status, Status::ready());
    let first = files();
    assert!(hosting.server.pass(1).plan.is_empty());
    assert_eq!(hosting.server.apply(1, 2, wish(list(&["alice", "bob"]))).status, Status::ready());
    assert_eq!((files().len(), files() == first), (1, false));
    assert!(hosting.server.pass(1).plan.is_empty());
    // somebody lets themselves in: put back
    let path = format!("{}/{}", crate::layout::USERS, files()[0].0);
    hosting.server.write(&path, "mallory:x\n");
    assert_eq!(hosting.server.pass(1).status, Status::ready());
    let text = hosting.server.host.files().read_text(&path).unwrap().unwrap();
    assert!(text.starts_with("alice:$6$") && !text.contains("mallory"));
    assert_eq!(hosting.server.apply(1, 3, wish(Vec::new())).status, Status::ready());
    assert!(files().is_empty());
    assert_eq!(hosting.server.apply(1, 4, wish(list(&["alice"]))).status, Status::ready());
    assert_eq!(hosting.server.apply(1, 5, Wanted::<SiteSpec>::Absent).status, Status::ready());
    assert!(files().is_empty());
}

#[test]
fn headers_are_set_and_removed_where_a_rule_says_so() {
    let list = json!([
        { "set_header": { "path": "/embed", "name": "X-Frame-Options", "value": "SAMEORIGIN" } },
        { "set_header": { "name": "X-Frame-Options", "value": "DENY" } },
        { "set_header": { "path": "/a", "name": "X-Own", "value": "rule; {\"a\": 1}" } },
        { "remove_header": { "path": "/b", "name": "X-Own" } },
        { "remove_header": { "name": "X-Powered-By" } },
        { "error_page": { "status": 404, "page": "/none.html" } },
    ]);
    let files = [("index.php", ""), ("embed/x.txt", "x"), ("a/x.txt", "x")];
    let (_hosting, nginx) = with(&files, list, |spec| spec.pool = Some("alice-8.4".parse().unwrap()));
    let says = "X-Own: program\r\nX-Powered-By: PHP\r\nX-Frame-Options: program\r\n";
    pool_with(&nginx.prefix.path("run/alice-8.4.sock"), says);
    let all = |path: &str, name: &str| headers(&nginx.get(NAME, path).1, name);
    assert_eq!(all("/embed/x.txt", "x-frame-options"), ["SAMEORIGIN"]);
    assert_eq!(all("/a/x.txt", "x-frame-options"), ["DENY"]);
    assert_eq!(all("/any", "x-frame-options"), ["DENY"], "in place of the program's");
    assert_eq!(all("/a/x.txt", "x-own"), ["rule; {\"a\": 1}"]);
    assert_eq!(all("/a/none", "x-own"), ["rule; {\"a\": 1}"], "the path is the one that was asked for");
    assert_eq!(all("/b/none", "x-own"), Vec::<String>::new());
    assert_eq!(all("/c", "x-own"), ["program"], "where no rule speaks, the program does");
    assert_eq!(all("/c", "x-powered-by"), Vec::<String>::new());
}

#[test]
fn browsers_keep_what_a_rule_says_for_as_long() {
    let list = json!([
        { "cache": { "path": "/live", "seconds": 0 } },
        { "cache": { "path": "/assets", "endings": ["css"], "seconds": 60 } },
        { "cache": { "endings": ["css", "tar.gz"], "seconds": 3600 } },
    ]);
    let files = [
        ("live/a.css", ""),
        ("live/index.html", ""),
        ("assets/a.css", ""),
        ("b.CSS", ""),
        ("c.tar.gz", ""),
        ("d.txt", ""),
        ("acss", ""),
    ];
    let (_hosting, nginx) = served(&files, list);
    let control = |path: &str| headers(&nginx.get(NAME, path).1, "cache-control");
    assert_eq!(control("/live/a.css"), ["no-cache"]);
    assert_eq!(control("/live/"), ["no-cache"], "by the path that was asked for");
    assert_eq!(control("/assets/a.css"), ["max-age=60"]);
    assert_eq!(control("/b.CSS"), ["max-age=3600"]);
    assert_eq!(control("/c.tar.gz"), ["max-age=3600"]);
    for path in ["/d.txt", "/acss"] {
        assert_eq!(control(path), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn pages_of_named_origins_alone_are_let_in() {
    let list = json!([
        { "cors": { "path": "/api", "origins": ["https://app.example.org", "http://localhost:3000"], "methods": ["GET", "PUT"],
                    "headers": ["X-Token"], "credentials": true, "preflight": 600 } },
        { "cors": { "path": "/fonts", "origins": ["*"], "methods": ["GET"] } },
    ]);
    let (_hosting, nginx) = served(&[("api/x", "x"), ("fonts/y", "y"), ("z", "z")], list);
    let ask = |method: &str, path: &str, origin: &str| {
        let asked = [("Origin", origin), ("Access-Control-Request-Method", "PUT")];
        nginx.with_headers(method, path, if method == "OPTIONS" { &asked[..] } else { &asked[..1] })
    };
    let allowed = |reply: &str| headers(reply, "access-control-allow-origin");
    for origin in ["https://app.example.org", "http://localhost:3000"] {
        let (status, reply) = ask("GET", "/api/x", origin);
        assert_eq!((status, allowed(&reply)), (200, vec![origin.to_owned()]));
        assert_eq!(headers(&reply, "access-control-allow-credentials"), ["true"]);
        assert_eq!(headers(&reply, "vary"), ["Origin"]);
        let (status, reply) = ask("OPTIONS", "/api/x", origin);
        assert_eq!((status, allowed(&reply)), (204, vec![origin.to_owned()]), "{reply}");
        assert_eq!(headers(&reply, "access-control-allow-methods"), ["GET, PUT"]);
        assert_eq!(headers(&reply, "access-control-allow-headers"), ["X-Token"]);
        assert_eq!(headers(&reply, "access-control-max-age"), ["600"]);
    }
    for origin in
        ["https://evil.test", "https://app.example.org.evil.test", "https://xapp.example.org", "null"]
    {
        let (status, reply) = ask("GET", "/api/x", origin);
        assert_eq!((status, allowed(&reply)), (200, Vec::new()), "{origin}");
        let (status, reply) = ask("OPTIONS", "/api/x", origin);
        assert_eq!((status, allowed(&reply)), (405, Vec::new()), "{origin}");
    }
    assert_eq!(allowed(&ask("GET", "/fonts/y", "https://any.test").1), ["*"]);
    assert_eq!(allowed(&ask("GET", "/z", "https://app.example.org").1), Vec::<String>::new());
    assert_eq!(nginx.with_headers("OPTIONS", "/api/x", &[("Origin", "https://app.example.org")]).0, 405);
}

#[test]
fn pages_of_other_sites_do_not_show_guarded_files() {
    let list = |strict: bool| json!([{ "hotlink": { "endings": ["jpg"], "referers": ["*.friend.example", "one.example"], "strict": strict } }]);
    for strict in [false, true] {
        let (_hosting, nginx) = served(&[("a.JPG", "x"), ("b.txt", "x")], list(strict));
        let ask = |path: &str, from: &str| nginx.with_headers("GET", path, &[("Referer", from)]).0;
        let own = format!("http://{NAME}:8080/page");
        for from in [own.as_str(), "https://a.friend.example/", "https://one.example", "http://ONE.example/x"]
        {
            assert_eq!(ask("/a.JPG", from), 200, "{from}");
        }
        for from in [
            "https://evil.test/",
            "https://one.example.evil.test/",
            "https://evil.test/?https://one.example/",
            "https://friend.example/",
            "https://one.example@evil.test/",
            "one.example",
        ] {
            assert_eq!(ask("/a.JPG", from), 403, "{from}");
            assert_eq!(ask("/b.txt", from), 200, "{from}");
        }
        assert_eq!(nginx.status("/a.JPG"), if strict { 403 } else { 200 });
    }
}

#[test]
fn limits_hold_for_their_path_and_no_other() {
    let list = json!([
        { "rate_limit": { "path": "/login", "requests": 1, "per": "minute", "burst": 2 } },
        { "connection_limit": { "path": "/slow", "connections": 1 } },
        { "body_size": { "size": "1K" } },
    ]);
    let (_hosting, nginx) = with(&[("login/x", "x"), ("y", "y"), ("index.php", "")], list, |spec| {
        spec.pool = Some("alice-8.4".parse().unwrap());
    });
    let all: Vec<u16> = (0..5).map(|_| nginx.status("/login/x")).collect();
    assert_eq!(all, [200, 200, 200, 429, 429]);
    assert!((0..10).all(|_| nginx.status("/y") == 200));
    let post = |size: usize| {
        let body = "x".repeat(size);
        let head = format!(
            "POST /index.php HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
        );
        nginx.ask(&format!("{head}{body}")).0
    };
    assert_eq!((post(2000), post(10)), (413, 502));
    // a program that does not answer holds its connection
    let listener = UnixListener::bind(nginx.prefix.path("run/alice-8.4.sock")).unwrap();
    let mut held = TcpStream::connect(("127.0.0.1", nginx.port)).unwrap();
    held.write_all(format!("GET /slow/a HTTP/1.1\r\nHost: {NAME}\r\n\r\n").as_bytes()).unwrap();
    let _program = listener.accept().unwrap();
    assert_eq!(nginx.status("/slow/b"), 429);
    assert_eq!(nginx.status("/y"), 200);
}

#[test]
fn a_page_of_its_own_a_listing_an_order_of_index_files_and_a_front_controller() {
    let files = [
        ("errors/404.html", "NOT HERE"),
        ("errors/403.html", "NOT YOU"),
        ("home.html", "HOME"),
        ("index.html", "INDEX"),
        ("files/a.txt", "x"),
        ("files/sub/b.txt", "x"),
        ("files/with/home.html", "WITH"),
        ("other/c.txt", "x"),
        ("app/start.html", "APP"),
    ];
    let list = json!([
        { "error_page": { "status": 404, "page": "/errors/404.html" } },
        { "error_page": { "status": 403, "page": "/errors/403.html" } },
        { "deny": { "path": "/shut" } },
        { "index": { "files": ["home.html", "index.html"] } },
        { "listing": { "path": "/files" } },
        { "front_controller": { "path": "/app", "to": "/app/start.html" } },
    ]);
    let (hosting, nginx) = served(&files, list);
    for (path, status, text) in [
        ("/none", 404, "NOT HERE"),
        ("/shut/x", 403, "NOT YOU"),
        ("/", 200, "HOME"),
        ("/files/", 200, "a.txt"),
        ("/files/sub/", 200, "b.txt"),
        ("/files/with/", 200, "WITH"),
        ("/app/any/path?x", 200, "APP"),
        ("/app", 301, ""),
        ("/elsewhere/any", 404, "NOT HERE"),
        ("/.git/config", 404, "NOT HERE"),
    ] {
        let (got, reply) = nginx.get(NAME, path);
        assert_eq!((got, reply.contains(text)), (status, true), "{path}: {reply}");
    }
    assert_ne!(nginx.status("/other/"), 200);
    // a link to a directory of another's is not listed
    if rustix_is_root() {
        let there = hosting.homes.path().join("bob/private");
        std::fs::create_dir_all(&there).unwrap();
        std::fs::write(there.join("secret.txt"), "x").unwrap();
        std::os::unix::fs::chown(&there, Some(20_001), None).unwrap();
        let link = hosting.docroot(NAME).join("files/link");
        std::os::unix::fs::symlink(&there, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(20_000), None).unwrap();
        assert!(!nginx.get(NAME, "/files/link/").1.contains("secret.txt"));
    }
}

#[test]
fn a_site_with_rules_is_shut_forced_and_logged_as_any_other() {
    let every = json!([
        { "error_page": { "status": 404, "page": "/index.html" } },
        { "set_header": { "name": "X-Rule", "value": "yes" } },
        { "redirect": { "from": "/**", "to": "https://evil.test/$1" } },
        { "front_controller": { "to": "/index.html" } },
    ]);
    let hosting = Hosting::with(|_| {});
    let site = |n: u16, name: &str| {
        hosting.server.certificate(n, &[name]);
        std::fs::write(hosting.docroot(name).join("index.html"), "front").unwrap();
        let tls = Some(SiteTls { certificate: certificate(n), force_https: true, hsts: None });
        SiteSpec { pool: None, tls, rules: rules(every.clone()), ..spec(&[name]) }
    };
    hosting.site(1, site(1, "open.example.test"));
    hosting.site(2, SiteSpec { suspended: true, ..site(2, "shut.example.test") });
    hosting.site(3, SiteSpec { disabled: true, ..site(3, "off.example.test") });
    hosting.site(4, SiteSpec { maintenance: Some(Maintenance::default()), ..site(4, "work.example.test") });
    let nginx = hosting.serve();
    let (status, reply) = nginx.get("open.example.test", "/a");
    let to = format!("https://open.example.test:{}/a", hosting.tls_port);
    assert_eq!((status, headers(&reply, "location")), (301, vec![to]));
    let seen = nginx.https("open.example.test", "/a");
    assert_eq!((seen.status, seen.headers("location")), (301, vec!["https://evil.test/a".to_owned()]));
    assert_eq!(nginx.meet(Some("shut.example.test"), "open.example.test", "/").status, 421);
    let plain = |reply: &str| -> Vec<String> {
        reply.lines().filter(|line| !line.starts_with("Date: ")).map(str::to_owned).collect()
    };
    let unknown = plain(&nginx.get("unknown.example.test", "/").1);
    assert_eq!(plain(&nginx.get("off.example.test", "/").1), unknown, "a disabled site is nobody's");
    for (name, words) in [("shut.example.test", "suspended"), ("work.example.test", "being worked on")] {
        let seen = nginx.https(name, "/");
        assert_eq!((seen.status, seen.reply.contains(words)), (503, true), "{}", seen.reply);
        assert!(seen.headers("x-rule").is_empty() && seen.headers("location").is_empty(), "{}", seen.reply);
    }
    let lines = nginx.access_log(4);
    assert_eq!(lines[0]["site"], crate::testing::site(1).to_string());
}

#[test]
fn no_rule_reaches_what_authorities_and_this_server_ask_for() {
    const KEY: &str = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    let hosting = Hosting::with(|base| {
        base.listen_tls.clear();
        base.acme = Some(KEY.parse().unwrap());
    });
    let list = json!([
        { "deny": { "path": "/" } },
        { "deny": { "path": "/.well-known/**" } },
        { "addresses": { "networks": ["203.0.113.0/24"], "others": "deny" } },
        { "redirect": { "from": "/.well-known/**", "to": "https://evil.test/$1" } },
        { "rewrite": { "from": "/**", "to": "/mine.html" } },
        { "password": { "realm": "all", "users": [user("alice")] } },
        { "rate_limit": { "requests": 1, "per": "minute" } },
        { "connection_limit": { "connections": 1 } },
        { "set_header": { "name": "X-Rule", "value": "yes" } },
        { "error_page": { "status": 404, "page": "/mine.html" } },
        { "front_controller": { "to": "/mine.html" } },
        { "cache": { "seconds": 3600 } },
    ]);
    let docroot = hosting.docroot(NAME);
    std::fs::create_dir_all(docroot.join(".well-known/acme-challenge")).unwrap();
    for name in ["mine.html", ".well-known/acme-challenge/abc", ".well-known/acme-challenge/x.y"] {
        std::fs::write(docroot.join(name), "MINE").unwrap();
    }
    hosting.site(1, SiteSpec { pool: None, rules: rules(list), ..spec(&[NAME]) });
    let nginx = hosting.serve();
    for _ in 0..5 {
        let (status, reply) = nginx.get(NAME, "/.well-known/acme-challenge/abc");
        assert_eq!((status, reply.split_once("\r\n\r\n").unwrap().1), (200, format!("abc.{KEY}").as_str()));
        assert!(headers(&reply, "x-rule").is_empty() && headers(&reply, "expires").is_empty(), "{reply}");
        let (status, reply) = nginx.get(NAME, "/.well-known/acme-challenge/x.y");
        assert_eq!((status, reply.contains("MINE")), (404, false), "{reply}");
        let (status, reply) = nginx.get(NAME, "/.well-known/holdfast");
        assert_eq!((status, reply.contains(&site(1).to_string())), (200, true), "{reply}");
    }
    assert_eq!(nginx.status("/anything"), 403);
}

#[test]
fn a_long_path_does_not_make_an_expression_slow() {
    let rules: Vec<Value> = (0..100)
        .flat_map(|n| {
            let deny = json!({ "deny": { "path": format!("/a*b/*c/**/d*{n}/e*f/*/*/*/x{n}") } });
            [deny, json!({ "redirect": { "from": format!("/**/b/*c/d*/{n}"), "to": "/y" } })]
        })
        .collect();
    let (_hosting, nginx) = served(&[("index.html", "front")], Value::Array(rules));
    let began = Instant::now();
    for path in [
        format!("/{}", "a".repeat(3000)),
        "/a".repeat(1500),
        format!("/ab/c{}", "/d/e/f".repeat(500)),
        format!("/ab/c/{}", "d1/ef/".repeat(480)),
        "/b".repeat(1500),
    ] {
        assert!([403, 404].contains(&nginx.status(&path)), "{}", &path[..20]);
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    println!("{took:?} for five long paths and 200 rules");
}
