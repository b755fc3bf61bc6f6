//! Settings of PHP, as PHP itself tells them to a visitor.

use std::net::IpAddr;

use e2e::{Api, Checks, Distro, Load, Node, Request};
use serde_json::Value;

use crate::support::{self, docroot, put};

const ALONE: &str = "www.example.test";
const SHARED: &str = "shop.example.test";

/// What PHP says of itself: each setting by its name, and who runs it.
const TELL: &str = "<?php
$names = explode(',', $_GET['of'] ?? '');
$said = ['pid' => getmypid(), 'cached' => opcache_get_status(false)['opcache_statistics']['num_cached_scripts'] ?? null];
foreach ($names as $name) { $said[$name] = ini_get($name); }
header('Content-Type: application/json');
echo json_encode($said);
";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "php-settings").unwrap();
    let mut api = node.api().unwrap();
    support::account(&mut api, "alice");
    for site in [ALONE, SHARED] {
        support::site(&mut api, "alice", site);
        put(&node, "alice", &format!("{}/tell.php", docroot("alice", site)), TELL);
    }
    let mut checks = Checks::new(distro.name());
    checks.check("without a choice PHP is as the table says", || usual(&node));
    checks.check("an account's choice holds for its sites", || of_the_account(&node));
    checks.check("every setting reaches a site's own PHP, and its neighbour's stays", || of_a_site(&node));
    checks.check("a script that runs first, runs first", || prepended(&node));
    checks.check("a larger upload is taken by the web server and by PHP", || an_upload(&node));
    checks.check("a change and a reset of the opcache fail no request", || nobody_is_hurt(&node));
    checks.check("what is no value reaches no file", || hostile(&node));
    checks.check("the site goes back to its neighbours when it is as they are", || back(&node, &mut api));
    checks.check("nothing is left to do, and the doctor is content", || {
        support::nothing_to_do(&node);
        assert_eq!(support::complaints(&mut api), Vec::<Value>::new());
    });
    checks.finish();
}

fn told(node: &Node, site: &str, names: &[&str]) -> Value {
    let reply = node.page(site, &format!("/tell.php?of={}", names.join(","))).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(&reply.text()).unwrap_or_else(|error| panic!("{error}: {}", reply.text()))
}

fn says(node: &Node, site: &str, wanted: &[(&str, &str)]) {
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let said = told(node, site, &names);
    for (name, value) in wanted {
        assert_eq!(said[name], *value, "{site}: {name}");
    }
}

fn usual(node: &Node) {
    says(
        node,
        SHARED,
        &[
            ("memory_limit", "128M"),
            ("upload_max_filesize", "64M"),
            ("post_max_size", "64M"),
            ("max_execution_time", "30"),
            ("max_input_time", "60"),
            ("max_input_vars", "1000"),
            ("max_file_uploads", "20"),
            ("session.gc_maxlifetime", "1440"),
            ("output_buffering", "4096"),
            ("default_socket_timeout", "60"),
            ("opcache.revalidate_freq", "0"),
            ("opcache.memory_consumption", "128"),
            ("realpath_cache_ttl", "120"),
            ("precision", "14"),
        ],
    );
    let said =
        told(node, SHARED, &["display_errors", "opcache.enable", "allow_url_fopen", "error_reporting"]);
    assert!(said["display_errors"] == "" || said["display_errors"] == "0", "{said}");
    assert_eq!((&said["opcache.enable"], &said["allow_url_fopen"]), (&"1".into(), &"1".into()));
}

fn of_the_account(node: &Node) {
    let pid = told(node, SHARED, &[])["pid"].clone();
    let set = ["php", "set", "alice", "memory_limit=200M", "time_zone=Europe/Berlin"];
    let plan = node.ok(&[set.as_slice(), &["--dry-run"]].concat()).unwrap().text();
    assert!(plan.contains("php_admin_value[memory_limit] = 200M"), "{plan}");
    says(node, SHARED, &[("memory_limit", "128M")]);
    node.ok(&set).unwrap();
    for site in [ALONE, SHARED] {
        says(node, site, &[("memory_limit", "200M"), ("date.timezone", "Europe/Berlin")]);
    }
    assert_ne!(told(node, SHARED, &[])["pid"], pid, "a new master");
    let unknown = node.cli(&["php", "set", "alice", "time_zone=Europe/Atlantis", "--dry-run"]).unwrap();
    assert!(!unknown.ok() && unknown.error_text().contains("no time zone"), "{}", unknown.error_text());
}

fn of_a_site(node: &Node) {
    node.ok(&[
        "php",
        "set",
        ALONE,
        "max_execution_time=120",
        "max_input_time=90",
        "max_input_vars=5000",
        "max_file_uploads=40",
        "display_errors=on",
        "error_reporting=errors",
        "session_lifetime=7200",
        "session_cookie_lifetime=86400",
        "session_cookie_secure=on",
        "session_cookie_httponly=on",
        "session_cookie_samesite=none",
        "output_buffering=8K",
        "short_open_tag=on",
        "default_charset=ISO-8859-15",
        "default_socket_timeout=30",
        "allow_url_fopen=off",
        "opcache_memory=64M",
        "opcache_revalidate_freq=60",
        "realpath_cache_size=8M",
        "realpath_cache_ttl=600",
        "disable_functions=exec,shell_exec",
        "precision=17",
        "output_compression=on",
        "workers=2",
        "worker_requests=500",
        "worker_idle_time=30",
    ])
    .unwrap();
    says(
        node,
        ALONE,
        &[
            ("memory_limit", "200M"),
            ("max_execution_time", "120"),
            ("max_input_time", "90"),
            ("max_input_vars", "5000"),
            ("max_file_uploads", "40"),
            ("display_errors", "1"),
            ("error_reporting", "4437"),
            ("session.gc_maxlifetime", "7200"),
            ("session.gc_probability", "1"),
            ("session.cookie_lifetime", "86400"),
            ("session.cookie_secure", "1"),
            ("session.cookie_httponly", "1"),
            ("session.cookie_samesite", "None"),
            ("output_buffering", "8192"),
            ("short_open_tag", "1"),
            ("default_charset", "ISO-8859-15"),
            ("default_socket_timeout", "30"),
            ("opcache.memory_consumption", "64"),
            ("opcache.revalidate_freq", "60"),
            ("realpath_cache_size", "8M"),
            ("realpath_cache_ttl", "600"),
            ("precision", "17"),
            ("zlib.output_compression", "1"),
        ],
    );
    says(
        node,
        SHARED,
        &[("max_input_vars", "1000"), ("precision", "14"), ("opcache.memory_consumption", "128")],
    );
    let script = "<?php echo function_exists('exec') ? 'exec is there' : 'exec is gone', ini_set('memory_limit', '4G') ? ' raised' : ' held';";
    for (site, words) in [(ALONE, "exec is gone held"), (SHARED, "exec is there held")] {
        put(node, "alice", &format!("{}/may.php", docroot("alice", site)), script);
        assert_eq!(node.page(site, "/may.php").unwrap().text(), words, "{site}");
    }
    let listed = node.ok(&["php", "extensions", ALONE]).unwrap().text();
    assert!(listed.contains("mbstring") && listed.contains("opcache"), "{listed}");
}

fn prepended(node: &Node) {
    let first = format!("{}/first.php", docroot("alice", ALONE));
    put(node, "alice", &first, "<?php header('X-First: yes');");
    let path = first.strip_prefix("/home/alice/").unwrap();
    node.ok(&["php", "set", ALONE, &format!("auto_prepend_file={path}")]).unwrap();
    let reply = node.request(&Request::get(format!("http://{ALONE}/may.php"))).unwrap();
    assert_eq!((reply.status, reply.header("x-first")), (200, Some("yes")));
    let outside = node.cli(&["php", "set", ALONE, "auto_prepend_file=.ssh/x.php"]).unwrap();
    assert!(!outside.ok(), "{}", outside.text());
    node.ok(&["php", "unset", ALONE, "auto_prepend_file"]).unwrap();
}

fn an_upload(node: &Node) {
    let script = "<?php echo strlen(file_get_contents('php://input'));";
    put(node, "alice", &format!("{}/size.php", docroot("alice", ALONE)), script);
    let size = 70 << 20;
    let post = || {
        let request = Request::get(format!("http://{ALONE}/size.php")).method("POST").body(vec![b'x'; size]);
        node.request(&request.header("Content-Type: application/octet-stream")).unwrap()
    };
    assert_eq!(post().status, 413);
    node.ok(&["php", "set", ALONE, "upload_limit=80M"]).unwrap();
    let reply = post();
    assert_eq!((reply.status, reply.text()), (200, size.to_string()));
    node.ok(&["php", "unset", ALONE, "upload_limit"]).unwrap();
    assert_eq!(post().status, 413);
}

fn nobody_is_hurt(node: &Node) {
    let load = Load::start(IpAddr::V4(node.ipv4()), &[ALONE, SHARED], "/tell.php?of=precision", "precision");
    node.ok(&["php", "set", ALONE, "precision=10"]).unwrap();
    let before = told(node, ALONE, &[])["pid"].clone();
    let done = node.ok(&["php", "reset-opcache", ALONE]).unwrap().text();
    assert!(done.contains("has forgotten"), "{done}");
    node.ok(&["php", "set", "alice", "max_input_vars=2000"]).unwrap();
    let report = load.stop().unwrap();
    assert_eq!((report.bad, &report.failures), (0, &Vec::new()), "{report:?}");
    assert!(report.good > 50, "{report:?}");
    let said = told(node, ALONE, &["precision"]);
    assert_eq!(said["precision"], "10");
    assert_ne!(said["pid"], before);
    assert!(
        said["cached"].as_u64().is_some_and(|cached| cached < 5),
        "what was compiled is forgotten: {said}"
    );
}

fn hostile(node: &Node) {
    let files = || node.command(["sh", "-c", "cat /etc/holdfast/php/*.conf"]).check().unwrap().text();
    let before = files();
    for value in [
        "memory_limit=128M\nuser = root",
        "time_zone=UTC\n[root]",
        "time_zone=../../../etc/passwd",
        "disable_functions=exec\nphp_admin_value[extension]=/home/alice/x.so",
        "auto_prepend_file=/etc/passwd",
        "default_charset=\"; auto_prepend_file=/etc/passwd",
        "max_execution_time=0",
        "memory_limit=1T",
    ] {
        let refused = node.cli(&["php", "set", ALONE, value]).unwrap();
        assert!(!refused.ok(), "{value}: {}", refused.text());
    }
    assert_eq!(files(), before);
}

fn back(node: &Node, api: &mut Api) {
    let pools = |node: &Node| node.json(&["pool", "list"]).unwrap()["items"].as_array().unwrap().len();
    assert_eq!(pools(node), 2);
    node.ok(&["php", "unset", ALONE, "--all"]).unwrap();
    e2e::wait_for("one pool", support::LIMIT, || Ok((pools(node) == 1).then_some(()))).unwrap();
    api.wait_ready(&format!("/sites/{ALONE}"), support::LIMIT).unwrap();
    says(node, ALONE, &[("max_input_vars", "2000"), ("precision", "14"), ("memory_limit", "200M")]);
    let left =
        node.command(["sh", "-c", "ls /etc/systemd/system/holdfast-php-*.service | wc -l"]).check().unwrap();
    assert_eq!(left.text().trim(), "1");
}
