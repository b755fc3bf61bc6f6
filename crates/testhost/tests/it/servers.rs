use std::io::Read;
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use testhost::{Distro, Family, Options, Request, Server, Upper, wait_for};

use crate::leftovers::Traces;

const LIMIT: Duration = Duration::from_secs(20);

fn nginx_answers(server: &Server) {
    for family in [Family::V4, Family::V6] {
        let request = Request::get("http://www.example.test/").over(family);
        let what = format!("nginx to answer by {family:?}");
        let reply = wait_for(&what, LIMIT, || server.request(&request).map(Some)).expect("an answer");
        assert_eq!(reply.status, 200, "{family:?}");
    }
}

fn ssh_greets(address: IpAddr) {
    let mut stream = TcpStream::connect_timeout(&(address, 22).into(), LIMIT).expect("connect");
    stream.set_read_timeout(Some(LIMIT)).expect("timeout");
    let mut greeting = [0; 8];
    stream.read_exact(&mut greeting).expect("greeting");
    assert_eq!(&greeting, b"SSH-2.0-", "{address}");
}

fn a_server_runs_and_leaves_nothing(distro: Distro) {
    let mut server = Server::boot(Options::ready(distro).name("web1")).expect("boot");
    let traces = Traces::of(&server);
    traces.assert_seen();

    assert_eq!(server.run(["systemctl", "is-system-running"]).expect("ask").text(), "running");
    let release = String::from_utf8(server.pull("/etc/os-release").expect("read")).expect("text");
    assert!(release.contains(&format!("VERSION_CODENAME={}", distro.codename())), "{release}");
    assert_eq!(server.check(["hostname"]).expect("hostname").text(), "web1");
    assert_eq!(server.property("apache2.service", "LoadState").expect("property"), "masked");
    let fpm = format!("php{}-fpm.service", distro.php());
    assert_eq!(server.property(&fpm, "LoadState").expect("property"), "masked");
    ssh_greets(server.ipv4().into());
    ssh_greets(server.ipv6().into());
    nginx_answers(&server);

    server.push("/srv/kept/file", "kept", 0o640).expect("push");
    assert_eq!(server.check(["stat", "-c", "%a %U", "/srv/kept/file"]).expect("stat").text(), "640 root");
    let boot = |server: &Server| server.pull("/proc/sys/kernel/random/boot_id").expect("boot id");
    let machine = server.pull("/etc/machine-id").expect("machine id");
    let first = server.leader();
    server.restart().expect("restart");
    assert_ne!(server.leader(), first, "the same PID 1 runs on");
    nginx_answers(&server);
    server.power_cycle().expect("power cycle");
    nginx_answers(&server);
    assert_eq!(server.pull("/srv/kept/file").expect("pull"), b"kept");
    assert_eq!(server.pull("/etc/machine-id").expect("machine id"), machine);
    assert!(!boot(&server).is_empty());

    let main = server.property("nginx.service", "MainPID").expect("property");
    server.kill9("nginx.service").expect("kill");
    let what = "nginx's master to be gone";
    wait_for(what, LIMIT, || Ok((server.property("nginx.service", "MainPID")? != main).then_some(())))
        .expect("killed");

    drop(server);
    traces.assert_gone();
}

#[test]
fn debian_12_runs_and_leaves_nothing() {
    a_server_runs_and_leaves_nothing(Distro::Debian12);
}

#[test]
fn debian_13_runs_and_leaves_nothing() {
    a_server_runs_and_leaves_nothing(Distro::Debian13);
}

/// A control that silently does nothing here would make tests of it worthless.
#[test]
fn the_kernels_walls_stand_inside_a_server() {
    let server = Server::boot(Options::fresh(Distro::Debian13).upper(Upper::Memory)).expect("boot");
    let unit = ["systemd-run", "--quiet", "--wait", "--pipe"];
    let in_unit = |properties: &[&str], argv: &[&str]| {
        let properties = properties.iter().map(|property| format!("--property={property}"));
        let words = unit.iter().map(|&word| word.to_owned()).chain(properties);
        server.run(words.chain(argv.iter().map(|&arg| arg.to_owned()))).expect("run")
    };

    // landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) answers with the kernel's version of it.
    let landlock = in_unit(&[], &["perl", "-e", "print syscall(444, 0, 0, 1)"]).text();
    assert!(landlock.parse::<i32>().is_ok_and(|version| version > 0), "Landlock: {landlock}");

    let visit = ["curl", "--silent", "--max-time", "3", "telnet://127.0.0.1:22"];
    let greeting = |properties: &[&str]| in_unit(properties, &visit).text().contains("SSH-2.0-");
    assert!(greeting(&[]), "the visit must succeed where nothing forbids it");
    assert!(!greeting(&["IPAddressDeny=any"]), "IPAddressDeny= is not enforced");
    assert!(!greeting(&["PrivateNetwork=yes"]), "PrivateNetwork= is not enforced");

    let id = in_unit(&["DynamicUser=yes", "PrivateDevices=yes"], &["sh", "-c", "id -u; ls /dev/kmsg"]);
    assert_ne!(id.text(), "0");
    assert!(!id.ok(), "PrivateDevices= is not enforced: {}", id.text());
}

#[test]
fn servers_run_beside_each_other_and_cannot_reach_the_world() {
    let one = Server::boot(Options::fresh(Distro::Debian13).name("one")).expect("boot");
    let two = Server::boot(Options::fresh(Distro::Debian12).name("two")).expect("boot");
    assert_ne!(one.ipv4(), two.ipv4());
    assert_ne!(one.ipv6(), two.ipv6());
    let id = |server: &Server| server.pull("/etc/machine-id").expect("machine id");
    assert_ne!(id(&one), id(&two));
    one.push("/root/only-here", "", 0o600).expect("push");
    assert!(!two.run(["test", "-e", "/root/only-here"]).expect("test").ok());
    // An address that answers nobody stands for the world: the route there ends at this machine.
    let visit = ["curl", "--silent", "--max-time", "2", "http://198.51.100.1/"];
    assert!(!one.run(visit).expect("visit").ok());
    drop(one);
    assert_eq!(two.check(["hostname"]).expect("runs on").text(), "two");
}
