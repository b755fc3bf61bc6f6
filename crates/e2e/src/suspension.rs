//! A suspension, of an account or of what is above it, measured: a running PHP request, an open SFTP session, a process in the
//! background, sessions of the owner and of a developer, and a stream of events; and what everybody may before and after.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};
use testhost::Running;

use crate::connection::{Connection, Target};
use crate::node::Node;
use crate::session::Session;
use crate::wait_for;

/// Every access has ended by then.
pub const ENDS_WITHIN: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(90);
/// Longer than any of it would last by itself until then.
const LONG: Duration = Duration::from_mins(3);

/// Who is suspended.
#[derive(Debug, Clone, Copy)]
pub struct Tenant<'a> {
    /// The account; it is there, with a password.
    pub account: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Its site, which runs PHP.
    pub site: &'a str,
    /// A developer of it.
    pub developer: &'a str,
}

/// How it went.
#[derive(Debug)]
pub struct Measured {
    /// What ended, and how long after it was asked for.
    pub ended: Vec<(&'static str, Duration)>,
    /// What went on that should not have; what came back other than it was.
    pub wrong: Vec<String>,
    /// What everybody may: the members with what their roles allow, and what their own sessions say.
    pub rights: [Vec<Value>; 2],
}

impl Measured {
    /// Whether everything ended in time, and the rights after are those of before.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
            && self.ended.iter().all(|(_, took)| *took <= ENDS_WITHIN)
            && self.rights[0] == self.rights[1]
    }
}

impl Tenant<'_> {
    /// Pages for it: one that runs for minutes and leaves a child behind, and one that is quick.
    pub fn prepare(&self, node: &Node) -> Result<()> {
        let slow = format!(
            "<?php
exec('setsid sleep 300 >/dev/null 2>&1 </dev/null &');
file_put_contents('/home/{}/began', '');
for ($end = time() + 170; time() < $end;) {{ usleep(100000); }} // a signal ends one sleep, and not all of them
echo 'to the end';",
            self.account
        );
        for (name, text) in [("slow.php", slow.as_str()), ("quick.txt", "quick")] {
            let path = format!("/home/{}/sites/{}/public/{name}", self.account, self.site);
            let argv = ["runuser", "-u", self.account, "--", "sh", "-c", "cat > \"$0\"", &path];
            node.command(argv).stdin(text).check()?;
        }
        Ok(())
    }

    /// Suspends what is at `path` and lets it go on, with everything running meanwhile.
    pub fn measure(&self, node: &Node, path: &str, body: &Value) -> Result<Measured> {
        let mut api = node.api()?;
        let before = self.rights(node)?;
        let mut running = self.begin(node)?;
        let (mut wrong, mut ended) = (Vec::new(), Vec::new());
        let asked = Instant::now();
        api.post(&format!("{path}/suspend"), body)?;
        for (whose, session) in ["owner", "developer"].iter().zip(&mut running.sessions) {
            if session.get("/me")?.0 != 401 {
                wrong.push(format!("the session of the {whose} goes on"));
            }
        }
        ended.push(("sessions", asked.elapsed()));
        wait_for("the processes to end", LIMIT, || Ok(self.processes(node)?.is_empty().then_some(())))?;
        ended.push(("processes", asked.elapsed()));
        // by the server's word: the client sleeps for as long as its slowness wants, and notices then
        wait_for("SFTP to end", LIMIT, || Ok((!self.sftp_is_served(node)?).then_some(())))?;
        ended.push(("SFTP", asked.elapsed()));
        wait_for("pages to be refused", LIMIT, || {
            Ok((node.page(self.site, "/quick.txt").is_ok_and(|reply| reply.status == 503)).then_some(()))
        })?;
        ended.push(("pages", asked.elapsed()));
        let (text, at) = joined(running.asking)?;
        if text.contains("to the end") {
            wrong.push("PHP went on to its end".to_owned());
        }
        ended.push(("PHP", at.saturating_duration_since(asked)));
        let (status, at) = joined(running.streaming)??;
        ensure!(status == 200, "the stream of events was refused: {status}");
        ended.push(("events", at.saturating_duration_since(asked)));
        if node.sftp(self.account, self.password).batch("ls\n").run()?.ok() {
            wrong.push("SFTP lets in".to_owned());
        }
        if Session::of(node, self.developer)?.roles()? != json!([]) {
            wrong.push("the developer's role is in force".to_owned());
        }

        api.post(&format!("{path}/unsuspend"), &json!({}))?;
        api.wait_ready(&format!("/accounts/{}", self.account), LIMIT)?;
        api.wait_ready(&format!("/sites/{}", self.site), LIMIT)?;
        let after = self.rights(node)?;
        if node.page(self.site, "/quick.txt")?.text() != "quick" {
            wrong.push("the page did not come back".to_owned());
        }
        if !node.sftp(self.account, self.password).batch("ls\n").run()?.ok() {
            wrong.push("SFTP did not come back".to_owned());
        }
        Ok(Measured { ended, wrong, rights: [before, after] })
    }

    /// What everybody may.
    fn rights(&self, node: &Node) -> Result<Vec<Value>> {
        let mut all = vec![node.api()?.get(&format!("/accounts/{}/members", self.account))?["items"].clone()];
        for member in all[0].as_array_mut().context("no members")? {
            member["state"].take(); // one who was new is no longer, once they signed in
            member["invited_until"].take();
        }
        for login in [self.account, self.developer] {
            all.push(Session::of(node, login)?.roles()?);
        }
        Ok(all)
    }

    /// Begins everything that is to end, and sees that it runs.
    fn begin(&self, node: &Node) -> Result<Begun> {
        node.run(["rm", "-f", &self.began()])?;
        let big = Big::new()?;
        let mut sessions = [Session::of(node, self.account)?, Session::of(node, self.developer)?];
        let (stream, target) = (Session::of(node, self.account)?, node.socket());
        let streaming = thread::spawn(move || -> Result<(u16, Instant)> {
            let headers = [("authorization", stream.bearer()), ("accept", "text/event-stream")];
            let mut connection = Connection::new(target, LONG)?;
            let answer = connection.send("GET", "localhost", "/api/v1/events", &headers, None)?;
            Ok((answer.status, Instant::now()))
        });
        let (web, site) = (SocketAddr::new(IpAddr::V4(node.ipv4()), 80), self.site.to_owned());
        let asking = thread::spawn(move || {
            let answer =
                Connection::new(Target::Tcp(web), LONG).and_then(|mut it| it.get(&site, "/slow.php"));
            (answer.map(|answer| answer.text()).unwrap_or_default(), Instant::now())
        });
        let mut upload = node.sftp(self.account, self.password).slow_upload(&big.0).spawn()?;
        wait_for("PHP, its child and SFTP to run", LIMIT, || {
            let running = self.processes(node)?;
            let began = node.run(["test", "-e", &self.began()])?.ok();
            Ok((began && running.contains("sleep 300") && running.contains("sftp")).then_some(()))
        })?;
        let path = format!("/accounts/{}", self.account);
        for session in &mut sessions {
            ensure!(session.get(&path)?.0 == 200, "a session does not see the account");
        }
        ensure!(!asking.is_finished() && !streaming.is_finished(), "something ended before it was ended");
        ensure!(upload.ended()?.is_none(), "the upload ended before it was ended");
        ensure!(self.sftp_is_served(node)?, "nothing is seen of the upload");
        Ok(Begun { sessions, asking, streaming, _upload: upload, _big: big })
    }

    fn began(&self) -> String {
        format!("/home/{}/began", self.account)
    }

    /// Processes of the account.
    fn processes(&self, node: &Node) -> Result<String, testhost::Error> {
        Ok(node.run(["ps", "-U", self.account, "-o", "args=", "-ww"])?.text())
    }

    /// Whether a process of sshd, root's own among them, has a connection of the account.
    fn sftp_is_served(&self, node: &Node) -> Result<bool, testhost::Error> {
        let all = node.run(["ps", "-e", "-o", "args=", "-ww"])?.text();
        let account = format!(": {}", self.account);
        Ok(all.lines().any(|line| line.starts_with("sshd") && line.contains(&account)))
    }
}

/// Everything that is to end.
struct Begun {
    sessions: [Session; 2],
    asking: JoinHandle<(String, Instant)>,
    streaming: JoinHandle<Result<(u16, Instant)>>,
    _upload: Running,
    _big: Big,
}

/// A file that takes long to upload; gone when dropped.
struct Big(PathBuf);

impl Big {
    fn new() -> Result<Self> {
        let name = format!("holdfast-suspension-{}-{:?}", std::process::id(), thread::current().id());
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, vec![0_u8; 8 << 20]).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for Big {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(Path::new(&self.0));
    }
}

fn joined<T>(thread: JoinHandle<T>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a thread ended by a fault"))
}
