//! The server that is measured, and what every measurement does with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Api, Connection, Target, is_ready};
use serde_json::{Value, json};
use testhost::{Cmd, Distro, Image, ImageKind, Options, Server, Upper};

const SETUP_LIMIT: Duration = Duration::from_mins(5);
/// Connections of a batch.
const PARALLEL: usize = 16;
/// Between two questions of a visitor who waits for a page.
const ASK_AGAIN: Duration = Duration::from_millis(3);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A server with Holdfast on it.
pub(super) struct Rig {
    pub(super) server: Server,
    /// Sites that exist.
    pub(super) sites: usize,
    accounts: usize,
    /// When a batch is given up.
    until: Instant,
}

/// How a batch went.
pub(super) struct Batch {
    pub(super) objects: usize,
    pub(super) accepted: Duration,
    pub(super) elapsed: Duration,
    pub(super) reloads: u64,
}

impl Rig {
    /// Boots, installs, sets up.
    pub(super) fn new(distro: Distro, deb: &Path, until: Instant) -> Result<Self> {
        Image::ensure(distro, ImageKind::Ready)?;
        let server = Server::boot(Options::ready(distro).name("bench").upper(Upper::DurableDisk))?;
        server.install_package(deb).with_context(|| format!("install {}", deb.display()))?;
        // the rate limit is for strangers; what is measured is what an answer costs
        let config = "requests_per_second = 100000\nrequests_burst = 100000\n";
        server.push("/etc/holdfast/panel.toml", config, 0o644)?;
        let output = server.command(["holdfast", "setup"]).deadline(SETUP_LIMIT).run()?;
        ensure!(output.ok(), "holdfast setup: {}\n{}", output.text(), output.error_text());
        let rig = Self { server, sites: 0, accounts: 0, until };
        rig.wait_node()?;
        Ok(rig)
    }

    /// The API over the panel's unix socket.
    pub(super) fn api(&self) -> Result<Api> {
        Api::of_leader(self.server.leader())
    }

    /// The socket, as this machine sees it.
    pub(super) fn socket(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/run/holdfast-panel/panel.sock", self.server.leader()))
    }

    /// What a script of the server's shell writes.
    pub(super) fn sh(&self, script: &str) -> Result<String> {
        let command = self.server.command(["sh", "-ec", script]).deadline(Duration::from_mins(5));
        Ok(command.check()?.text())
    }

    /// A number that a script writes.
    pub(super) fn number(&self, script: &str) -> Result<u64> {
        let text = self.sh(script)?;
        text.trim().parse().with_context(|| format!("`{script}` wrote no number: {text}"))
    }

    /// How often nginx was made to load the tree since boot, as the agent's journal tells.
    pub(super) fn reloads(&self) -> Result<u64> {
        self.number("journalctl -b -u holdfast-agent.service -o cat --no-pager | grep -c 'nginx loads the tree' || true")
    }

    /// The main process of a unit.
    pub(super) fn pid(&self, unit: &str) -> Result<u64> {
        self.number(&format!("systemctl show --value -p MainPID {unit}"))
    }

    /// Panel and agent anew, as after a boot.
    pub(super) fn restart(&self) -> Result<()> {
        self.sh("systemctl restart holdfast-agent.service holdfast-panel.service")?;
        self.wait_node()
    }

    fn wait_node(&self) -> Result<()> {
        let ready = |node: &Value| node["webserver"]["condition"] == "ready" && !node["host"].is_null();
        self.api()?.wait_until("/node", Duration::from_mins(2), ready)?;
        Ok(())
    }

    /// A sweep through the panel, after the one that may be under way; only this one is timed.
    pub(super) fn sweep(&self) -> Result<e2e::ApiAnswer> {
        let mut api = self.api()?;
        loop {
            let answer = api.call("POST", "/sweep", None)?;
            if answer.status != 503 || Instant::now() > self.until {
                return answer.checked();
            }
            pause();
        }
    }

    /// The name of the next account; it does not exist yet.
    pub(super) fn next_account(&mut self) -> String {
        self.accounts += 1;
        format!("bench{}", self.accounts)
    }

    /// The name of the next site; it does not exist yet.
    pub(super) fn next_site(&mut self) -> String {
        self.sites += 1;
        format!("s{}.example.test", self.sites)
    }

    /// Makes objects in parallel without waiting for the host, then waits until all of a list are ready and nothing is left to do.
    fn batch(&self, path: &str, bodies: &[Value]) -> Result<Batch> {
        let (begun, reloads) = (Instant::now(), self.reloads()?);
        let next = AtomicUsize::new(0);
        let work = || -> Result<()> {
            let mut api = self.api()?;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                api.post(path, body)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => bail!("a worker of the batch died"),
            })
        })?;
        let accepted = begun.elapsed();
        self.settled(path)?;
        let elapsed = begun.elapsed();
        Ok(Batch { objects: bodies.len(), accepted, elapsed, reloads: self.reloads()? - reloads })
    }

    /// Waits until all objects of a list are ready and the plan is empty.
    pub(super) fn settled(&self, path: &str) -> Result<()> {
        let mut api = self.api()?;
        let mut last = None::<String>;
        loop {
            // one that was not ready is asked alone, so that waiting costs the panel little
            if let Some(id) = &last
                && !is_ready(&api.get(&format!("{path}/{id}"))?)
            {
                if Instant::now() > self.until {
                    bail!("not ready in time: {}", api.get(&format!("{path}/{id}"))?);
                }
                pause();
                continue;
            }
            let all = api.list(path)?;
            last = all
                .iter()
                .rev()
                .find(|o| !is_ready(o))
                .map(|o| o["id"].as_str().unwrap_or_default().to_owned());
            if last.is_none() {
                break;
            }
        }
        let empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        api.wait_until("/plan", Duration::from_mins(2), |plan| {
            empty(&plan["plan"]["objects"]) && empty(&plan["waiting"])
        })?;
        Ok(())
    }

    /// More accounts, all at once.
    pub(super) fn more_accounts(&mut self, count: usize) -> Result<(Vec<String>, Batch)> {
        let names: Vec<String> = (0..count).map(|_| self.next_account()).collect();
        let body = |name: &String| json!({ "name": name, "email": format!("{name}@example.test") });
        let batch = self.batch("/accounts", &names.iter().map(body).collect::<Vec<_>>())?;
        Ok((names, batch))
    }

    /// More sites, all at once, spread over accounts.
    pub(super) fn more_sites(&mut self, count: usize, accounts: &[String]) -> Result<Batch> {
        let mut bodies = Vec::new();
        for at in 0..count {
            let account = accounts.get(at % accounts.len().max(1)).context("no account for the sites")?;
            bodies.push(json!({ "account": account, "name": self.next_site() }));
        }
        self.batch("/sites", &bodies)
    }

    /// From the POST until the site answers 200, each of `count` sites of an account alone.
    pub(super) fn create_to_200(&mut self, account: &str, count: usize) -> Result<Vec<Duration>> {
        let mut api = self.api()?;
        let mut times = Vec::new();
        for _ in 0..count {
            let name = self.next_site();
            let begun = Instant::now();
            create(&mut api, "/sites", &json!({ "account": account, "name": name }))?;
            self.until_200(&name)?;
            times.push(begun.elapsed());
        }
        Ok(times)
    }

    /// From the POST, which waits for nothing, until a visitor who asks over and over gets the first 200.
    pub(super) fn create_to_first_200(&mut self, account: &str, count: usize) -> Result<Vec<Duration>> {
        let mut api = self.api()?;
        let mut times = Vec::new();
        for _ in 0..count {
            let name = self.next_site();
            let begun = Instant::now();
            let site = api.post("/sites", &json!({ "account": account, "name": name }))?;
            self.until_200(&name)?;
            times.push(begun.elapsed());
            let path = format!("/sites/{}", site["id"].as_str().context("a site without an id")?);
            api.wait_until(&path, Duration::from_secs(30), is_ready)?;
        }
        Ok(times)
    }

    /// From the POST of a new account until its first site answers 200.
    pub(super) fn account_to_200(&mut self) -> Result<(String, Duration)> {
        let mut api = self.api()?;
        let (account, name) = (self.next_account(), self.next_site());
        let begun = Instant::now();
        let email = format!("{account}@example.test");
        create(&mut api, "/accounts", &json!({ "name": account, "email": email }))?;
        create(&mut api, "/sites", &json!({ "account": account, "name": name }))?;
        self.until_200(&name)?;
        Ok((account, begun.elapsed()))
    }

    fn until_200(&self, name: &str) -> Result<()> {
        let address = SocketAddr::from((self.server.ipv4(), 80));
        let mut visitor = Connection::new(Target::Tcp(address), Duration::from_secs(30))?;
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = visitor.get(name, "/")?;
            if answer.status == 200 {
                return Ok(());
            }
            ensure!(Instant::now() < until, "{name} answers {}: {}", answer.status, answer.text());
            // another visitor, who meets another worker of nginx
            visitor.close();
            std::thread::sleep(ASK_AGAIN);
        }
    }
}

fn create(api: &mut Api, path: &str, body: &Value) -> Result<()> {
    let answer = api.call_with("POST", path, &[("prefer", "wait=60")], Some(body))?.checked()?;
    ensure!(is_ready(&answer.body), "POST {path} did not become ready: {}", answer.body);
    Ok(())
}

/// A program of this machine.
pub(super) fn here<const N: usize>(argv: [&str; N]) -> Result<String> {
    Ok(Cmd::new(argv).check()?.text())
}

pub(super) fn pause() {
    std::thread::sleep(PAUSE);
}
