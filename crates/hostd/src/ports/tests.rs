use crate::Host;

use super::{listeners, listening, unit_of};

const HEADER: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

fn line(address: &str, port: u16, state: &str, inode: u32) -> String {
    format!(
        "   0: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 100 0 0 10 0\n"
    )
}

/// A tree with a process table; `processes` are number, name, cgroup and inodes of sockets.
fn host(tcp: &str, tcp6: &str, processes: &[(u32, &str, &str, &[u32])]) -> Host {
    let host = Host::for_test().unwrap();
    let files = host.files();
    files.ensure_dirs("/proc/1/net", 0o755, (0, 0)).unwrap();
    files.write("/proc/1/net/tcp", format!("{HEADER}{tcp}").as_bytes(), 0o444, (0, 0)).unwrap();
    files.write("/proc/1/net/tcp6", format!("{HEADER}{tcp6}").as_bytes(), 0o444, (0, 0)).unwrap();
    for (pid, name, cgroup, inodes) in processes {
        files.ensure_dirs(&format!("/proc/{pid}/fd"), 0o755, (0, 0)).unwrap();
        files.write(&format!("/proc/{pid}/comm"), format!("{name}\n").as_bytes(), 0o444, (0, 0)).unwrap();
        files
            .write(&format!("/proc/{pid}/cgroup"), format!("0::{cgroup}\n").as_bytes(), 0o444, (0, 0))
            .unwrap();
        for (fd, inode) in inodes.iter().enumerate() {
            files.symlink(&format!("socket:[{inode}]"), &format!("/proc/{pid}/fd/{fd}")).unwrap();
        }
    }
    host
}

#[test]
fn the_master_is_named_and_not_its_workers() {
    let tcp = line("00000000", 80, "0A", 7) + &line("00000000", 22, "0A", 9);
    let service = "/system.slice/nginx.service";
    let host =
        host(&tcp, "", &[(30, "nginx", service, &[7]), (20, "nginx", service, &[7]), (9, "sshd", "/", &[9])]);
    let [found] = &listeners(host.files(), &[80, 443]).unwrap()[..] else { panic!() };
    assert_eq!((found.port, found.holder.as_ref().unwrap().pid), (80, 20));
    assert!(found.is_of("nginx.service"));
}

#[test]
fn a_holder_that_cannot_be_seen_is_still_a_listener() {
    let tcp6 = line("00000000000000000000000000000000", 443, "0A", 7);
    let host = host("", &tcp6, &[]);
    let [found] = &listeners(host.files(), &[80, 443]).unwrap()[..] else { panic!() };
    assert_eq!(found.port, 443);
    assert!(found.holder.is_none() && !found.is_of_pid_1());
}

#[test]
fn only_listening_sockets_count() {
    assert_eq!(listening(&line("0100007F", 80, "01", 7)), None);
    assert_eq!(listening(&line("0100007F", 80, "0A", 7)), Some((7, 80)));
    assert_eq!(listening(HEADER), None);
    assert_eq!(listening(""), None);
}

#[test]
fn the_unit_is_the_innermost() {
    assert_eq!(unit_of("0::/holdfast.slice/holdfast-a.slice/x.service\n").as_deref(), Some("x.service"));
    assert_eq!(unit_of("0::/user.slice/user-0.slice/session-1.scope\n").as_deref(), Some("session-1.scope"));
    assert_eq!(unit_of("0::/init.scope/\n").as_deref(), Some("init.scope"));
    assert_eq!(unit_of("12:cpu:/\n"), None);
}
