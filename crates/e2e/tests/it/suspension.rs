//! A suspension, of the account or of its organisation, ends every access within five seconds, and letting go on gives back exactly what
//! was there: a running PHP request, an open SFTP session, a process in the background, sessions of the owner and of a developer, and
//! a stream of events.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use e2e::{Checks, Connection, Distro, Node, Target};
use serde_json::{Value, json};

use crate::support::{self, LIMIT, PASSWORD, docroot, put};

/// Every access has ended by then.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// Longer than any of it would last by itself until then.
const LONG: Duration = Duration::from_mins(3);
const SITE: &str = "a.example.test";
const SLOW: &str = "<?php
exec('setsid sleep 300 >/dev/null 2>&1 </dev/null &');
file_put_contents('/home/alice/began', '');
for ($end = time() + 170; time() < $end;) { usleep(100000); } // a signal ends one sleep, and not all of them
echo 'to the end';";

pub(crate) fn on(distro: Distro) {
    let node = Node::ready(distro, "suspension").unwrap();
    let mut checks = Checks::new(distro.name());
    let mut made = false;
    checks.check("an organisation with an account, a site and a developer", || {
        let mut api = node.api().unwrap();
        api.post("/organisations", &json!({ "name": "acme", "kind": "reseller" })).unwrap();
        let body = json!({ "name": "alice", "email": "a@example.test", "password": PASSWORD, "organisation": "acme" });
        api.post("/accounts", &body).unwrap();
        api.wait_ready("/accounts/alice", LIMIT).unwrap();
        support::site(&mut api, "alice", SITE);
        put(&node, "alice", &format!("{}/slow.php", docroot("alice", SITE)), SLOW);
        put(&node, "alice", &format!("{}/quick.txt", docroot("alice", SITE)), "quick");
        let dev = json!({ "login": "dev@alice", "role": "developer", "new": true });
        api.post("/accounts/alice/members", &dev).unwrap();
        made = true;
    });
    if !made {
        return checks.finish();
    }
    for (what, path, body) in [
        ("the account", "/accounts/alice", json!({ "reason": "unpaid" })),
        ("its organisation", "/organisations/acme", json!({ "accounts": true })),
    ] {
        checks.check(&format!("suspending {what} ends every access, and gives all of it back"), || {
            all_ends(&node, path, &body);
        });
    }
    checks.finish();
}

fn socket(node: &Node) -> Target {
    Target::Unix(PathBuf::from(format!("/proc/{}/root/run/holdfast-panel/panel.sock", node.leader())))
}

/// One person's session, over the panel's socket.
struct Session {
    bearer: String,
    connection: Connection,
}

impl Session {
    fn of(node: &Node, login: &str) -> Self {
        let link = node.api().unwrap().post("/login-links", &json!({ "login": login })).unwrap();
        let mut connection = Connection::new(socket(node), LIMIT).unwrap();
        let body = json!({ "token": link["token"] }).to_string();
        let headers = [("content-type", "application/json")];
        let path = "/api/v1/session/link";
        let answer = connection.send("POST", "localhost", path, &headers, Some(body.as_bytes())).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap().to_owned();
        let (_, rest) = cookie.split_once('=').unwrap();
        let token = rest.split(';').next().unwrap();
        Self { bearer: format!("Bearer {token}"), connection }
    }

    fn get(&mut self, path: &str) -> (u16, Value) {
        let headers = [("authorization", self.bearer.as_str())];
        let answer =
            self.connection.send("GET", "localhost", &format!("/api/v1{path}"), &headers, None).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn roles(&mut self) -> Value {
        self.get("/session").1["roles"].clone()
    }
}

/// Processes of the account.
fn processes(node: &Node) -> String {
    node.run(["ps", "-U", "alice", "-o", "args=", "-ww"]).unwrap().text()
}

/// Whether a process of sshd, root's own among them, has a connection of the account.
fn sftp_is_served(node: &Node) -> bool {
    let all = node.run(["ps", "-e", "-o", "args=", "-ww"]).unwrap().text();
    all.lines().any(|line| line.starts_with("sshd") && line.contains(": alice"))
}

/// What everybody may: the members with what their roles allow, and what their own sessions say.
fn rights(node: &Node) -> Vec<Value> {
    let mut all = vec![node.api().unwrap().get("/accounts/alice/members").unwrap()["items"].clone()];
    for member in all[0].as_array_mut().unwrap() {
        member["state"].take(); // one who was new is no longer, once they signed in
        member["invited_until"].take();
    }
    for login in ["alice", "dev@alice"] {
        all.push(Session::of(node, login).roles());
    }
    all
}

fn all_ends(node: &Node, path: &str, body: &Value) {
    let mut api = node.api().unwrap();
    let before = rights(node);
    node.run(["rm", "-f", "/home/alice/began"]).unwrap();
    let big = std::env::temp_dir().join(format!("holdfast-suspension-{}", std::process::id()));
    std::fs::write(&big, vec![0_u8; 8 << 20]).unwrap();
    let (mut owner, mut developer) = (Session::of(node, "alice"), Session::of(node, "dev@alice"));
    let (bearer, target) = (Session::of(node, "alice").bearer, socket(node));
    let streaming = thread::spawn(move || {
        let headers = [("authorization", bearer.as_str()), ("accept", "text/event-stream")];
        let mut connection = Connection::new(target, LONG).unwrap();
        let answer = connection.send("GET", "localhost", "/api/v1/events", &headers, None).unwrap();
        (answer.status, Instant::now())
    });
    let web = SocketAddr::new(IpAddr::V4(node.ipv4()), 80);
    let asking = thread::spawn(move || {
        let answer = Connection::new(Target::Tcp(web), LONG).unwrap().get(SITE, "/slow.php");
        (answer.map(|answer| answer.text()).unwrap_or_default(), Instant::now())
    });
    let mut upload = node.sftp("alice", PASSWORD).slow_upload(&big).spawn().unwrap();
    e2e::wait_for("PHP, its child and SFTP to run", LIMIT, || {
        let running = processes(node);
        let began = node.run(["test", "-e", "/home/alice/began"]).unwrap().ok();
        Ok((began && running.contains("sleep 300") && running.contains("sftp")).then_some(()))
    })
    .unwrap();
    assert_eq!((owner.get("/accounts/alice").0, developer.get("/accounts/alice").0), (200, 200));
    assert!(!asking.is_finished() && !streaming.is_finished(), "something ended before it was ended");
    assert!(upload.ended().unwrap().is_none(), "the upload ended before it was ended");
    assert!(sftp_is_served(node), "nothing is seen of the upload");

    let asked = Instant::now();
    api.post(&format!("{path}/suspend"), body).unwrap();
    let mut ended: Vec<(&str, Duration)> = Vec::new();
    let mut seen = |what: &'static str| {
        let took = asked.elapsed();
        ended.push((what, took));
    };
    assert_eq!((owner.get("/session").0, developer.get("/session").0), (401, 401), "the sessions go on");
    seen("sessions");
    e2e::wait_for("the processes to end", LIMIT, || Ok(processes(node).is_empty().then_some(()))).unwrap();
    seen("processes");
    // by the server's word: the client sleeps for as long as its slowness wants, and notices then
    e2e::wait_for("SFTP to end", LIMIT, || Ok((!sftp_is_served(node)).then_some(()))).unwrap();
    seen("SFTP");
    e2e::wait_for("pages to be refused", LIMIT, || {
        Ok((node.page(SITE, "/quick.txt").is_ok_and(|reply| reply.status == 503)).then_some(()))
    })
    .unwrap();
    seen("pages");
    let (text, at) = asking.join().unwrap();
    assert!(!text.contains("to the end"), "{text}");
    ended.push(("PHP", at.saturating_duration_since(asked)));
    let (status, at) = streaming.join().unwrap();
    assert_eq!(status, 200);
    ended.push(("events", at.saturating_duration_since(asked)));
    eprintln!("  ended after: {ended:?}");
    let late: Vec<_> = ended.iter().filter(|(_, took)| *took > ENDS_WITHIN).collect();
    assert!(late.is_empty(), "too late: {late:?}");
    assert!(!node.sftp("alice", PASSWORD).batch("ls\n").run().unwrap().ok(), "SFTP lets in");
    assert_eq!(Session::of(node, "dev@alice").roles(), json!([]), "nothing is in force");

    api.post(&format!("{path}/unsuspend"), &json!({})).unwrap();
    api.wait_ready("/accounts/alice", LIMIT).unwrap();
    api.wait_ready(&format!("/sites/{SITE}"), LIMIT).unwrap();
    assert_eq!(rights(node), before, "exactly the rights of before");
    assert_eq!(node.page(SITE, "/quick.txt").unwrap().text(), "quick");
    node.sftp("alice", PASSWORD).batch("ls\n").check().unwrap();
    let _ = std::fs::remove_file(&big);
}
