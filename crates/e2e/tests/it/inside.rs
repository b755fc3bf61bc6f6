//! What this very binary tries when it is run inside the sandbox of one of our units, with that unit's seccomp filter,
//! capabilities, mounts and user. Each attempt is a line: `attempt NAME allowed` or `attempt NAME denied: why`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::mount::{MountFlags, mount};
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::system::sethostname;
#[expect(deprecated, reason = "it may fail only here: nothing of this process hangs on the namespace")]
use rustix::thread::{UnshareFlags, unshare};

fn tell<T>(name: &str, outcome: io::Result<T>) {
    match outcome {
        Ok(_) => println!("attempt {name} allowed"),
        Err(error) => println!("attempt {name} denied: {error}"),
    }
}

fn write(path: &str) -> io::Result<()> {
    OpenOptions::new().create_new(true).write(true).open(path)?;
    fs::remove_file(path)
}

#[expect(clippy::disallowed_methods, reason = "whether a program can be started is the question")]
fn run(program: &str) -> io::Result<()> {
    Command::new(program).arg("--version").output().map(drop)
}

/// A copy of this program, run from `dir`.
#[expect(clippy::disallowed_methods, reason = "whether a program can be started is the question")]
fn drop_and_run(dir: &str) -> io::Result<()> {
    let copy = format!("{dir}/holdfast-e2e-dropped");
    fs::copy(std::env::current_exe()?, &copy)?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
    let ran = Command::new(&copy).arg("--list").output().map(drop);
    fs::remove_file(&copy)?;
    ran
}

/// Somewhere to write, or an error.
fn writable(dirs: &[&str]) -> io::Result<String> {
    let probe = |dir: &&&str| write(&format!("{dir}/holdfast-e2e-writable")).is_ok();
    dirs.iter()
        .find(probe)
        .map(|dir| (*dir).to_owned())
        .ok_or_else(|| io::Error::other("nothing is writable"))
}

#[test]
#[ignore = "runs inside the sandboxes of our units"]
fn attempts() {
    let state = ["/var/lib/holdfast", "/var/lib/holdfast-agent", "/home/alice", "/tmp"];
    let status = fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines() {
        if ["Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"].iter().any(|key| line.starts_with(key)) {
            println!("status {}", line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    for program in ["/bin/sh", "/usr/bin/perl", "/usr/bin/curl", "/usr/sbin/nft"] {
        tell(&format!("run {program}"), run(program));
    }
    for dir in [
        "/tmp",
        "/var/tmp",
        "/var/lib/holdfast",
        "/var/lib/holdfast-agent",
        "/home/alice",
        "/run",
        "/dev/shm",
    ] {
        tell(&format!("drop-and-run {dir}"), drop_and_run(dir));
    }
    for dir in [
        "/usr/lib",
        "/usr/libexec/holdfast",
        "/usr/bin",
        "/boot",
        "/root",
        "/opt",
        "/etc",
        "/etc/holdfast/credentials",
        "/etc/pam.d",
        "/etc/nginx",
        "/var/lib",
        "/run",
        "/srv",
    ] {
        tell(&format!("write {dir}"), write(&format!("{dir}/holdfast-e2e-written")));
    }
    tell("write /etc/holdfast/agent.toml", OpenOptions::new().append(true).open("/etc/holdfast/agent.toml"));
    for path in [
        "/etc/shadow",
        "/etc/holdfast/credentials/seal.key",
        "/home/bob/private.txt",
        "/var/lib/holdfast/holdfast.db",
        "/proc/1/environ",
        "/dev/mem",
        "/dev/kmsg",
    ] {
        tell(&format!("read {path}"), File::open(path));
    }
    tell("write /proc/sys", OpenOptions::new().write(true).open("/proc/sys/kernel/core_pattern"));
    tell("write /sys/fs/cgroup", OpenOptions::new().write(true).open("/sys/fs/cgroup/cgroup.procs"));
    for path in [
        "/run/holdfast/agent.sock",
        "/run/holdfast-panel/panel.sock",
        "/run/holdfast-probe/probe.sock",
        "/run/holdfast-egress/egress.sock",
        "/run/holdfast-worker/alice.sock",
        "/run/dbus/system_bus_socket",
        "/run/systemd/private",
    ] {
        tell(&format!("connect {path}"), UnixStream::connect(path));
    }
    tell_of_the_kernel(&state);
}

/// Sockets, mounts, devices, namespaces.
fn tell_of_the_kernel(state: &[&str]) {
    tell("inet socket", UdpSocket::bind("127.0.0.1:0"));
    // where packets are dropped on the way, the kernel would try for two minutes
    let patience = std::time::Duration::from_secs(2);
    tell("connect own nginx", TcpStream::connect_timeout(&([127, 0, 0, 1], 80).into(), patience));
    for (name, address) in [
        ("connect another host", "203.0.113.1:53"),
        ("send to a private network", "10.255.255.1:53"),
        ("send to a link-local address", "169.254.169.254:53"),
    ] {
        let sent = UdpSocket::bind("0.0.0.0:0").and_then(|s| {
            s.connect(address)?;
            s.send(b"x")
        });
        tell(name, sent);
    }
    tell("netlink socket", socket(AddressFamily::NETLINK, SocketType::RAW, None).map_err(io::Error::from));
    tell("packet socket", socket(AddressFamily::PACKET, SocketType::RAW, None).map_err(io::Error::from));
    tell(
        "mount",
        mount("none", "/mnt", "tmpfs", MountFlags::empty(), None::<&std::ffi::CStr>).map_err(io::Error::from),
    );
    tell("host name", sethostname(b"taken-over").map_err(io::Error::from));
    let place = writable(state);
    tell(
        "device",
        place.as_ref().map_err(|e| io::Error::other(e.to_string())).and_then(|dir| {
            let path = format!("{dir}/holdfast-e2e-device");
            mknodat(CWD, path.as_str(), FileType::CharacterDevice, Mode::from_raw_mode(0o600), 0x0103)
                .map_err(io::Error::from)?;
            fs::remove_file(path)
        }),
    );
    tell(
        "set-uid file",
        place.as_ref().map_err(|e| io::Error::other(e.to_string())).and_then(|dir| {
            let path = format!("{dir}/holdfast-e2e-setuid");
            File::create(&path)?;
            let set = fs::set_permissions(&path, fs::Permissions::from_mode(0o4755));
            fs::remove_file(path)?;
            set
        }),
    );
    // a process with threads gets EINVAL where nothing forbids it; the filter comes first
    #[expect(deprecated, reason = "it may fail only here: nothing of this process hangs on the namespace")]
    let user = match unshare(UnshareFlags::NEWUSER) {
        Err(rustix::io::Errno::INVAL) => Ok(()),
        other => other,
    };
    tell("user namespace", user.map_err(io::Error::from));
    tell(
        "see processes of others",
        if Path::new("/proc/1/status").exists() { Ok(()) } else { Err(io::Error::other("no /proc/1")) },
    );
}
