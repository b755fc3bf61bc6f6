//! OpenSSH's own clients against the server, from outside, with a password.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use testhost::{Cmd, Output};

const LIMIT: Duration = Duration::from_secs(40);
const LONG: Duration = Duration::from_mins(5);

/// One account's way in.
#[derive(Debug, Clone)]
pub struct Sftp {
    address: IpAddr,
    account: String,
    password: String,
    port: u16,
}

impl Sftp {
    /// For this account of the server at `address`.
    pub fn new(address: IpAddr, account: &str, password: &str) -> Self {
        Self { address, account: account.to_owned(), password: password.to_owned(), port: 22 }
    }

    /// The same at another port than 22.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// A program of OpenSSH with its options, unattended: the password comes from the environment, and no host key is kept.
    fn client(&self, program: &str, words: &[&str]) -> Cmd {
        let port = format!("-oPort={}", self.port);
        let options = [
            port.as_str(),
            "-oBatchMode=no",
            "-oStrictHostKeyChecking=no",
            "-oUserKnownHostsFile=/dev/null",
            "-oGlobalKnownHostsFile=/dev/null",
            "-oLogLevel=ERROR",
            "-oConnectTimeout=10",
            "-oPreferredAuthentications=password",
            "-oNumberOfPasswordPrompts=1",
        ];
        let argv = ["sshpass", "-e", program].into_iter().chain(options).chain(words.iter().copied());
        Cmd::new(argv).env("SSHPASS", &self.password).deadline(LIMIT)
    }

    fn at(&self) -> String {
        match self.address {
            IpAddr::V4(address) => format!("{}@{address}", self.account),
            IpAddr::V6(address) => format!("{}@[{address}]", self.account),
        }
    }

    /// The commands of one session, one a line; the first that fails ends it (`-` before a command forgives it).
    pub fn batch(&self, commands: &str) -> Cmd {
        self.client("sftp", &["-b", "-", &self.at()]).stdin(commands)
    }

    /// An upload of this file that would take hours, at 8 Kbit/s: a session that lasts.
    pub fn slow_upload(&self, here: &std::path::Path) -> Cmd {
        let command = format!("put {} slow\n", here.display());
        self.client("sftp", &["-l", "8", "-b", "-", &self.at()]).stdin(command).deadline(LONG)
    }

    /// Puts `content` at `path`, relative to the home.
    pub fn put(&self, content: &[u8], path: &str) -> Result<Output> {
        let name = format!("holdfast-e2e-{}-{:?}", std::process::id(), std::thread::current().id());
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let here = std::env::temp_dir().join(name);
        std::fs::write(&here, content)?;
        let output = self.batch(&format!("put {} {path}\n", here.display())).check();
        let _ = std::fs::remove_file(&here);
        Ok(output?)
    }

    /// `ssh`, with these words before the server's name and these behind it.
    pub fn ssh(&self, before: &[&str], behind: &[&str]) -> Cmd {
        let at = format!("{}@{}", self.account, self.address);
        let words: Vec<&str> =
            before.iter().copied().chain([at.as_str()]).chain(behind.iter().copied()).collect();
        self.client("ssh", &words)
    }
}
