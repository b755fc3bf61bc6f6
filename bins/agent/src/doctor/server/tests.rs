use super::*;

fn write(host: &Host, path: &str, text: &str) {
    let files = host.files();
    files.ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
    files.write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
}

fn packages(host: &Host, of: &[String]) {
    let entries: Vec<String> =
        of.iter().map(|name| format!("Package: {name}\nStatus: install ok installed\n\n")).collect();
    let status = entries.concat();
    write(host, "/var/lib/dpkg/status", &status);
}

#[test]
fn memory_and_disk_are_judged_in_words() {
    for (total, available, severity, words) in [
        (2 * GIB, GIB, Severity::Ok, "2.0 GiB in all, 1.0 GiB of it free for programs"),
        (
            512 * MIB,
            300 * MIB,
            Severity::Warning,
            "512 MiB in all, 300 MiB of it free for programs: that is little",
        ),
        (4 * GIB, 100 * MIB, Severity::Warning, "nearly all is taken"),
        (0, 0, Severity::Warning, "not known"),
    ] {
        let finding = memory(total, available);
        assert_eq!(finding.severity, severity, "{finding:?}");
        assert!(finding.message.contains(words), "{finding:?}");
        assert_eq!(finding.remedy.is_some(), severity != Severity::Ok, "{finding:?}");
    }
    for (available, severity) in
        [(20 * GIB, Severity::Ok), (2 * GIB, Severity::Warning), (100 * MIB, Severity::Error)]
    {
        assert_eq!(disk("/home", 40 * GIB, available).severity, severity);
    }
}

#[test]
fn the_clock_is_known_by_who_keeps_it() {
    let host = Host::for_test().unwrap();
    assert_eq!(clock(&host).severity, Severity::Warning);
    write(&host, CONTAINER[0], "systemd-nspawn");
    assert!(clock(&host).message.contains("container"));
    write(&host, OTHERS[0].0, "77");
    assert!(clock(&host).message.starts_with("chrony"));
    write(&host, TIMESYNCD, "");
    assert_eq!(clock(&host).message, "kept right by systemd-timesyncd");
}

#[test]
fn a_name_is_full_or_it_is_told_how_to_get_one() {
    let host = Host::for_test().unwrap();
    for (name, severity) in [
        ("web1\n", Severity::Warning),
        ("web1.lan\n", Severity::Warning),
        ("localhost.localdomain\n", Severity::Warning),
        ("web1.example.com\n", Severity::Ok),
    ] {
        write(&host, "/proc/sys/kernel/hostname", name);
        assert_eq!(hostname(&host).severity, severity, "{name}");
    }
}

#[test]
fn a_role_that_is_not_there_is_one_finding_with_what_to_do() {
    let host = Host::for_test().unwrap();
    let of = host.profile().role(Role::Web).packages.clone();
    let finding = role(&host, Role::Web);
    assert_eq!((finding.code.as_str(), finding.severity), ("server.role.web", Severity::Warning));
    assert!(
        finding.message.starts_with("is not installed")
            && finding.remedy.unwrap().contains("node install web")
    );
    assert!(!serves(&host, Role::Web));
    packages(&host, &of[1..]);
    assert!(role(&host, Role::Web).message.starts_with("is not installed"), "the web server is the role");
    assert!(!serves(&host, Role::Web), "an SSH server alone serves no sites");
    packages(&host, &of[..of.len() - 1]);
    let last = &of[of.len() - 1];
    assert_eq!(role(&host, Role::Web).message, format!("is not whole, missing are: {last}"));
    assert!(serves(&host, Role::Web), "what is there is expected to run");
    host.fake_systemd().unwrap().set_active(&Unit::Packages(Role::Web), Active::Activating);
    assert_eq!(role(&host, Role::Web).severity, Severity::Ok);
    assert!(!serves(&host, Role::Web), "not while it is being installed");
    packages(&host, &of);
    assert!(serves(&host, Role::Web));
}

#[test]
fn ports_are_nginx_s_or_told() {
    let host = Host::for_test().unwrap();
    assert_eq!(ports(&host).message, "are free");
    let line = "  0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n";
    write(&host, "/proc/1/net/tcp", line);
    host.fake_systemd().unwrap().set_active(&Unit::Nginx, Active::Inactive);
    let finding = ports(&host);
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.message.contains("80 by a process that cannot be seen"), "{finding:?}");
    host.fake_systemd().unwrap().set_active(&Unit::Nginx, Active::Active);
    assert_eq!(ports(&host).message, "are nginx's");
}
