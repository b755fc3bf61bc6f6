//! Run by `e2e` inside a server, as root, on its real systemd.

use std::time::{Duration, Instant};

use hostd::{Active, Host, HostError, JobResult, SharedGroup, Signal, Systemd, Tool, Unit, UnitSet};
use names::{AccountName, CryptHash, PhpVersion, PoolName, Uid};

fn alice() -> AccountName {
    "alice".parse().unwrap()
}

fn uid() -> Uid {
    Uid::new(20000).unwrap()
}

fn php() -> PhpVersion {
    std::env::var("HOSTD_PHP").unwrap().parse().unwrap()
}

fn hash() -> CryptHash {
    CryptHash::parse(&format!("$6$rounds=5000$saltsalt${}", "h".repeat(86))).unwrap()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited for {what}");
        std::thread::yield_now();
    }
}

/// What became of a sequence of tools: for each the exit code it ended with, and how user and groups stood after it.
fn story(host: &Host) -> Vec<String> {
    let home = "/home/alice".to_owned();
    let account = alice();
    let add_user = Tool::AddUser { account: account.clone(), uid: uid(), gid: uid(), home: home.clone() };
    let lock = Tool::Lock { account: account.clone() };
    let unlock = |has_password| Tool::Unlock { account: alice(), has_password };
    let tools = [
        add_user.clone(),
        Tool::AddGroup { account: account.clone(), gid: uid() },
        Tool::AddGroup { account: account.clone(), gid: uid() },
        add_user.clone(),
        add_user,
        Tool::JoinGroup { account: account.clone(), group: SharedGroup::Tenants },
        Tool::JoinGroup { account: account.clone(), group: SharedGroup::Tenants },
        lock.clone(),
        unlock(false),
        unlock(true),
        Tool::SetPassword { account: account.clone(), hash: hash() },
        lock.clone(),
        lock,
        unlock(true),
        Tool::RepairUser { account: account.clone(), gid: uid(), home },
        Tool::DeleteGroup { account: account.clone() },
        Tool::DeleteUser { account: account.clone() },
        Tool::DeleteUser { account: account.clone() },
        Tool::DeleteGroup { account },
    ];
    tools
        .iter()
        .map(|tool| {
            let end = match host.run(tool) {
                Ok(()) => "ok".to_owned(),
                Err(HostError::ToolFailed { code, .. }) => format!("{code:?}"),
                Err(error) => panic!("{error}"),
            };
            let users = host.users().unwrap();
            let password = users.password("alice");
            format!(
                "{}: {end}; {:?}; group {:?}; tenant {}; hash {:?} locked {:?} expired {:?}",
                tool.summary(),
                users.user("alice"),
                users.group("alice").map(|g| (g.gid, g.members.clone())),
                users.in_group("alice", "holdfast-tenants"),
                password.and_then(|p| p.hash()).map(str::len),
                password.map(hostd::Password::locked),
                password.map(hostd::Password::expired),
            )
        })
        .collect()
}

#[test]
#[ignore = "run inside a server"]
fn the_real_tools_do_what_the_tools_in_effigy_do() {
    let real = Host::open().unwrap();
    assert_eq!(real.profile().php.default, php());
    assert!(real.has_php(php()).unwrap());
    assert_eq!(real.caller_uids().unwrap()[0], 0);
    assert_eq!(real.web_gid().unwrap(), Some(33));
    let fake = Host::for_test().unwrap();
    let (seen, told) = (story(&real), story(&fake));
    for (seen, told) in seen.iter().zip(&told) {
        assert_eq!(seen, told);
    }
    assert_eq!(seen.len(), told.len());
    let subordinate = real.files().read_text("/etc/subuid").unwrap().unwrap_or_default();
    assert!(!subordinate.contains("alice"), "no ids for containers: {subordinate}");
}

fn write(host: &Host, path: &str, text: &str) {
    host.files().write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
}

/// Each of the tools once.
fn make_alice(host: &Host) {
    let account = alice();
    let home = "/home/alice".to_owned();
    let tools = [
        Tool::AddGroup { account: account.clone(), gid: uid() },
        Tool::AddUser { account: account.clone(), uid: uid(), gid: uid(), home: home.clone() },
        Tool::RepairUser { account: account.clone(), gid: uid(), home },
        Tool::JoinGroup { account: account.clone(), group: SharedGroup::Tenants },
        Tool::SetPassword { account: account.clone(), hash: hash() },
        Tool::Lock { account: account.clone() },
        Tool::Unlock { account, has_password: true },
    ];
    for tool in tools {
        host.run(&tool).unwrap();
    }
    assert_eq!(host.users().unwrap().password("alice").unwrap().hash(), Some(hash().expose()));
    host.files().ensure_dir("/home/alice", 0o710, (20000, 33)).unwrap();
}

#[test]
#[ignore = "run inside a server"]
fn units_start_stop_and_tell_how_they_stand() {
    let host = Host::open().unwrap();
    let systemd = host.systemd();
    let pool = PoolName::new(alice(), php());
    let (socket, service) = (Unit::PhpPoolSocket(pool.clone()), Unit::PhpPoolService(pool));
    let slice = Unit::AccountSlice(alice());

    assert!(!systemd.state(&socket).unwrap().loaded);
    assert!(matches!(systemd.start(&socket), Err(HostError::NoSuchUnit { .. })));
    assert_eq!(systemd.stop(&socket).unwrap(), JobResult::Done, "nothing to stop");
    systemd.reset_failed(&socket).unwrap();

    write(&host, &slice.rendered_path().unwrap(), "[Slice]\nMemoryMax=1G\nTasksMax=128\nCPUQuota=150%\n");
    write(
        &host,
        &socket.rendered_path().unwrap(),
        "[Socket]\nListenStream=/run/holdfast-php/alice.sock\n[Install]\nWantedBy=sockets.target\n",
    );
    let text = |description: &str, program: &str| {
        format!(
            "[Unit]\nDescription={description}\nRequires={socket}\n[Service]\nUser=alice\nSlice={slice}\nExecStart={program}\n"
        )
    };
    let path = service.rendered_path().unwrap();
    write(&host, &path, &text("first", "/usr/bin/sleep infinity"));
    let began = Instant::now();
    systemd.enable(std::slice::from_ref(&socket)).unwrap();
    assert_eq!(systemd.start(&socket).unwrap(), JobResult::Done, "new files need no daemon-reload");
    eprintln!("enable and start of a new socket: {:?}", began.elapsed());
    let state = systemd.state(&socket).unwrap();
    assert_eq!((state.active, state.sub.as_str(), state.enabled), (Active::Active, "listening", true));

    assert_eq!(
        systemd.start(&service).unwrap(),
        JobResult::Done,
        "a simple service is up before its user is looked up"
    );
    until("the service without its user to fail", || {
        systemd.state(&service).unwrap().active == Active::Failed
    });
    make_alice(&host);
    systemd.reset_failed(&service).unwrap();
    assert_eq!(systemd.state(&service).unwrap().active, Active::Inactive);
    assert_eq!(systemd.start(&service).unwrap(), JobResult::Done);
    let state = systemd.state(&service).unwrap();
    assert!(state.main_pid.is_some());
    assert_eq!(state.fragment.as_deref(), Some(path.as_str()));
    assert_eq!(
        state.control_group.unwrap(),
        format!("/holdfast.slice/holdfast-alice.slice/{service}"),
        "below the account's slice"
    );
    let limits = systemd.limits(&slice).unwrap();
    assert_eq!(
        (limits.memory_max, limits.tasks_max, limits.cpu_quota_per_sec_usec),
        (Some(1 << 30), Some(128), Some(1_500_000))
    );
    assert_eq!(systemd.limits(&service).unwrap().slice, slice.name());
    let listed = systemd.list(UnitSet::Pools).unwrap();
    assert_eq!(listed.keys().collect::<Vec<_>>(), [&service.name(), &socket.name()]);

    assert!(!systemd.state(&service).unwrap().need_daemon_reload);
    write(&host, &path, &text("second", "/usr/bin/sleep infinity"));
    assert!(systemd.state(&service).unwrap().need_daemon_reload);
    systemd.daemon_reload().unwrap();
    assert!(!systemd.state(&service).unwrap().need_daemon_reload);

    systemd.kill_main(&service, Signal::Quit).unwrap();
    until("the service to end", || !systemd.state(&service).unwrap().active.is_up());
    systemd.reset_failed(&service).unwrap();
    assert_eq!(systemd.start(&service).unwrap(), JobResult::Done);
    assert_eq!(systemd.stop(&slice).unwrap(), JobResult::Done);
    assert_eq!(systemd.state(&service).unwrap().active, Active::Inactive, "the slice takes it down");
    assert!(systemd.state(&socket).unwrap().active.is_up());
    systemd.disable(std::slice::from_ref(&socket)).unwrap();
    assert!(!systemd.state(&socket).unwrap().enabled);
    assert_eq!(systemd.stop(&socket).unwrap(), JobResult::Done);
    for unit in [&socket, &service, &slice] {
        assert!(host.files().remove(&unit.rendered_path().unwrap()).unwrap());
    }
    systemd.daemon_reload().unwrap();
    assert!(!systemd.state(&service).unwrap().loaded);
    host.run(&Tool::DeleteUser { account: alice() }).unwrap();
    assert!(host.users().unwrap().group("alice").is_none(), "Debian removes it with its user");
    host.files().remove_tree("/home/alice").unwrap();
}

#[test]
#[ignore = "run inside a server"]
fn nginx_is_tested_in_the_stage_and_reloaded() {
    let host = Host::open().unwrap();
    let systemd = host.systemd();
    host.files().ensure_dirs("/etc/nginx/holdfast", 0o755, (0, 0)).unwrap();
    write(&host, "/etc/nginx/conf.d/holdfast.conf", "include /etc/nginx/holdfast/*.conf;\n");
    let staged = "/var/lib/holdfast-agent/stage/nginx/http.conf";
    for round in 0..12 {
        write(&host, staged, "server { listen 8080; surprise on; }\n");
        assert_eq!(systemd.start(&Unit::NginxCheck).unwrap(), JobResult::Failed, "round {round}");
        let said = host.check_output(&Unit::NginxCheck).unwrap().unwrap();
        assert!(said.contains("unknown directive \"surprise\" in /etc/nginx/holdfast/http.conf:1"), "{said}");
        let good = "server { listen 8080; access_log /var/log/holdfast/nginx/access.log; }\n";
        write(&host, staged, good);
        let end = systemd.start(&Unit::NginxCheck).unwrap();
        let said = host.check_output(&Unit::NginxCheck).unwrap().unwrap();
        assert_eq!((end, said.as_str()), (JobResult::Done, ""), "round {round}");
    }
    assert!(
        host.files().stat("/etc/nginx/holdfast/http.conf").unwrap().is_none(),
        "the live tree is not touched"
    );
    assert!(host.files().list("/var/log/holdfast/nginx").unwrap().is_empty(), "no log was made");
    assert_eq!(systemd.reload(&Unit::Nginx).unwrap(), JobResult::Done);
    assert_ne!(systemd.reload(&Unit::NginxCheck).ok(), Some(JobResult::Done), "it does not run");
    write(&host, "/etc/nginx/conf.d/foreign.conf", "broken\n");
    assert_eq!(systemd.start(&Unit::NginxCheck).unwrap(), JobResult::Failed);
    assert!(
        host.check_output(&Unit::NginxCheck).unwrap().unwrap().contains("/etc/nginx/conf.d/foreign.conf")
    );
    assert!(systemd.state(&Unit::Nginx).unwrap().active.is_up(), "what runs goes on");
    host.files().remove("/etc/nginx/conf.d/foreign.conf").unwrap();
    host.files().remove("/etc/nginx/conf.d/holdfast.conf").unwrap();
}

#[test]
#[ignore = "run inside a server"]
fn a_pool_is_tested_in_the_stage() {
    let host = Host::open().unwrap();
    let unit = Unit::PhpCheck(php());
    let staged = format!("/var/lib/holdfast-agent/stage/php/{}.conf", php());
    let pool = |line: &str| {
        format!(
            "[global]\nerror_log = syslog\n[alice]\nlisten = /run/holdfast-php/alice.sock\npm = ondemand\npm.max_children = 4\n{line}\n"
        )
    };
    for _ in 0..8 {
        host.files().write(&staged, pool("surprise = 1").as_bytes(), 0o600, (0, 0)).unwrap();
        assert_eq!(host.systemd().start(&unit).unwrap(), JobResult::Failed);
        let said = host.check_output(&unit).unwrap().unwrap();
        assert!(said.contains("unknown entry 'surprise'"), "{said}");
        let good = pool("php_admin_value[memory_limit] = 128M");
        host.files().write(&staged, good.as_bytes(), 0o600, (0, 0)).unwrap();
        let end = host.systemd().start(&unit).unwrap();
        assert_eq!(end, JobResult::Done, "{:?}", host.check_output(&unit).unwrap());
    }
}

#[test]
#[ignore = "run inside a server"]
fn the_bus_may_go_away_and_come_back() {
    let host = Host::open().unwrap();
    assert!(host.systemd().state(&Unit::Nginx).unwrap().active.is_up());
    let bus: &dyn Systemd = host.systemd();
    // the connection dies with the bus; systemd itself goes on
    #[expect(clippy::disallowed_methods, reason = "the bus is no unit of ours to stop")]
    let stopped =
        std::process::Command::new("/usr/bin/systemctl").args(["restart", "dbus.service"]).status().unwrap();
    assert!(stopped.success());
    until("the bus to answer again", || bus.state(&Unit::Nginx).is_ok_and(|state| state.active.is_up()));
}
