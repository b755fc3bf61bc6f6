//! A fresh server for tests: hostd's host in effigy, and stand-ins for the programs and the panel.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use hostd::{Bounds, FakeSystemd, Host, HostError, JobResult, Role, Unit};
use md5::{Digest, Md5};
use names::Hostname;

use crate::panel::{LoginLink, Panel, PanelError, WebServer};
use crate::preflight::{DEFAULT_SITE, DEFAULT_SITE_LINK};
use crate::programs::{Program, Programs};
use crate::stage::wanted_directories;
use crate::world::{Options, World};

const ROOT: (u32, u32) = (0, 0);

/// Debian's default site, as delivered.
const WELCOME: &[u8] = b"welcome\n";

/// A server with our package unpacked and nothing else.
pub(crate) struct Fresh {
    pub(crate) host: Host,
    pub(crate) options: Options,
    pub(crate) panel_runs: AtomicBool,
    /// A managed file of the web server was edited by hand.
    pub(crate) edited: AtomicBool,
}

impl Fresh {
    pub(crate) fn new() -> Self {
        Self::with_bounds(Bounds::default())
    }

    pub(crate) fn with_bounds(bounds: Bounds) -> Self {
        let host = Host::for_test_with(bounds).unwrap();
        let files = host.files();
        // as the package has it
        let session = include_str!("../../../packaging/ssh/namespace.conf");
        files.ensure_dirs("/etc/security/namespace.d", 0o755, ROOT).unwrap();
        files.write("/etc/security/namespace.d/holdfast.conf", session.as_bytes(), 0o644, ROOT).unwrap();
        for dir in
            ["/etc/holdfast", "/etc/ssh/holdfast-keys", "/etc/nginx/holdfast", "/var/lib/holdfast-agent"]
        {
            files.remove_tree(dir).unwrap();
        }
        files.write("/etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n", 0o644, ROOT).unwrap();
        files.write("/etc/group", b"root:x:0:\n", 0o644, ROOT).unwrap();
        files.ensure_dirs("/var/lib/dpkg", 0o755, ROOT).unwrap();
        files.ensure_dirs("/proc/1/net", 0o755, ROOT).unwrap();
        let fib = b"Local:\n  |-- 203.0.113.2\n     /32 host LOCAL\n";
        files.write("/proc/1/net/fib_trie", fib, 0o444, ROOT).unwrap();
        files.write("/proc/1/net/if_inet6", b"", 0o444, ROOT).unwrap();
        let fake = host.fake_systemd().unwrap();
        fake.set_active(&Unit::Nginx, hostd::Active::Inactive);
        let root = host.root().to_owned();
        let packages = host.profile().role(Role::Web).packages.clone();
        fake.on_start(&Unit::Packages(Role::Web), move || match install_packages(&root, &packages) {
            Ok(()) => JobResult::Done,
            Err(_) => JobResult::Failed,
        });
        let options = Options {
            roles: vec![Role::Web],
            hostname: Hostname::parse("server.example.com").unwrap(),
            rename: false,
            login: None,
            stop_php: false,
        };
        Self { host, options, panel_runs: AtomicBool::new(true), edited: AtomicBool::new(false) }
    }

    /// What the unit does that installs the packages of the role.
    pub(crate) fn install_packages(&self) {
        let packages = &self.host.profile().role(Role::Web).packages;
        install_packages(self.host.root(), packages).unwrap();
    }

    pub(crate) fn systemd(&self) -> &FakeSystemd {
        self.host.fake_systemd().unwrap()
    }

    pub(crate) fn world(&self) -> World<'_> {
        World {
            host: &self.host,
            systemd: self.systemd(),
            programs: self,
            panel: self,
            options: &self.options,
        }
    }
}

/// What apt does to a tree, as far as set-up sees it. It is no step of set-up's own, so it passes no gate.
fn install_packages(root: &Path, packages: &[String]) -> io::Result<()> {
    let place = |path: &str| root.join(path.trim_start_matches('/'));
    fs::create_dir_all(place("/etc/nginx/sites-available"))?;
    fs::write(place(DEFAULT_SITE), WELCOME)?;
    if fs::symlink_metadata(place(DEFAULT_SITE_LINK)).is_err() {
        std::os::unix::fs::symlink(DEFAULT_SITE, place(DEFAULT_SITE_LINK))?;
    }
    fs::write(place("/var/lib/dpkg/status"), status(packages))
}

/// dpkg's status with these packages installed.
pub(crate) fn status(packages: &[String]) -> String {
    status_with(packages, "welcome\n")
}

/// The same where nginx delivered this default site.
pub(crate) fn status_with(packages: &[String], default_site: &str) -> String {
    let mut status = String::new();
    for package in packages {
        writeln!(status, "Package: {package}\nStatus: install ok installed\n").unwrap();
    }
    let md5 = hex::encode(Md5::digest(default_site));
    writeln!(
        status,
        "Package: nginx-common\nStatus: install ok installed\nConffiles:\n {DEFAULT_SITE} {md5}"
    )
    .unwrap();
    status
}

impl Programs for Fresh {
    fn run(&self, program: Program) -> Result<(), HostError> {
        let files = self.host.files();
        match program {
            Program::Sysusers => {
                let root = "root:x:0:0:root:/root:/bin/bash\n";
                let user = "holdfast:x:980:980::/var/lib/holdfast:/usr/sbin/nologin\n";
                files.write(
                    "/etc/group",
                    b"root:x:0:\nholdfast:x:980:\nholdfast-agent:x:981:\nholdfast-tenants:x:982:\n",
                    0o644,
                    ROOT,
                )?;
                files.write("/etc/passwd", format!("{root}{user}").as_bytes(), 0o644, ROOT)
            }
            Program::Tmpfiles => {
                for dir in wanted_directories() {
                    let owner = if dir.user == "holdfast" { (980, 980) } else { ROOT };
                    files.ensure_dirs(dir.path, dir.mode, owner)?;
                    files.set_meta(dir.path, dir.mode, owner)?;
                }
                Ok(())
            }
        }
    }
}

impl Panel for Fresh {
    fn health(&self) -> Result<(), PanelError> {
        if self.panel_runs.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(PanelError::Answer { doing: "GET /health".to_owned(), reason: "in effigy".to_owned() })
    }

    fn login_link(&self, _login: Option<&str>) -> Result<LoginLink, PanelError> {
        Ok(LoginLink { url: "https://server.example.com:8443/".to_owned(), expires_at: String::new() })
    }

    fn agent_answers(&self) -> Result<bool, PanelError> {
        self.health().map(|()| true)
    }

    fn errors(&self) -> Result<std::collections::BTreeSet<String>, PanelError> {
        let sick = self.host.files().read_text("/sick").ok().flatten();
        self.health().map(|()| sick.into_iter().collect())
    }

    fn sites(&self, _most: usize) -> Result<Vec<String>, PanelError> {
        Ok(vec!["www.example.com".to_owned()])
    }

    fn undecided(&self) -> Result<usize, PanelError> {
        Ok(0)
    }

    fn web_server(&self) -> Result<Option<WebServer>, PanelError> {
        let edited = self.edited.load(Ordering::Relaxed);
        Ok(Some(WebServer {
            condition: if edited { "degraded" } else { "ready" }.to_owned(),
            generation: 1,
            observed_generation: 1,
            reason: edited.then(|| "edited".to_owned()),
            message: None,
        }))
    }
}
