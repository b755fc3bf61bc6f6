//! A server with Holdfast on it.

use std::net::{IpAddr, SocketAddr};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testhost::{Cmd, Distro, Family, Options, Output, Reply, Request, Server, Upper};

use crate::api::Api;
use crate::connection::{Connection, Target};
use crate::deb::package;
use crate::sftp::Sftp;

const SETUP_LIMIT: Duration = Duration::from_mins(5);
const CLI_LIMIT: Duration = Duration::from_secs(90);
const VISIT_LIMIT: Duration = Duration::from_secs(30);

/// A server that hosts, or is about to. Gone when dropped.
#[derive(Debug)]
pub struct Node {
    server: Server,
}

impl Deref for Node {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl DerefMut for Node {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}

impl Node {
    /// A server with the packages of the roles, our package, and set-up done.
    pub fn ready(distro: Distro, name: &str) -> Result<Self> {
        let node = Self::installed(Options::ready(distro).name(name))?;
        node.set_up()?;
        Ok(node)
    }

    /// The same on a disk where a sync costs what it costs: for measurements.
    pub fn ready_for_measuring(distro: Distro, name: &str) -> Result<Self> {
        let node = Self::installed(Options::ready(distro).name(name).upper(Upper::DurableDisk))?;
        node.set_up()?;
        Ok(node)
    }

    /// A server with our package installed and nothing set up.
    pub fn installed(options: Options) -> Result<Self> {
        let deb = package()?;
        let server = Server::boot(options)?;
        server.install_package(&deb).with_context(|| format!("install {}", deb.display()))?;
        Ok(Self { server })
    }

    /// A server as it was booted, without our package.
    pub fn of(server: Server) -> Self {
        Self { server }
    }

    /// `holdfast setup`, which must succeed.
    pub fn set_up(&self) -> Result<Output> {
        let output = self.server.command(["holdfast", "setup"]).deadline(SETUP_LIMIT).run()?;
        ensure!(
            output.ok() && output.text().contains("https://"),
            "holdfast setup ended with {}:\n{}\n{}",
            output.code(),
            output.text(),
            output.error_text()
        );
        Ok(output)
    }

    /// `holdfast ...` in the server, as root.
    pub fn holdfast(&self, args: &[&str]) -> Cmd {
        self.server.command(["holdfast"].into_iter().chain(args.iter().copied())).deadline(CLI_LIMIT)
    }

    /// `holdfast ...` to its end, whatever its status.
    pub fn cli(&self, args: &[&str]) -> Result<Output> {
        Ok(self.holdfast(args).run()?)
    }

    /// `holdfast ...`, which must succeed.
    pub fn ok(&self, args: &[&str]) -> Result<Output> {
        Ok(self.holdfast(args).check()?)
    }

    /// `holdfast --json ...`, which must succeed.
    pub fn json(&self, args: &[&str]) -> Result<Value> {
        let output = self.ok(&["--json"].iter().chain(args).copied().collect::<Vec<_>>())?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("holdfast --json {}: {}", args.join(" "), output.text()))
    }

    /// The processes of nginx that answer; others after a reload.
    pub fn nginx_workers(&self) -> Result<Vec<String>> {
        let master = self.number("nginx.service", "MainPID")?.to_string();
        let mut workers: Vec<String> =
            self.server.check(["pgrep", "-P", &master])?.text().lines().map(str::to_owned).collect();
        workers.sort();
        Ok(workers)
    }

    /// `holdfast account create`, with this password.
    pub fn create_account(&self, name: &str, password: &str) -> Result<Output> {
        let email = format!("{name}@example.test");
        let args = ["account", "create", name, "--email", &email, "--password-stdin"];
        Ok(self.holdfast(&args).stdin(format!("{password}\n")).check()?)
    }

    /// The panel's API, as root on this server.
    pub fn api(&self) -> Result<Api> {
        Api::of_leader(self.server.leader())
    }

    /// The panel's unix socket, as this machine sees it.
    pub fn socket(&self) -> Target {
        Target::Unix(format!("/proc/{}/root/run/holdfast-panel/panel.sock", self.server.leader()).into())
    }

    /// A page of a site, from outside over IPv4.
    pub fn page(&self, host: &str, path: &str) -> Result<Reply> {
        Ok(self.server.http(host, path)?)
    }

    /// The same over IPv6.
    pub fn page6(&self, host: &str, path: &str) -> Result<Reply> {
        Ok(self.server.request(&Request::get(format!("http://{host}{path}")).over(Family::V6))?)
    }

    /// A visitor's connection to port 80, from outside over IPv4.
    pub fn visitor(&self) -> Result<Connection> {
        let address = SocketAddr::new(IpAddr::V4(self.server.ipv4()), 80);
        Connection::new(Target::Tcp(address), VISIT_LIMIT)
    }

    /// SFTP of an account, from outside.
    pub fn sftp(&self, account: &str, password: &str) -> Sftp {
        Sftp::new(IpAddr::V4(self.server.ipv4()), account, password)
    }

    /// A whole number that a unit's property is.
    pub fn number(&self, unit: &str, property: &str) -> Result<u64> {
        let text = self.server.property(unit, property)?;
        text.parse().with_context(|| format!("{property} of {unit} is `{text}`"))
    }

    /// The steps that passes would take now; empty when the whole server is as it should be.
    pub fn planned_steps(&self) -> Result<Vec<String>> {
        Ok(steps(&self.api()?.get("/plan")?))
    }
}

/// The summaries of all steps of a plan, wherever in the document they are.
pub(crate) fn steps(plan: &Value) -> Vec<String> {
    let objects = plan["objects"].as_array().or_else(|| plan["plan"]["objects"].as_array());
    let steps = objects.into_iter().flatten().filter_map(|object| object["steps"].as_array());
    steps.flatten().map(|step| step["summary"].as_str().unwrap_or_default().to_owned()).collect()
}
