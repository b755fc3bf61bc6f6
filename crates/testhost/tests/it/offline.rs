use std::time::Duration;

use testhost::{Distro, Options, Server, wait_for};

const LIMIT: Duration = Duration::from_secs(20);

fn the_roles_packages_install_without_a_network(distro: Distro) {
    let server = Server::boot(Options::fresh(distro)).expect("boot");
    assert!(
        !server.run(["test", "-e", "/usr/sbin/nginx"]).expect("test").ok(),
        "a fresh server has no nginx"
    );
    let fpm = format!("php{}-fpm", distro.php());
    let install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "nginx", &fpm];
    server.command(install).deadline(Duration::from_mins(5)).check().expect("install");
    let reply = wait_for("nginx", LIMIT, || server.http("www.example.test", "/").map(Some)).expect("answer");
    assert_eq!(reply.status, 200);

    // And every other package of the role, as set-up asks for them.
    let names = ["curl", "gd", "intl", "mbstring", "mysql", "opcache", "pgsql", "sqlite3", "xml", "zip"];
    let names = names.map(|name| format!("php{}-{name}", distro.php()));
    let words = ["apt-get", "install", "-y", "--no-install-recommends"].map(str::to_owned);
    let command = server.command(words.into_iter().chain(names)).env("DEBIAN_FRONTEND", "noninteractive");
    command.deadline(Duration::from_mins(5)).check().expect("install");
}

#[test]
fn debian_12_installs_the_roles_packages_without_a_network() {
    the_roles_packages_install_without_a_network(Distro::Debian12);
}

#[test]
fn debian_13_installs_the_roles_packages_without_a_network() {
    the_roles_packages_install_without_a_network(Distro::Debian13);
}

#[test]
fn a_package_file_is_installed_with_what_it_depends_on() {
    let server = Server::boot(Options::fresh(Distro::Debian13)).expect("boot");
    let control = "Package: holdfast-testhost-sample\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.test>\n\
                   Depends: nginx\nDescription: a sample\n";
    let dir = tempfile::tempdir().expect("directory");
    std::fs::create_dir_all(dir.path().join("sample/DEBIAN")).expect("directory");
    std::fs::write(dir.path().join("sample/DEBIAN/control"), control).expect("control");
    let deb = dir.path().join("sample.deb");
    let built = std::process::Command::new("dpkg-deb")
        .args(["--build", "--root-owner-group"])
        .args([&dir.path().join("sample"), &deb])
        .output()
        .expect("dpkg-deb");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    server.install_package(&deb).expect("install");
    server.install_package(&deb).expect("install again");
    let state =
        server.check(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "nginx"]).expect("query").text();
    assert_eq!(state.trim(), "ii");
}
