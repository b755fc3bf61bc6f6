//! What nginx says of the tree, and what it serves by it.
#![expect(clippy::disallowed_methods, reason = "the tenant's files are made here, not by a worker")]

use super::*;

#[test]
fn of_two_hundred_sites_the_bad_ones_wait_alone() {
    let (server, check) = checked();
    // an administrator's template that is wrong for three sites, and for two more only together
    let template = "{% if id is endingwith('0007') or id is endingwith('0042') or id is endingwith('00a0') %}\n\
                    nonsense on;\n{% endif %}\n\
                    {% if id is endingwith('0014') or id is endingwith('0079') %}\n\
                    upstream both_of_them { server 127.0.0.1:9; }\n{% endif %}\n\
                    server {\n    include {{ tree | ngx }}/listen.conf;\n\
                    server_name{% for name in names %} {{ name | ngx }}{% endfor %};\n\
                    include {{ tree | ngx }}/locations.conf;\n}\n";
    server.host.files().ensure_dirs(OVERRIDES, 0o755, (0, 0)).unwrap();
    server.write(&format!("{OVERRIDES}/site.conf.j2"), template);
    assert_eq!(server.apply_base(1).status, Status::ready());
    let reports: Vec<_> = std::thread::scope(|scope| {
        let apply = |n: u16| server.apply(n, 1, Wanted::Present(own_block(&[&format!("s{n}.example.test")])));
        let passes: Vec<_> = (0..200).map(|n| scope.spawn(move || (n, apply(n)))).collect();
        passes.into_iter().map(|pass| pass.join().unwrap()).collect()
    });
    let bad: Vec<u16> =
        reports.iter().filter(|(_, r)| r.status != Status::ready()).map(|(n, _)| *n).collect();
    let (pair, single): (Vec<u16>, Vec<u16>) = bad.iter().copied().partition(|n| [0x14, 0x79].contains(n));
    assert_eq!(single, [0x07, 0x42, 0xa0]);
    assert_eq!(pair.len(), 1, "one of the two serves");
    for (n, report) in reports.iter().filter(|(n, _)| bad.contains(n)) {
        assert_eq!(report.status.reason, Some(Reason::ConfigRefused), "site {n}: {:?}", report.status);
        let message = report.status.message.as_ref().unwrap();
        assert!(message.contains("nonsense") || message.contains("both_of_them"), "{message}");
    }
    assert_eq!(server.live().keys().filter(|rel| rel.starts_with("sites/")).count(), 196);
    assert_eq!(server.live(), server.stage());
    let runs = check.runs.load(Ordering::SeqCst);
    assert!(runs < 120, "{runs} tests of nginx");
    println!("{runs} tests of nginx for 200 sites");
}

#[test]
fn ten_thousand_sites_and_names_of_253_octets_fit() {
    let (server, check) = checked();
    assert_eq!(server.apply_base(1).status, Status::ready());
    let label = "a".repeat(60);
    let long = format!("{label}.{label}.{label}.{}.example.test", "b".repeat(253 - 3 * 61 - 13));
    assert_eq!(long.len(), 253);
    let named = |name: &str| SiteSpec {
        names: vec![name.parse().unwrap()],
        docroot: "www".parse().unwrap(),
        ..own_block(&["x.example.test"])
    };
    assert_eq!(server.apply(1, 1, Wanted::Present(named(&long))).status, Status::ready());
    let shared = SiteSpec { body_size: None, ..named(&long[1..]) };
    assert_eq!(server.apply(2, 1, Wanted::Present(shared)).status, Status::ready());
    // as many lines as 10,000 sites with two names have, written beside ours
    let mut files = server.stage();
    for n in 0..20_000_u32 {
        let name = format!("www.s{n}.example.test");
        let map = files.entry(format!("maps/host-{:02x}.map", crate::layout::shard_of(&name))).or_default();
        let _ = writeln!(map, "{name} 01890a5d-ac96-774b-bcce-b30200{n:06x};");
    }
    check.prefix.put(&files);
    let end = check.prefix.command().args(["-t", "-q"]).output().unwrap();
    assert!(end.status.success() && end.stderr.is_empty(), "{}", String::from_utf8_lossy(&end.stderr));
}

#[test]
fn an_unknown_host_gets_nothing_of_anyones() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("www.example.test").join("index.html"), "alice's page").unwrap();
    hosting.site(1, SiteSpec { pool: None, ..spec(&["www.example.test"]) });
    let nginx = hosting.serve();
    for host in [
        "unknown.example.test",
        "127.0.0.1",
        "_",
        "etc",
        "..",
        "www.example.test.evil.test",
        "~^.*$",
        "default",
    ] {
        for path in [
            "/",
            "/index.html",
            "/index.php",
            "/../alice/sites/www.example.test/public/index.html",
            "/etc/passwd",
        ] {
            let (status, reply) = nginx.get(host, path);
            assert!([400, 404].contains(&status), "{host} {path}: {status}");
            assert!(!reply.contains("alice") && !reply.contains("root:"), "{host} {path}: {reply}");
        }
    }
    let (status, reply) = nginx.ask("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(status, 404);
    assert!(
        reply.contains("There is nothing at this address") && reply.contains("Server: nginx\r\n"),
        "{reply}"
    );
}

#[test]
fn a_static_site_shows_its_files_and_never_the_source_of_a_program() {
    let hosting = Hosting::new();
    let docroot = hosting.docroot("www.example.test");
    std::fs::create_dir_all(docroot.join(".well-known/x")).unwrap();
    std::fs::create_dir_all(docroot.join("sub/.git")).unwrap();
    for (name, text) in [
        ("index.html", "front page"),
        ("index.php", "SOURCE"),
        ("a.PHP", "SOURCE"),
        ("a.phtml", "SOURCE"),
        ("a.php5", "SOURCE"),
        ("a.phar", "SOURCE"),
        (".env", "SECRET"),
        ("sub/.git/config", "SECRET"),
        (".well-known/x/y.txt", "well known"),
    ] {
        std::fs::write(docroot.join(name), text).unwrap();
    }
    hosting.site(1, SiteSpec { pool: None, ..spec(&["www.example.test", "example.test"]) });
    let nginx = hosting.serve();
    let (status, reply) = nginx.get("WWW.Example.Test.", "/");
    assert_eq!((status, reply.contains("front page")), (200, true), "{reply}");
    assert_eq!(nginx.get("example.test", "/index.html").0, 200);
    assert_eq!(nginx.get("example.test", "/.well-known/x/y.txt").0, 200);
    let hidden = [
        "/index.php",
        "/a.PHP",
        "/a.phtml",
        "/a.php5",
        "/a.phar",
        "/index.php/x",
        "/.env",
        "/sub/.git/config",
        "/nothing",
    ];
    for path in hidden {
        let (status, reply) = nginx.get("example.test", path);
        assert_eq!(status, 404, "{path}");
        assert!(!reply.contains("SOURCE") && !reply.contains("SECRET"), "{path}: {reply}");
    }
}

#[test]
fn a_docroot_or_file_that_is_a_link_to_anothers_is_not_served() {
    if !rustix_is_root() {
        println!("only root can make files of two tenants; the end-to-end tests do this again");
        return;
    }
    let hosting = Hosting::new();
    let homes = hosting.homes.path();
    let secret = homes.join("bob/secret");
    std::fs::create_dir_all(&secret).unwrap();
    std::fs::write(secret.join("index.html"), "BOB").unwrap();
    let docroot = hosting.docroot("link.example.test");
    std::os::unix::fs::symlink(secret.join("index.html"), docroot.join("index.html")).unwrap();
    let whole = homes.join("alice/sites/whole.example.test");
    std::fs::create_dir_all(&whole).unwrap();
    std::os::unix::fs::symlink(&secret, whole.join("public")).unwrap();
    let own = hosting.docroot("own.example.test");
    std::fs::write(own.join("real.html"), "ALICE").unwrap();
    std::os::unix::fs::symlink("real.html", own.join("index.html")).unwrap();
    let give = |path: &Path, uid| {
        assert!(Command::new("/usr/bin/chown").args(["-hR", uid]).arg(path).status().unwrap().success());
    };
    give(&homes.join("alice"), "20001");
    give(&homes.join("bob"), "20002");
    for (n, name) in [(1, "link.example.test"), (2, "whole.example.test"), (3, "own.example.test")] {
        hosting.site(n, SiteSpec { pool: None, ..spec(&[name]) });
    }
    let nginx = hosting.serve();
    for name in ["link.example.test", "whole.example.test"] {
        for path in ["/", "/index.html"] {
            let (status, reply) = nginx.get(name, path);
            assert!([403, 404].contains(&status) && !reply.contains("BOB"), "{name}{path}: {reply}");
        }
    }
    assert!(nginx.get("own.example.test", "/").1.contains("ALICE"), "a link to a file of one's own works");
    drop(nginx);
    // without the directive, and with the document root as its start, the other's file would be served
    for naive in ["disable_symlinks off;", "disable_symlinks if_not_owner from=$document_root;"] {
        let mut files = hosting.server.live();
        let homes = format!("disable_symlinks if_not_owner from={};", hosting.server.host.bounds().homes);
        let locations = files.get_mut("locations.conf").unwrap();
        assert_eq!(locations.matches(&homes).count(), 2, "where files are read");
        *locations = locations.replace(&homes, naive);
        assert!(hosting.serve_files(&files).get("whole.example.test", "/").1.contains("BOB"), "{naive}");
    }
}

#[test]
fn a_suspended_site_says_so_and_shows_nothing() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("www.example.test").join("index.html"), "front page").unwrap();
    hosting.site(1, SiteSpec { suspended: true, ..spec(&["www.example.test"]) });
    let nginx = hosting.serve();
    for path in ["/", "/index.html", "/index.php", "/.well-known/x"] {
        let (status, reply) = nginx.get("www.example.test", path);
        assert_eq!(status, 503, "{path}");
        assert!(reply.contains("suspended") && !reply.contains("front page"));
    }
}

#[test]
fn nginx_tells_this_server_which_site_and_which_tree_it_serves() {
    let hosting = Hosting::new();
    hosting.site(1, spec(&["www.example.test"]));
    hosting.site(2, SiteSpec { suspended: true, ..own_block(&["own.example.test"]) });
    let nginx = hosting.serve();
    let told = hosting.server.live()["tree.conf"].clone();
    let digest = told.split("default ").nth(1).unwrap().split(';').next().unwrap();
    for address in ["127.0.0.1", "::1"] {
        for (host, id) in [
            ("www.example.test", site(1).to_string()),
            ("own.example.test", site(2).to_string()),
            ("holdfast-probe.invalid", String::new()),
        ] {
            let request =
                format!("GET /.well-known/holdfast HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let (status, reply) = nginx.ask_at(address, &request);
            assert_eq!(status, 200, "{reply}");
            let body: HashMap<String, String> =
                serde_json::from_str(reply.split("\r\n\r\n").nth(1).unwrap()).unwrap();
            assert_eq!((body["site"].as_str(), body["tree"].as_str()), (id.as_str(), digest));
        }
    }
    // asked from an address that is not the one that answers
    let from_elsewhere = Command::new("/usr/bin/env")
        .args(["python3", "-c"])
        .arg(format!(
            "import http.client as h; c=h.HTTPConnection('127.0.0.1',{},source_address=('127.0.0.2',0)); \
             c.request('GET','/.well-known/holdfast',headers={{'Host':'www.example.test'}}); print(c.getresponse().status)",
            hosting.port
        ))
        .output();
    if let Ok(end) = from_elsewhere.as_ref().map(|e| String::from_utf8_lossy(&e.stdout).trim().to_owned()) {
        assert!(end == "404" || end.is_empty(), "{end}");
    }
}

/// Answers every `FastCGI` request with the parameters that it was given.
fn echo_pool(path: &Path) {
    pool_with(path, "");
}

/// The same, with these headers.
pub(super) fn pool_with(path: &Path, headers: &'static str) {
    let listener = UnixListener::bind(path).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut params = Vec::new();
            let mut header = [0; 8];
            while stream.read_exact(&mut header).is_ok() {
                let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
                let mut content = vec![0; length + usize::from(header[6])];
                stream.read_exact(&mut content).unwrap();
                match (header[1], length) {
                    (4, _) => params.extend_from_slice(&content[..length]),
                    (5, 0) => break,
                    _ => {}
                }
            }
            let text: String =
                params.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '|' }).collect();
            let body = format!("{headers}Content-Type: text/plain\r\n\r\n{text}\n");
            let length = u16::try_from(body.len()).unwrap().to_be_bytes();
            let mut reply = vec![1, 6, 0, 1, length[0], length[1], 0, 0];
            reply.extend_from_slice(body.as_bytes());
            reply
                .extend_from_slice(&[1, 6, 0, 1, 0, 0, 0, 0, 1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let _ = stream.write_all(&reply);
        }
    });
}

#[test]
fn a_php_site_hands_programs_that_are_there_to_its_own_pool() {
    let hosting = Hosting::new();
    let docroot = hosting.docroot("www.example.test");
    for name in ["index.php", "other.php", "image.jpg", "trick.phtml"] {
        std::fs::write(docroot.join(name), "SOURCE").unwrap();
    }
    hosting.site(1, spec(&["www.example.test"]));
    let nginx = hosting.serve();
    let (status, reply) = nginx.get("www.example.test", "/");
    assert_eq!(status, 502, "the pool is not there");
    assert!(reply.contains("does not answer at the moment"), "{reply}");
    echo_pool(&nginx.prefix.path("run/alice-8.4.sock"));
    let script =
        |name: &str| format!("SCRIPT_FILENAME{}", docroot.canonicalize().unwrap().join(name).display());
    for (path, name) in [
        ("/", "index.php"),
        ("/index.php", "index.php"),
        ("/other.php?a=b", "other.php"),
        ("/no/such/page?a=b", "index.php"),
        ("/other.php/some/path", "other.php"),
    ] {
        let (status, reply) = nginx.get("www.example.test", path);
        assert_eq!(status, 200, "{path}: {reply}");
        assert!(reply.contains(&script(name)), "{path}: {reply}");
        assert!(reply.contains("DOCUMENT_ROOT") && reply.contains("HTTP_HOSTwww.example.test"), "{reply}");
    }
    assert!(nginx.get("www.example.test", "/no/such/page?a=b").1.contains("QUERY_STRINGa=b"));
    assert!(nginx.get("www.example.test", "/other.php/some/path").1.contains("PATH_INFO/some/path"));
    for path in ["/image.jpg/x.php", "/missing.php", "/trick.phtml", "/index.php5"] {
        let (status, reply) = nginx.get("www.example.test", path);
        assert_eq!(status, 404, "{path}: {reply}");
        assert!(!reply.contains("SCRIPT_FILENAME") && !reply.contains("SOURCE"), "{path}");
    }
    let proxied =
        "GET / HTTP/1.1\r\nHost: www.example.test\r\nProxy: http://evil.test\r\nConnection: close\r\n\r\n";
    assert!(!nginx.ask(proxied).1.contains("evil.test"), "no HTTP_PROXY from a visitor");
}

#[test]
fn a_site_with_settings_of_its_own_has_them() {
    let hosting = Hosting::new();
    let docroot = hosting.docroot("www.example.test");
    std::fs::write(docroot.join("start.html"), "the start").unwrap();
    std::fs::write(docroot.join("index.html"), "the index").unwrap();
    let index = IndexOrder::parse("start.html index.html").unwrap();
    let settings = SiteSpec {
        pool: None,
        index: Some(index),
        body_size: Some("1K".parse().unwrap()),
        ..spec(&["www.example.test"])
    };
    hosting.site(1, settings);
    let nginx = hosting.serve();
    assert!(nginx.get("www.example.test", "/").1.contains("the start"));
    let body = "x".repeat(2000);
    let post = format!(
        "POST / HTTP/1.1\r\nHost: www.example.test\r\nContent-Length: 2000\r\nConnection: close\r\n\r\n{body}"
    );
    assert_eq!(nginx.ask(&post).0, 413);
    assert_eq!(nginx.get("unknown.example.test", "/").0, 404, "the shared block is the default");
}

#[test]
fn each_line_of_the_access_log_is_json_that_names_its_site_first() {
    let hosting = Hosting::new();
    std::fs::write(hosting.docroot("www.example.test").join("index.html"), "front page").unwrap();
    hosting.site(1, SiteSpec { pool: None, ..spec(&["www.example.test"]) });
    let nginx = hosting.serve();
    let agent = "\"},{\"site\":\"x\"\\ \u{9b}[2J <svg>";
    nginx.ask(&format!(
        "GET /?a=\" HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n"
    ));
    nginx.get("unknown.example.test", "/x");
    let lines = nginx.access_log(2);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["site"], site(1).to_string());
    assert_eq!(lines[0]["agent"], agent);
    assert_eq!(lines[1]["site"], "");
    let text = std::fs::read_to_string(nginx.prefix.path("log/access.log")).unwrap();
    assert!(text.lines().all(|line| line.starts_with("{\"site\":\"")));
}
