use super::*;

/// What is wrong, as code and subject, among the findings of these codes.
fn complaints(findings: &[Finding], code: &str) -> Vec<String> {
    let bad = findings.iter().filter(|f| f.code.starts_with(code) && f.severity != Severity::Ok);
    bad.map(|f| f.subject.clone()).collect()
}

fn write(host: &Host, path: &str, text: &str) {
    let files = host.files();
    files.ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
    files.write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
}

/// A server on which everything for SFTP is there.
fn with_sftp() -> Host {
    let host = Host::for_test().unwrap();
    write(&host, "/etc/ssh/sshd_config.d/holdfast.conf", include_str!("../../../../packaging/ssh/sshd.conf"));
    write(
        &host,
        "/etc/security/namespace.d/holdfast.conf",
        include_str!("../../../../packaging/ssh/namespace.conf"),
    );
    write(&host, "/etc/pam.d/common-session", include_str!("../../../../packaging/ssh/pam.conf"));
    host
}

#[test]
fn sftp_is_well_where_its_rules_are_there() {
    assert_eq!(complaints(&sftp::examine(&with_sftp()), "sftp"), Vec::<String>::new());
}

#[test]
fn each_rule_of_sftp_that_is_gone_is_told() {
    let namespace = "/etc/security/namespace.d/holdfast.conf";
    let rules = "/etc/ssh/sshd_config.d/holdfast.conf";
    let pam = "/etc/pam.d/common-session";
    let main = "/etc/ssh/sshd_config";
    let open = include_str!("../../../../packaging/ssh/sshd.conf").replace("ForceCommand", "#ForceCommand");
    for (path, text) in [
        (main, "Port 22\n"),
        (main, "Match User bob\nInclude /etc/ssh/sshd_config.d/*.conf\n"),
        (rules, ""),
        (rules, &open),
        (pam, "session required pam_unix.so\n"),
        (namespace, "/srv/holdfast/sftp/home /srv/homes/ user:noinit root\n"),
    ] {
        let host = with_sftp();
        write(&host, path, text);
        assert_eq!(complaints(&sftp::examine(&host), "sftp"), [path], "{text}");
    }
}

#[test]
fn a_unit_that_would_not_start_at_boot_is_told() {
    let host = Host::for_test().unwrap();
    let boot = complaints(&units(&host, true), "unit.boot");
    assert_eq!(boot, UNITS.map(|(unit, _)| unit.to_owned()), "nginx and sshd are enabled on a test's host");
    for (unit, target) in UNITS {
        write(&host, &format!("{UNIT_DIR}/{target}.wants/{unit}"), "");
    }
    assert_eq!(complaints(&units(&host, true), "unit.boot"), Vec::<String>::new());
}

#[test]
fn an_ssh_server_that_is_down_is_told_unless_its_socket_starts_it() {
    let host = Host::for_test().unwrap();
    host.fake_systemd().unwrap().set_active(&Unit::Ssh, Active::Failed);
    assert!(complaints(&units(&host, true), "unit.active").contains(&"ssh.service".to_owned()));
    write(&host, SSH_SOCKET, "");
    assert!(!complaints(&units(&host, true), "unit.active").contains(&"ssh.service".to_owned()));
}

#[test]
fn an_nginx_whose_workers_run_as_somebody_else_is_told() {
    let host = Host::for_test().unwrap();
    let found = web_processes(&host);
    assert_eq!(found.severity, Severity::Error, "{found:?}");
    assert!(found.remedy.unwrap().contains("`user www-data;`"));
    write(&host, "/proc/600/status", "Name:\tnginx\nUid:\t33\t33\t33\t33\n");
    write(&host, "/proc/600/comm", "nginx\n");
    assert_eq!(web_processes(&host).severity, Severity::Ok);
    host.files().remove_tree("/proc/600").unwrap();
    host.fake_systemd().unwrap().set_active(&Unit::Nginx, Active::Inactive);
    assert_eq!(web_processes(&host).severity, Severity::Ok, "an nginx that is down has no workers");
}
