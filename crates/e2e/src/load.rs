//! A visitor who never stops: requests to one site from outside, each on a connection of its own, none forgiven.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::connection::{Connection, Target};

/// How long a visitor waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A visitor asks so often at least, however short the act that it accompanies was.
const LEAST: u64 = 25;
/// Failures that are kept with their texts.
const KEPT: usize = 5;

/// Requests under way, until [`Load::stop`].
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    visitors: Vec<JoinHandle<LoadReport>>,
}

/// What the visitors met.
#[derive(Debug, Default, Clone)]
pub struct LoadReport {
    /// Requests that were answered as they should be.
    pub good: u64,
    /// Requests that were not.
    pub bad: u64,
    /// The first of the failures.
    pub failures: Vec<String>,
    /// The longest that a good one took.
    pub slowest: Duration,
}

impl Load {
    /// Begins to ask `address` for `path` of each of `hosts`; a good answer is a 200 that contains `text`. There is one
    /// visitor per host.
    pub fn start(address: IpAddr, hosts: &[&str], path: &str, text: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let visit = |host: &&str| {
            let (stop, host, path, text) =
                (Arc::clone(&stop), (*host).to_owned(), path.to_owned(), text.to_owned());
            thread::spawn(move || visit(SocketAddr::new(address, 80), &host, &path, &text, &stop))
        };
        let visitors = hosts.iter().map(visit).collect();
        Self { stop, visitors }
    }

    /// Ends it, and tells.
    pub fn stop(self) -> Result<LoadReport> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = LoadReport::default();
        for visitor in self.visitors {
            let one = visitor.join().map_err(|_| anyhow!("a visitor ended by a fault"))?;
            all.good += one.good;
            all.bad += one.bad;
            all.failures.extend(one.failures);
            all.slowest = all.slowest.max(one.slowest);
        }
        Ok(all)
    }
}

fn visit(address: SocketAddr, host: &str, path: &str, text: &str, stop: &AtomicBool) -> LoadReport {
    let mut report = LoadReport::default();
    let fail = |report: &mut LoadReport, why: String| {
        report.bad += 1;
        if report.failures.len() < KEPT {
            report.failures.push(format!("{host}{path}: {why}"));
        }
    };
    let mut connection = match Connection::new(Target::Tcp(address), PATIENCE) {
        Ok(connection) => connection,
        Err(error) => {
            fail(&mut report, format!("{error:#}"));
            return report;
        }
    };
    while !stop.load(Ordering::Relaxed) || report.good + report.bad < LEAST {
        connection.close();
        match connection.send("GET", host, path, &[("connection", "close")], None) {
            Ok(answer) if answer.status == 200 && answer.text().contains(text) => {
                report.good += 1;
                report.slowest = report.slowest.max(answer.elapsed);
            }
            Ok(answer) => {
                let said: String = answer.text().chars().take(200).collect();
                fail(&mut report, format!("{}: {said}", answer.status));
            }
            Err(error) => fail(&mut report, format!("{error:#}")),
        }
        // A visitor, not a flood: two cores serve, measure and restart here.
        #[expect(clippy::disallowed_methods, reason = "the pace of the visitor")]
        thread::sleep(Duration::from_millis(4));
    }
    report
}
