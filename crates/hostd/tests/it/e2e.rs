//! Boots servers, and runs the tests of `inside` there: this very binary is pushed into the server.

use testhost::{Distro, Options, Server};

mod units;

/// Where this binary lies in the server.
const BINARY: &str = "/root/hostd-tests";

/// Our units, and what else of the package these tests need.
pub(crate) fn install(server: &Server) {
    let packaging = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    for entry in std::fs::read_dir(packaging.join("units")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && name != "README.md" {
            server.push_file(&path, &format!("/usr/lib/systemd/system/{name}"), 0o644).unwrap();
        }
    }
    server
        .push_file(&packaging.join("deb/holdfast.sysusers"), "/usr/lib/sysusers.d/holdfast.conf", 0o644)
        .unwrap();
    server
        .push_file(&packaging.join("deb/holdfast.tmpfiles"), "/usr/lib/tmpfiles.d/holdfast.conf", 0o644)
        .unwrap();
    server.check(["systemd-sysusers", "holdfast.conf"]).unwrap();
    server.check(["systemd-tmpfiles", "--create", "holdfast.conf"]).unwrap();
    server.check(["systemctl", "daemon-reload"]).unwrap();
}

fn runs_inside(distro: Distro) {
    let server = Server::boot(Options::ready(distro).name("hostd")).unwrap();
    install(&server);
    server.push_file(&std::env::current_exe().unwrap(), BINARY, 0o755).unwrap();
    let output = server
        .command([BINARY, "inside::", "--ignored", "--test-threads=1", "--nocapture"])
        .env("HOSTD_PHP", distro.php())
        .run()
        .unwrap();
    let said = format!("{}\n{}", output.text(), output.error_text());
    assert!(output.ok(), "{said}");
    assert!(said.contains("test result: ok. ") && !said.contains("ok. 0 passed"), "{said}");
    runs_in_the_agents_sandbox(&server, distro);
}

/// The same in the sandbox of the agent's unit: it has all that it needs. (The test that compares with tools in effigy
/// needs a temporary directory where the agent has none.)
fn runs_in_the_agents_sandbox(server: &Server, distro: Distro) {
    let program = "/usr/libexec/holdfast/holdfast-agent";
    server.push_file(&std::env::current_exe().unwrap(), program, 0o755).unwrap();
    let text = format!(
        "[Service]\nType=oneshot\nRestart=no\nEnvironment=HOSTD_PHP={}\nExecStart=\n\
         ExecStart={program} inside:: --ignored --test-threads=1 --skip in_effigy --skip the_bus\n",
        distro.php()
    );
    server.push("/run/systemd/system/holdfast-agent.service.d/test.conf", text, 0o644).unwrap();
    server.check(["systemctl", "daemon-reload"]).unwrap();
    let output = server.run(["systemctl", "start", "holdfast-agent.service"]).unwrap();
    let said = server.journal("holdfast-agent.service").unwrap();
    assert!(output.ok(), "{distro}: {said}");
    assert!(said.contains("test result: ok. 3 passed"), "{distro}: {said}");
}

#[test]
fn the_host_of_debian_12_is_read_and_changed() {
    runs_inside(Distro::Debian12);
}

#[test]
fn the_host_of_debian_13_is_read_and_changed() {
    runs_inside(Distro::Debian13);
}
