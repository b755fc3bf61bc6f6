//! A host for tests: the real code on a temporary tree, with systemd and tools in effigy.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use converge::FileSeen;
use hostfs::{Dir, FileKind, Meta, Owner};
use names::Micros;
use tempfile::TempDir;

use crate::bounds::Bounds;
use crate::clock::FakeClock;
use crate::error::HostError;
use crate::files::Files;
use crate::gate::Gate;
use crate::host::Host;
use crate::os_release::OsRelease;
use crate::profile::Profile;
use crate::systemd::FakeSystemd;

mod tools;

pub(crate) use tools::FakeTools;

/// What a test's host holds beside the host itself.
pub(crate) struct TestHost {
    pub(crate) gate: Arc<Gate>,
    pub(crate) systemd: Arc<FakeSystemd>,
    pub(crate) tools: Arc<FakeTools>,
    pub(crate) clock: Arc<FakeClock>,
    owner: Owner,
    _tree: TempDir,
}

/// Owners in effigy, where the test is not run by root and cannot give files away.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners {
    /// None on a host whose owners are real.
    by_path: Option<Arc<Mutex<HashMap<String, Owner>>>>,
}

impl Owners {
    fn in_effigy() -> Self {
        Self { by_path: Some(Arc::default()) }
    }

    /// Notes an owner; answers the owner to give to the file system.
    pub(crate) fn set(&self, path: &str, owner: Owner) -> Option<Owner> {
        let Some(map) = &self.by_path else { return Some(owner) };
        map.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), owner);
        None
    }

    pub(crate) fn overlay(&self, path: &str, meta: Meta) -> Meta {
        let Some(map) = &self.by_path else { return meta };
        match map.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            Some(&(uid, gid)) => Meta { uid, gid, ..meta },
            None => Meta { uid: 0, gid: 0, ..meta },
        }
    }

    pub(crate) fn renamed(&self, from: &str, to: &str) {
        let Some(map) = &self.by_path else { return };
        let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
        let below = format!("{from}/");
        let moved: Vec<String> =
            map.keys().filter(|p| *p == from || p.starts_with(&below)).cloned().collect();
        for path in moved {
            if let Some(owner) = map.remove(&path) {
                map.insert(format!("{to}{}", &path[from.len()..]), owner);
            }
        }
    }
}

/// Directories that a Debian server with our package has.
const DIRS: [&str; 28] = [
    "etc/holdfast/php",
    "etc/holdfast/quota",
    "etc/holdfast/templates",
    "etc/holdfast/credentials",
    "etc/nginx/conf.d",
    "etc/nginx/sites-enabled",
    "etc/nginx/holdfast/maps",
    "etc/nginx/holdfast/sites",
    "etc/php/8.2/fpm",
    "etc/php/8.4/fpm",
    "etc/ssh/sshd_config.d",
    "etc/ssh/holdfast-keys",
    "etc/systemd/system",
    "home",
    "run/holdfast",
    "run/holdfast-php",
    "run/holdfast-probe",
    "run/holdfast-quota",
    "run/holdfast-worker",
    "usr/lib",
    "usr/sbin",
    "var/lib/holdfast-agent/check",
    "var/lib/holdfast-agent/drift",
    "var/lib/holdfast-agent/ledger",
    "var/lib/holdfast-agent/stage/nginx",
    "var/lib/holdfast-agent/stage/php",
    "var/log/holdfast",
    "var/log/nginx",
];

/// Files that a Debian server with our package has.
const FILES: [(&str, &str); 9] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\n\
         www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n\
         holdfast:x:980:980:Holdfast panel:/var/lib/holdfast:/usr/sbin/nologin\n",
    ),
    (
        "etc/group",
        "root:x:0:\nwww-data:x:33:\nholdfast:x:980:\nholdfast-agent:x:981:\nholdfast-tenants:x:982:\n",
    ),
    ("etc/shadow", "root:*:20000:0:99999:7:::\nwww-data:*:20000:0:99999:7:::\nholdfast:!*:20000::::::\n"),
    ("etc/hostname", "server\n"),
    ("etc/nginx/nginx.conf", "user www-data;\nhttp {\n    include /etc/nginx/conf.d/*.conf;\n}\n"),
    ("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n"),
    ("usr/lib/os-release", "ID=debian\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n"),
    ("usr/sbin/php-fpm8.4", ""),
    ("usr/sbin/nginx", ""),
];

/// Where a test's clock begins: midnight of 1 January 2026, UTC.
const START: Duration = Duration::from_hours(490_896);

/// Making a test's host.
impl Host {
    /// A Debian 13 server in a temporary directory, with the package installed and nothing else.
    pub fn for_test() -> Result<Self, HostError> {
        Self::for_test_with(Bounds::default())
    }

    /// As [`Self::for_test`], with bounds of its own.
    pub fn for_test_with(bounds: Bounds) -> Result<Self, HostError> {
        Self::for_test_of("13", bounds)
    }

    /// As [`Self::for_test_with`], with the profile of another version of Debian; its files are the same.
    pub fn for_test_of(version: &str, bounds: Bounds) -> Result<Self, HostError> {
        let io = |source| HostError::ToolIo { program: "make a test's tree", source };
        // in memory where there is such a place: every change waits for the disk, and a test makes many hosts
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let tree = tempfile::Builder::new().prefix("holdfast-host-").tempdir_in(place).map_err(io)?;
        let path = tree.path().canonicalize().map_err(io)?;
        let dir = Dir::open(&path)?;
        for name in DIRS {
            dir.create_dirs(name, 0o755, None)?;
        }
        for (name, text) in FILES {
            let mode = if name == "etc/shadow" { 0o640 } else { 0o644 };
            dir.write_atomic(name, text.as_bytes(), mode, None)?;
        }
        dir.set_meta("var/lib/holdfast-agent", Some(0o700), None)?;
        Self::on_tree(tree, path, dir, version, bounds)
    }

    fn on_tree(
        tree: TempDir,
        path: PathBuf,
        dir: Dir,
        version: &str,
        bounds: Bounds,
    ) -> Result<Self, HostError> {
        let gate = Arc::new(Gate::for_test());
        let clock = Arc::new(FakeClock::at(Micros::EPOCH.plus(START)));
        let systemd = Arc::new(FakeSystemd::new(dir.try_clone()?, gate.clone()));
        let tools = Arc::new(FakeTools::new(dir.try_clone()?, gate.clone()));
        let is_root = rustix::process::geteuid().is_root();
        let owners = if is_root { Owners::default() } else { Owners::in_effigy() };
        let test =
            TestHost { gate: gate.clone(), systemd, tools, clock: clock.clone(), owner: (0, 0), _tree: tree };
        let files = Files::new(dir, gate).with_owners(owners);
        let os =
            OsRelease { id: "debian".to_owned(), version_id: version.to_owned(), pretty_name: String::new() };
        Ok(Self::of_parts(path, files, Profile::for_os(&os)?, bounds, clock, test))
    }
}

/// What a test can do with its host. On a real host (which a test never makes) the answers are empty.
impl Host {
    /// Lets the next `changes` changes pass and stops the process (in effigy) before the one after them: from then on
    /// everything answers [`HostError::Crashed`], until [`Self::restart`].
    pub fn crash_after(&self, changes: usize) {
        if let Some(test) = &self.test {
            test.gate.crash_after(changes);
        }
    }

    /// The process runs again, with nothing in memory; the host is as the crash left it.
    pub fn restart(&self) {
        if let Some(test) = &self.test {
            test.gate.restart();
        }
    }

    /// The change before which the process was stopped.
    pub fn crashed(&self) -> Option<String> {
        self.test.as_ref().and_then(|test| test.gate.crashed())
    }

    /// Makes every change fail whose summary (`write /etc/...`, `start nginx.service`, `make user alice (20000)`) contains
    /// `part`.
    pub fn fail_on(&self, part: &str, message: &str) {
        if let Some(test) = &self.test {
            test.gate.fail(part, message);
        }
    }

    /// Takes all of [`Self::fail_on`] back.
    pub fn fail_no_more(&self) {
        if let Some(test) = &self.test {
            test.gate.fail_no_more();
        }
    }

    /// The changes made since the last time it was asked, in order.
    pub fn take_changes(&self) -> Vec<String> {
        self.test.as_ref().map(|test| test.gate.take_log()).unwrap_or_default()
    }

    /// The systemd of a test's host.
    pub fn fake_systemd(&self) -> Option<&FakeSystemd> {
        self.test.as_ref().map(|test| test.systemd.as_ref())
    }

    /// The clock of a test's host.
    pub fn fake_clock(&self) -> Option<&FakeClock> {
        self.test.as_ref().map(|test| test.clock.as_ref())
    }

    /// Who owns the files of a test's host that are root's on a real one.
    pub fn test_owner(&self) -> Owner {
        self.test.as_ref().map_or((0, 0), |test| test.owner)
    }

    /// Everything that the host is, as text: files with mode, owner and digest below these paths, users, units. Two hosts
    /// that were brought to the same state by different ways have the same text.
    pub fn describe(&self, below: &[&str]) -> Result<String, HostError> {
        let mut text = String::new();
        for path in below {
            self.describe_path(path, &mut text)?;
        }
        for path in ["/etc/passwd", "/etc/group", "/etc/shadow"] {
            text.push_str(&self.files().read_text(path)?.unwrap_or_default());
        }
        if let Some(systemd) = self.fake_systemd() {
            text.push_str(&systemd.summary());
        }
        Ok(text)
    }

    fn describe_path(&self, path: &str, text: &mut String) -> Result<(), HostError> {
        let Some(meta) = self.files().stat(path)? else { return Ok(()) };
        let what = match meta.kind {
            FileKind::File => match self.files().observe(path)? {
                FileSeen::Present { digest, .. } => digest.to_string(),
                _ => String::new(),
            },
            FileKind::Symlink => self.files().read_link(path)?.unwrap_or_default(),
            FileKind::Dir => "directory".to_owned(),
            FileKind::Special => "special".to_owned(),
        };
        let _ = writeln!(text, "{path} {:04o} {}:{} {what}", meta.mode, meta.uid, meta.gid);
        if meta.kind == FileKind::Dir {
            for (name, _) in self.files().list(path)? {
                self.describe_path(&format!("{path}/{name}"), text)?;
            }
        }
        Ok(())
    }
}
