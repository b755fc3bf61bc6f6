//! A server that is set up, for the tests of its life.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use hostd::Host;
use names::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::package::Package;
use super::tools::{Act, Facts, Tools};
use super::visits::Visit;
use super::{Life, stamp, to_the_second};
use crate::error::SetupError;
use crate::programs::{Program, Programs};
use crate::report::Report;
use crate::testing::Fresh;

pub(super) const DATABASE: &str = "/var/lib/holdfast/holdfast.db";
pub(super) const SCHEMA: i64 = 9;
/// Where the server in effigy has its release.
pub(super) const VERSION: &str = "/var/lib/version";

/// A server, and a directory for backups beside it.
pub(super) struct Server {
    pub(super) fresh: Fresh,
    pub(super) elsewhere: TempDir,
}

impl Server {
    /// Of a panel with so many accounts.
    pub(super) fn new(accounts: i64) -> Self {
        let fresh = Fresh::new();
        for program in [Program::Sysusers, Program::Tmpfiles] {
            fresh.run(program).unwrap();
        }
        let server = Self { fresh, elsewhere: tempfile::tempdir().unwrap() };
        server.write("/etc/holdfast/agent.toml", "# bounds\n");
        server.write("/etc/holdfast/credentials/seal.key", "the key\n");
        server.panel(accounts, 1);
        server.write("/var/lib/holdfast-agent/ledger/webserver/node1.json", "{}");
        server.write("/var/lib/holdfast-agent/stage/left", "half a file");
        for number in 0..accounts {
            server.account(number);
        }
        server
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let directory = path.rsplit_once('/').unwrap().0;
        self.host().files().ensure_dirs(directory, 0o755, (0, 0)).unwrap();
        self.host().files().write(path, text.as_bytes(), 0o600, (0, 0)).unwrap();
    }

    pub(super) fn read(&self, path: &str) -> String {
        self.host().files().read_text(path).unwrap().unwrap_or_else(|| panic!("{path} is not there"))
    }

    /// The panel's database says this.
    pub(super) fn panel(&self, accounts: i64, seq: i64) {
        let hash = Digest::of(format!("entry {seq}"));
        let text = json!({
            "schema": SCHEMA, "accounts": accounts, "sites": 2, "nodes": ["node1"], "faults": [],
            "audit": { "seq": seq, "hash": hash },
        });
        self.write(DATABASE, &text.to_string());
        self.host().files().set_meta(DATABASE, 0o600, (980, 980)).unwrap();
    }

    /// The agent holds one account more.
    pub(super) fn account(&self, number: i64) {
        self.write(&format!("/var/lib/holdfast-agent/ledger/account/{number}.json"), "{\"generation\":7}");
        self.write(&format!("/var/lib/holdfast-agent/uids/{}", 20_000 + number), "an account\n");
    }

    pub(super) fn host(&self) -> &Host {
        &self.fresh.host
    }

    pub(super) fn life(&self) -> Life<'_> {
        Life { host: &self.fresh.host, systemd: self.fresh.systemd(), panel: &self.fresh, tools: &InEffigy }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.elsewhere.path().join(name)
    }

    pub(super) fn back_up(&self, name: &str) -> PathBuf {
        let path = self.file(name);
        super::back_up(self.life(), "server.example.com", &path, super::How::default()).unwrap();
        path
    }

    /// Restores; what was told.
    pub(super) fn restore(&self, name: &str, dry_run: bool) -> Result<String, SetupError> {
        let mut out = Vec::new();
        let path = self.file(name);
        let mut report = Report::new(&mut out);
        super::restore(self.life(), "server.example.com", &path, dry_run, &mut report)?;
        Ok(String::from_utf8(out).unwrap())
    }
}

/// The panel's program, on files that hold their facts as JSON.
pub(super) struct InEffigy;

impl Tools for InEffigy {
    fn database(
        &self,
        host: &Host,
        _program: &str,
        _user: (u32, u32),
        act: Act<'_>,
    ) -> Result<Facts, SetupError> {
        let path = match act {
            Act::Copy(file) | Act::Look(file) | Act::Migrate(file) | Act::Restored { file, .. } => file,
        };
        let place = host.on_disk(path);
        if matches!(act, Act::Copy(_)) {
            fs::copy(host.on_disk(DATABASE), &place).unwrap();
        }
        let text = fs::read_to_string(&place).unwrap();
        let Ok(mut facts) = serde_json::from_str::<Value>(&text) else {
            let (reason, remedy) = ("no database".to_owned(), String::new());
            return Err(SetupError::Refused { reason, remedy });
        };
        if matches!(act, Act::Restored { .. }) {
            let seq = facts["audit"]["seq"].as_i64().unwrap() + 1;
            facts["audit"] = json!({ "seq": seq, "hash": Digest::of(format!("restored {seq}")) });
            fs::write(&place, facts.to_string()).unwrap();
        }
        facts["known"] = SCHEMA.into();
        Ok(serde_json::from_value(facts).unwrap())
    }

    fn look_into(&self, deb: &Path) -> Result<Package, SetupError> {
        let version = fs::read_to_string(deb).unwrap();
        Ok(Package { name: "holdfast".to_owned(), version, architecture: "amd64".to_owned() })
    }

    fn architecture(&self) -> Result<String, SetupError> {
        Ok("amd64".to_owned())
    }

    fn installed(&self, host: &Host) -> Result<String, SetupError> {
        Ok(host.files().read_text(VERSION).map_err(SetupError::host("look"))?.unwrap())
    }

    fn taken_lock(&self) -> Result<Option<String>, SetupError> {
        Ok(None)
    }

    fn free(&self, _path: &Path) -> Result<u64, SetupError> {
        Ok(1 << 40)
    }

    fn keep_self(&self, to: &Path) -> Result<(), SetupError> {
        fs::write(to, "this program").unwrap();
        Ok(())
    }

    fn unpack(&self, _deb: &Path, into: &Path) -> Result<(), SetupError> {
        fs::create_dir_all(into).unwrap();
        Ok(())
    }

    fn again(&self, _tree: &Path, deb: &Path) -> Result<(), SetupError> {
        // the release that is here, by its version
        let root = deb.ancestors().nth(5).unwrap();
        fs::copy(root.join(VERSION.trim_start_matches('/')), deb).unwrap();
        Ok(())
    }

    /// A package is its version; one with `spoils` in it leaves a database that the old one cannot read, one with `sick` a doctor that
    /// complains, one with `refused` is refused by dpkg half-way.
    fn install(&self, host: &Host, deb: &str) -> Result<(), SetupError> {
        let failed = || SetupError::host("install");
        let version = host.files().read_text(deb).map_err(failed())?.unwrap();
        host.files().write(VERSION, version.as_bytes(), 0o600, (0, 0)).map_err(failed())?;
        if version.contains("spoils") {
            host.files().write(DATABASE, b"spoilt", 0o600, (980, 980)).map_err(failed())?;
        }
        if version.contains("sick") || version.contains("spoils") {
            host.files()
                .write("/sick", b"unit.active holdfast-panel.service", 0o600, (0, 0))
                .map_err(failed())?;
        } else {
            host.files().remove("/sick").map_err(failed())?;
        }
        if version.contains("refused") {
            let (reason, remedy) = ("dpkg refused it".to_owned(), String::new());
            return Err(SetupError::Refused { reason, remedy });
        }
        Ok(())
    }

    fn visit(&self, addresses: &[IpAddr], sites: &[String]) -> Vec<Visit> {
        let _ = (addresses, sites);
        Vec::new()
    }

    fn first_that_fails(&self, _visits: &[Visit]) -> Option<String> {
        None
    }
}

#[test]
fn times_are_short_in_names_and_lines() {
    let server = Server::new(0);
    assert_eq!(stamp(server.host().now()), "20260101T000000Z");
    assert_eq!(to_the_second(&server.host().now().to_string()), "2026-01-01 00:00:00Z");
}
