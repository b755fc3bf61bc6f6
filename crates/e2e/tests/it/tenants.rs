//! Two tenants with full code execution, and what one of them cannot learn of the other or do to the server.

use e2e::{Checks, Node};
use serde_json::Value;

use crate::support::{self, LIMIT, PASSWORD, docroot, put};

pub(crate) const PROBE: &str = include_str!("tenants.php");
const SECRET: &str = "the secret of bob";
const HERS: &str = "a.example.test";
const HIS: &str = "b.example.test";

pub(crate) fn checks(node: &mut Node, checks: &mut Checks) {
    let mut api = node.api().unwrap();
    let mut made = false;
    checks.check("two accounts with a site each", || {
        for (account, site) in [("alice", HERS), ("bob", HIS)] {
            support::account(&mut api, account);
            support::site(&mut api, account, site);
            put(node, account, &format!("{}/probe.php", docroot(account, site)), PROBE);
        }
        put(node, "bob", &format!("{}/secret.txt", docroot("bob", HIS)), SECRET);
        put(node, "bob", "/home/bob/private.txt", SECRET);
        assert_eq!(ask(node, HIS, "do=read&path=/home/bob/private.txt"), SECRET, "the probe can read at all");
        made = true;
    });
    if !made {
        return;
    }
    let node = &*node;
    checks.check("PHP runs as the account, in its slice", || php_is_the_tenant(node));
    checks.check("PHP cannot read another's files, nor find them", || php_reads_no_other(node));
    checks.check("PHP cannot write outside its home", || php_writes_no_other(node));
    checks.check("links to another's files are not served", || links_are_not_served(node));
    checks.check("a docroot replaced by a link is not served", || a_replaced_docroot_is_not_served(node));
    checks.check("another's pool and our sockets are out of reach", || sockets_are_out_of_reach(node));
    checks.check("each site has its own log, in which nobody else writes", || logs_are_apart(node));
    checks.check("other processes are invisible", || processes_are_invisible(node));
    checks.check("SFTP does not leave the home", || sftp_stays_at_home(node));
    checks.check("SFTP starts nothing that the home asks for", || no_user_manager(node));
    checks.check("SSH gives no shell and forwards nothing", || ssh_gives_no_shell(node));
    checks.check("a tenant cannot call the panel as root", || the_panel_knows_no_tenant(node));
    checks.check("an unknown host is served nothing of anyone's", || unknown_hosts_get_nothing(node));
    checks.check("hidden files and other scripts are not served", || hidden_files_are_not_served(node));
    checks.check("every process of a tenant is below its slice", || processes_are_in_their_slices(node));
    checks.check("slices have the limits of their accounts", || slices_have_their_limits(node));
    checks.check("a suspended account serves nothing and lets nobody in", || suspended_is_suspended(node));
}

/// One question to a tenant's probe.
pub(crate) fn ask(node: &Node, site: &str, question: &str) -> Value {
    let reply = node.page(site, &format!("/probe.php?{question}")).unwrap();
    assert_eq!(reply.status, 200, "{question}: {}", reply.text());
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|e| panic!("{e}: {}", reply.text()));
    body["answer"].clone()
}

fn php_is_the_tenant(node: &Node) {
    for (account, site) in [("alice", HERS), ("bob", HIS)] {
        let id = ask(node, site, "do=id");
        assert_eq!(id["user"], account);
        let cgroup = id["cgroup"].as_str().unwrap_or_default();
        assert!(cgroup.contains(&format!("/holdfast.slice/holdfast-{account}.slice/")), "{id}");
    }
}

fn php_reads_no_other(node: &Node) {
    let his = docroot("bob", HIS);
    let paths = [
        "/home/bob/private.txt".to_owned(),
        format!("{his}/secret.txt"),
        "/home/alice/../bob/private.txt".to_owned(),
        "/proc/1/root/home/bob/private.txt".to_owned(),
        "/etc/shadow".to_owned(),
        "/etc/holdfast/credentials/seal.key".to_owned(),
        "/var/lib/holdfast/holdfast.db".to_owned(),
        "/var/log/holdfast/nginx/access.log".to_owned(),
        "/etc/nginx/nginx.conf".to_owned(),
    ];
    for path in paths {
        assert_eq!(ask(node, HERS, &format!("do=read&path={path}")), false, "{path}");
    }
    assert_eq!(ask(node, HERS, "do=list&path=/home"), serde_json::json!([".", "..", "alice"]));
    for pattern in ["/home/b*", "/home/bob/*", "/home/*/private.txt", "/var/lib/*/*", "/var/log/*"] {
        assert_eq!(
            ask(node, HERS, &format!("do=glob&pattern={pattern}")),
            serde_json::json!([]),
            "{pattern}"
        );
    }
}

fn php_writes_no_other(node: &Node) {
    let mine = "/home/alice/mine.txt";
    assert_ne!(ask(node, HERS, &format!("do=write&path={mine}")), false, "the probe can write at all");
    for path in [
        "/home/bob/x",
        "/home/x",
        "/etc/x",
        "/etc/cron.d/x",
        "/usr/bin/x",
        "/var/x",
        "/run/x",
        "/var/spool/cron/crontabs/alice",
    ] {
        assert_eq!(ask(node, HERS, &format!("do=write&path={path}")), false, "{path}");
        assert!(!node.run(["test", "-e", path]).unwrap().ok(), "{path} is there");
    }
    // shared memory is there, and shared with nobody
    assert_ne!(ask(node, HERS, "do=write&path=/dev/shm/x"), false);
    assert!(!node.run(["test", "-e", "/dev/shm/x"]).unwrap().ok(), "/dev/shm is the server's");
    assert_eq!(ask(node, HIS, "do=read&path=/dev/shm/x"), false, "/dev/shm is a way between tenants");
    let setuid = ask(node, HERS, "do=run&command=chmod%204755%20/home/alice/mine.txt");
    assert_ne!(setuid["code"], 0, "{setuid}");
    let become_root = ask(node, HERS, "do=run&command=su%20-c%20id%20root%20%3C/dev/null");
    assert_ne!(become_root["code"], 0, "{become_root}");
}

/// The directory of a site's logs.
fn logs(node: &Node, site: &str) -> String {
    let site = node.json(&["site", "show", site]).unwrap();
    format!("/var/log/holdfast/{}", site["id"].as_str().unwrap())
}

fn logs_are_apart(node: &Node) {
    let forged = "x%0A2026/01/01%2000:00:00%20%5Berror%5D%201%231:%20*1%20forged-by-alice,%20client:%20192.0.2.1,%20server:%20,%20\
                  request:%20%22GET%20/%20HTTP/1.1%22,%20host:%20%22b.example.test%22";
    assert_eq!(ask(node, HERS, &format!("do=log&text={forged}")), true);
    ask(node, HERS, "do=id&marker=asked-of-alice");
    let contains = |path: &str, text: &str| node.run(["grep", "-qs", text, path]).unwrap().ok();
    let access = format!("{}/access.log", logs(node, HERS));
    e2e::wait_for("the request in the log of its site", LIMIT, || {
        Ok(contains(&access, "asked-of-alice").then_some(()))
    })
    .unwrap();
    assert!(!contains(&format!("{}/access.log", logs(node, HIS)), "asked-of-alice"));
    // nginx would have written it before the answer ended
    for path in ["/var/log/holdfast/nginx/error.log".to_owned(), format!("{}/error.log", logs(node, HIS))] {
        assert!(!contains(&path, "forged-by-alice"), "{path}");
    }
}

fn links_are_not_served(node: &Node) {
    let (mine, his) = (docroot("alice", HERS), docroot("bob", HIS));
    for (name, target) in [
        ("file.txt", format!("{his}/secret.txt")),
        ("dir", his.clone()),
        ("up", "../../../../bob/sites".to_owned()),
        ("passwd.txt", "/etc/passwd".to_owned()),
        ("root", "/".to_owned()),
        ("page.php", format!("{his}/probe.php")),
    ] {
        assert_eq!(ask(node, HERS, &format!("do=link&target={target}&name={mine}/{name}")), true, "{name}");
    }
    for path in [
        "/file.txt",
        "/dir/secret.txt",
        &format!("/up/{HIS}/public/secret.txt"),
        "/passwd.txt",
        "/root/etc/passwd",
        "/root/home/bob/private.txt",
        "/page.php?do=id",
        "/dir/probe.php?do=id",
    ] {
        let reply = node.page(HERS, path).unwrap();
        let text = reply.text();
        // what is no page of hers goes to her own front controller, as any name does that is not there
        let front = reply.status == 200 && text.contains("<code>alice</code>");
        assert!(front || matches!(reply.status, 403 | 404), "{path}: {} {text}", reply.status);
        assert!(
            !text.contains(SECRET) && !text.contains("root:x:0") && !text.contains("bob"),
            "{path}: {text}"
        );
    }
    // a link to what is her own is her own affair
    put(node, "alice", "/home/alice/elsewhere.txt", "her own");
    assert_eq!(
        ask(node, HERS, &format!("do=link&target=/home/alice/elsewhere.txt&name={mine}/own.txt")),
        true
    );
    assert_eq!(node.page(HERS, "/own.txt").unwrap().text(), "her own");
}

fn a_replaced_docroot_is_not_served(node: &Node) {
    let (mine, his) = (docroot("alice", HERS), docroot("bob", HIS));
    let aside = "/home/alice/aside";
    for target in [his.as_str(), "/home/bob", "/etc", "/"] {
        node.run_as("alice", ["mv", &mine, aside]).unwrap().checked().unwrap();
        node.run_as("alice", ["ln", "-s", target, &mine]).unwrap().checked().unwrap();
        for path in
            ["/", "/secret.txt", "/private.txt", "/passwd", "/etc/passwd", "/probe.php?do=id", "/index.php"]
        {
            let reply = node.page(HERS, path).unwrap();
            let text = reply.text();
            assert!(matches!(reply.status, 403 | 404), "{target} {path}: {} {text}", reply.status);
            assert!(
                !text.contains(SECRET) && !text.contains("root:x:0") && !text.contains("bob"),
                "{path}: {text}"
            );
        }
        node.run_as("alice", ["rm", &mine]).unwrap().checked().unwrap();
        node.run_as("alice", ["mv", aside, &mine]).unwrap().checked().unwrap();
    }
    assert_eq!(node.page(HERS, "/").unwrap().status, 200, "her own docroot is served again");
}

fn sockets_are_out_of_reach(node: &Node) {
    let listed = node.sh("find /run /var/run/ -type s | sort -u").unwrap().text();
    let version = node.distro().php();
    let own = format!("/run/holdfast-php/alice-{version}.sock");
    let his = format!("/run/holdfast-php/bob-{version}.sock");
    assert!(listed.contains(&his), "{listed}");
    // journald's are for every process to log by, and are no way to anything
    let harmless = |path: &str| path.starts_with("/run/systemd/journal/") || path == own;
    let mut tried = 0;
    for path in listed.lines().filter(|path| !harmless(path)) {
        let answer = ask(node, HERS, &format!("do=connect&path={path}"));
        let ours =
            path.starts_with("/run/holdfast") || path.contains("dbus") || path.contains("systemd/private");
        if ours {
            assert_eq!(answer["connected"], false, "{path}: {answer}");
            tried += 1;
        }
    }
    assert!(tried >= 5, "too few sockets to prove anything: {listed}");
}

fn processes_are_invisible(node: &Node) {
    // a process of bob's that would be seen
    node.page(HIS, "/probe.php?do=id").unwrap();
    let entries = ask(node, HERS, "do=list&path=/proc");
    let pids: Vec<&str> = entries
        .as_array()
        .unwrap_or_else(|| panic!("{entries}"))
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    assert!(!pids.is_empty() && pids.len() < 10, "{pids:?}");
    for pid in pids {
        let uid = node.run(["stat", "-c", "%U", &format!("/proc/{pid}")]).unwrap();
        assert!(!uid.ok() || uid.text() == "alice", "{pid} is of {}", uid.text());
    }
    assert_eq!(ask(node, HERS, "do=read&path=/proc/1/cmdline"), false);
}

fn sftp_stays_at_home(node: &Node) {
    let sftp = node.sftp("alice", PASSWORD);
    let session = sftp.batch("cd /\nls -la\nls -la /home\n").check().unwrap().text();
    assert!(!session.contains("bob") && !session.contains("etc"), "{session}");
    let link = "ln -s /etc/passwd /home/link-to-passwd\nln -s /proc /home/link-to-proc\n";
    sftp.batch(link).check().unwrap();
    for command in [
        "get /etc/passwd /dev/null",
        "get ../../etc/passwd /dev/null",
        "get /home/link-to-passwd /dev/null",
        "ls /home/link-to-proc/",
        "ls /home/bob",
        "ls /../home/bob",
        "get /home/../home/bob/private.txt /dev/null",
        "mkdir /x",
        "put /etc/hostname /x",
        "mkdir /home/../x",
        "chown 0 /home/mine.txt",
    ] {
        let output = sftp.batch(&format!("{command}\n")).run().unwrap();
        assert!(!output.ok(), "{command}: {}{}", output.text(), output.error_text());
    }
    let wrong = node.sftp("alice", "not her password").batch("ls\n").run().unwrap();
    assert!(!wrong.ok(), "a wrong password");
    let keys = "mkdir .ssh\nput /etc/hostname .ssh/authorized_keys\n";
    sftp.batch(keys).check().unwrap();
    let effective = node.check(["sshd", "-T", "-C", "user=alice,host=x,addr=203.0.113.1"]).unwrap().text();
    assert!(effective.contains("authorizedkeysfile /etc/ssh/holdfast-keys/%u"), "{effective}");
}

/// Units in the home, which a user manager would run outside the sandbox at the next session.
fn no_user_manager(node: &Node) {
    let sftp = node.sftp("alice", PASSWORD);
    let unit = "[Service]\nType=oneshot\nExecStart=/usr/bin/touch /home/alice/ran-outside\n[Install]\nWantedBy=default.target\n";
    put(node, "alice", "/home/alice/.config/systemd/user/x.service", unit);
    put(node, "alice", "/home/alice/.config/systemd/user/default.target.wants/x.service", unit);
    put(node, "alice", "/home/alice/.ssh/rc", "touch /home/alice/ran-outside\n");
    put(node, "alice", "/home/alice/.profile", "touch /home/alice/ran-outside\n");
    for _ in 0..2 {
        sftp.batch("ls\n").check().unwrap();
    }
    let uid = node.check(["id", "-u", "alice"]).unwrap().text();
    let manager = format!("user@{uid}.service");
    assert!(!node.is_active(&manager).unwrap(), "{manager} runs: {}", node.journal(&manager).unwrap());
    let running = node.run(["pgrep", "-u", "alice", "-a", "-x", "systemd"]).unwrap().text();
    assert_eq!(running, "", "a user manager of a tenant");
    assert!(
        !node.run(["test", "-e", "/home/alice/ran-outside"]).unwrap().ok(),
        "something of the home was run"
    );
}

fn ssh_gives_no_shell(node: &Node) {
    let sftp = node.sftp("alice", PASSWORD);
    for command in [&["id"][..], &["-s", "shell"], &[]] {
        let output = sftp.ssh(&["-T"], command).run().unwrap();
        let said = format!("{}{}", output.text(), output.error_text());
        assert!(!output.ok() && !said.contains("uid="), "ssh {command:?}: {said}");
    }
    let through = sftp.ssh(&["-W", "127.0.0.1:80"], &[]).stdin("GET / HTTP/1.0\r\n\r\n").run().unwrap();
    assert!(!through.ok() && !through.text().contains("HTTP/"), "{}", through.text());
    let unix = sftp.ssh(&["-oExitOnForwardFailure=yes", "-N", "-R", "0:127.0.0.1:80"], &[]);
    let unix = unix.deadline(LIMIT).run().unwrap();
    assert!(!unix.ok(), "a port was forwarded");
}

fn the_panel_knows_no_tenant(node: &Node) {
    let curl = [
        "curl",
        "-sS",
        "--unix-socket",
        "/run/holdfast-panel/panel.sock",
        "-w",
        "%{http_code}",
        "-o",
        "/dev/null",
    ];
    let accounts = "http://localhost/api/v1/accounts";
    let as_root = node.check(curl.into_iter().chain([accounts])).unwrap().text();
    assert_eq!(as_root, "200", "root is the administrator");
    for user in ["alice", "nobody", "www-data"] {
        let status = node.run_as(user, curl.into_iter().chain([accounts])).unwrap().text();
        assert_eq!(status, "401", "{user}");
    }
}

fn unknown_hosts_get_nothing(node: &Node) {
    let ipv4 = node.ipv4().to_string();
    for host in ["unknown.example.test", ipv4.as_str(), "localhost", "alice", "b.example.test.evil.test"] {
        for path in ["/", "/index.php", "/secret.txt", "/probe.php?do=id"] {
            let reply = node.page(host, path).unwrap();
            assert_eq!(reply.status, 404, "{host}{path}: {}", reply.text());
            assert!(!reply.text().contains(SECRET), "{host}{path}");
        }
    }
}

fn hidden_files_are_not_served(node: &Node) {
    let mine = docroot("alice", HERS);
    for name in [".env", ".git/config", ".htaccess", "old.phtml", "old.php5", "archive.phar", "source.phps"] {
        put(node, "alice", &format!("{mine}/{name}"), "<?php echo 'not to be seen';");
        let reply = node.page(HERS, &format!("/{name}")).unwrap();
        assert_eq!(reply.status, 404, "{name}: {}", reply.text());
    }
    put(node, "alice", &format!("{mine}/picture.txt"), "<?php echo 'ran'.'it';");
    for path in ["/picture.txt/x.php", "/picture.txt%00.php", "/picture.txt/.php"] {
        let reply = node.page(HERS, path).unwrap();
        assert!(reply.status >= 400 && !reply.text().contains("ranit"), "{path}: {}", reply.text());
    }
}

fn processes_are_in_their_slices(node: &Node) {
    for (account, site) in [("alice", HERS), ("bob", HIS)] {
        node.page(site, "/probe.php?do=id").unwrap();
        let out = node.check(["ps", "-U", account, "-o", "pid=,cgroup:160=,args=", "-ww"]).unwrap().text();
        assert!(out.lines().count() >= 2, "a master and a child of {account}: {out}");
        for line in out.lines() {
            assert!(line.contains(&format!("/holdfast.slice/holdfast-{account}.slice/")), "{line}");
        }
        let unit = format!("holdfast-worker@{account}.service");
        assert_eq!(node.property(&unit, "Slice").unwrap(), format!("holdfast-{account}.slice"));
        let pool = format!("holdfast-php-{account}-{}.service", node.distro().php());
        assert_eq!(node.property(&pool, "Slice").unwrap(), format!("holdfast-{account}.slice"));
    }
}

fn slices_have_their_limits(node: &Node) {
    let mut api = node.api().unwrap();
    let limits = serde_json::json!({ "limits": { "cpu_percent": 50, "memory_bytes": 805_306_368, "tasks": 77, "io_weight": 250 } });
    api.call_with("PATCH", "/accounts/alice", &[("if-match", "*")], Some(&limits))
        .unwrap()
        .checked()
        .unwrap();
    api.wait_ready("/accounts/alice", LIMIT).unwrap();
    let slice = "holdfast-alice.slice";
    let wanted = [
        ("CPUQuotaPerSecUSec", "500ms"),
        ("MemoryMax", "805306368"),
        ("TasksMax", "77"),
        ("IOWeight", "250"),
    ];
    for (property, value) in wanted {
        assert_eq!(node.property(slice, property).unwrap(), value, "{property} of {slice}");
    }
    let bobs = [("CPUQuotaPerSecUSec", "1s"), ("MemoryMax", "1073741824"), ("TasksMax", "128")];
    for (property, value) in bobs {
        assert_eq!(node.property("holdfast-bob.slice", property).unwrap(), value, "{property} of bob");
    }
}

fn suspended_is_suspended(node: &Node) {
    let mut api = node.api().unwrap();
    api.call("POST", "/accounts/bob/suspend", Some(&serde_json::json!({ "reason": "unpaid" })))
        .unwrap()
        .checked()
        .unwrap();
    api.wait_ready("/accounts/bob", LIMIT).unwrap();
    api.wait_ready(&format!("/sites/{HIS}"), LIMIT).unwrap();
    assert_eq!(node.page(HIS, "/").unwrap().status, 503);
    assert_eq!(node.page(HIS, "/secret.txt").unwrap().status, 503);
    assert!(!node.sftp("bob", PASSWORD).batch("ls\n").run().unwrap().ok(), "SFTP of a suspended account");
    let left = node.run(["ps", "-U", "bob", "-o", "args="]).unwrap().text();
    assert_eq!(left, "", "processes of a suspended account");
    api.call("POST", "/accounts/bob/unsuspend", None).unwrap().checked().unwrap();
    api.wait_ready("/accounts/bob", LIMIT).unwrap();
    api.wait_ready(&format!("/sites/{HIS}"), LIMIT).unwrap();
    assert_eq!(node.page(HIS, "/secret.txt").unwrap().text(), SECRET);
    node.sftp("bob", PASSWORD).batch("ls\n").check().unwrap();
}
