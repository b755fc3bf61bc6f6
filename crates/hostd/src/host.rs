//! The host, as the agent's features are given it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hostfs::Dir;
use names::{AccountName, Micros, PhpVersion, Uid};

use crate::bounds::Bounds;
use crate::clock::{Clock, WallClock};
use crate::error::HostError;
use crate::files::Files;
use crate::gate::Gate;
use crate::passwd::{Passwd, UserDb};
use crate::profile::Profile;
use crate::reloads::Reloads;
use crate::systemd::{SystemBus, Systemd};
use crate::tool::{RealTools, Tool, Tools};
use crate::unit::Unit;

/// Where the check units write what their tool says.
const CHECK_DIR: &str = "/var/lib/holdfast-agent/check";

/// Where the agent notes which account a user id was ever given to.
pub const UIDS: &str = "/var/lib/holdfast-agent/uids";

/// Everything that a feature of the agent may touch: files below a root, units, a few tools, users, bounds, the clock.
///
/// A test's host (`Host::for_test`) is the same code on a temporary tree, with a systemd and tools in effigy that act on
/// that tree.
pub struct Host {
    root: PathBuf,
    files: Files,
    systemd: Arc<dyn Systemd>,
    tools: Arc<dyn Tools>,
    profile: Profile,
    bounds: Bounds,
    passwd: Passwd,
    clock: Arc<dyn Clock>,
    reloads: Reloads,
    #[cfg(feature = "fake")]
    pub(crate) test: Option<crate::fake::TestHost>,
}

impl Host {
    /// This machine: the profile by its `os-release`, the bounds by `agent.toml`. Connects to systemd at the first call.
    pub fn open() -> Result<Self, HostError> {
        let root = Dir::open("/")?;
        let files = Files::new(root, Arc::new(Gate::default()));
        let profile = Profile::of_host(&files)?;
        let bounds = Bounds::load(&files, 0)?;
        Ok(Self {
            root: PathBuf::from("/"),
            files,
            systemd: Arc::new(SystemBus::new()?),
            tools: Arc::new(RealTools),
            profile,
            bounds,
            passwd: Passwd::default(),
            clock: Arc::new(WallClock),
            reloads: Reloads::default(),
            #[cfg(feature = "fake")]
            test: None,
        })
    }

    #[cfg(feature = "fake")]
    pub(crate) fn of_parts(
        root: PathBuf,
        files: Files,
        profile: Profile,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
        test: crate::fake::TestHost,
    ) -> Self {
        Self {
            root,
            files,
            systemd: test.systemd.clone(),
            tools: test.tools.clone(),
            profile,
            bounds,
            passwd: Passwd::default(),
            clock,
            reloads: Reloads::default(),
            test: Some(test),
        }
    }

    /// Files, by absolute path.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Units.
    pub fn systemd(&self) -> &dyn Systemd {
        self.systemd.as_ref()
    }

    /// Units, to be held longer than the host is borrowed.
    pub fn systemd_arc(&self) -> Arc<dyn Systemd> {
        self.systemd.clone()
    }

    /// Runs one of the few tools.
    pub fn run(&self, tool: &Tool) -> Result<(), HostError> {
        self.tools.run(tool)
    }

    /// The distribution's profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The bounds that no call can widen.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Users and groups as they are now; cheap while the files stay the same.
    pub fn users(&self) -> Result<Arc<UserDb>, HostError> {
        self.passwd.read(&self.files)
    }

    /// The group id of the web server's workers; none before its package is installed.
    pub fn web_gid(&self) -> Result<Option<u32>, HostError> {
        Ok(self.users()?.group(&self.profile.web.group).map(|g| g.gid))
    }

    /// The user ids that may call the agent: those of the bounds that exist. Empty means nobody.
    pub fn caller_uids(&self) -> Result<Vec<u32>, HostError> {
        let users = self.users()?;
        Ok(self.bounds.callers.iter().filter_map(|name| users.user(name)).map(|user| user.uid).collect())
    }

    /// Now, by the host's clock.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// The time since some moment of the past, for measuring how old something is: unlike [`Self::now`] it never goes back.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Whether a user id of this host is an account's: in the range of `agent.toml`, and noted when the account was made.
    /// The range alone says nothing; the administrator's own users may have ids in it.
    pub fn is_account(&self, uid: u32) -> Result<bool, HostError> {
        let Some(uid) = Uid::new(uid).ok().filter(|uid| self.bounds.uids.contains(*uid)) else {
            return Ok(false);
        };
        Ok(self.files.stat(&uid_note(uid))?.is_some())
    }

    /// Is this PHP version installed?
    pub fn has_php(&self, version: PhpVersion) -> Result<bool, HostError> {
        Ok(self.files.stat(&self.profile.php.fpm_path(version))?.is_some())
    }

    /// Makes systemd hold these units as their files are now. All unit files are read again only where it holds an older
    /// reading of one of them: that costs time for every unit on the server, and new units need none of it.
    ///
    /// Passes of many objects that ask at the same time are served by one reading.
    pub fn load_units(&self, units: &[Unit]) -> Result<(), HostError> {
        let begun = self.reloads.begun();
        for unit in units {
            let state = self.systemd().state(unit)?;
            let file = unit.rendered_path().map(|path| self.files.stat(&path)).transpose()?.flatten();
            // a unit can be held without a file, as a slice that something names is
            if state.need_daemon_reload || (file.is_some() && state.fragment.is_none()) {
                return self.reloads.after(begun, || self.systemd().daemon_reload());
            }
        }
        Ok(())
    }

    /// The socket of an account's worker, as this process must name it.
    pub fn worker_socket(&self, account: &AccountName) -> PathBuf {
        self.on_disk(&format!("/run/holdfast-worker/{account}.sock"))
    }

    /// The probe's socket, as this process must name it.
    pub fn probe_socket(&self) -> PathBuf {
        self.on_disk("/run/holdfast-probe/probe.sock")
    }

    /// The path under which this process finds a path of the host. For sockets and messages; files go through
    /// [`Self::files`].
    pub fn on_disk(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The root below which everything lies: `/`, or a test's tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the tool of a check unit said in its last run; none where the unit has none, or did not run yet.
    pub fn check_output(&self, unit: &Unit) -> Result<Option<String>, HostError> {
        match check_output_path(unit) {
            Some(path) => self.files.read_lossy(&path),
            None => Ok(None),
        }
    }
}

/// The note that a user id was given to an account; it stays for good.
pub fn uid_note(uid: Uid) -> String {
    format!("{UIDS}/{uid}")
}

/// Where a check unit's tool writes what it says; `StandardError=` of the unit names the same path.
pub(crate) fn check_output_path(unit: &Unit) -> Option<String> {
    match unit {
        Unit::NginxCheck => Some(format!("{CHECK_DIR}/nginx.log")),
        Unit::PhpCheck(version) => Some(format!("{CHECK_DIR}/php-{version}.log")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
