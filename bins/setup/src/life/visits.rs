//! Sites as a visitor meets them, before, while and after the panel is upgraded.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};

const PORT: u16 = 80;
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two rounds: a visitor, not a flood.
const PAUSE: Duration = Duration::from_millis(200);

/// What a site answers to a visitor at one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Visit {
    /// The site.
    pub(crate) site: String,
    /// The address of this server.
    pub(crate) address: IpAddr,
    /// The status before.
    pub(crate) status: u16,
}

impl Visit {
    /// Whether the site answers as it did: an error of the server is none where there was none.
    fn holds(&self) -> Result<(), String> {
        match ask(self.address, &self.site) {
            Ok(status) if status < 500 || self.status >= 500 => Ok(()),
            Ok(status) => Err(format!("{} answers {status} at {}", self.site, self.address)),
            Err(error) => Err(format!("{} at {}: {error}", self.site, self.address)),
        }
    }
}

/// What sites answer now; those that cannot be reached are left out.
pub(crate) fn look(addresses: &[IpAddr], sites: &[String]) -> Vec<Visit> {
    let pairs = sites.iter().flat_map(|site| addresses.iter().map(move |address| (site, *address)));
    pairs
        .filter_map(|(site, address)| {
            let status = ask(address, site).ok()?;
            Some(Visit { site: site.clone(), address, status })
        })
        .collect()
}

/// The first that does not answer as it did; each is asked twice, since one answer may be lost by anything.
pub(crate) fn first_that_fails(visits: &[Visit]) -> Option<String> {
    visits.iter().find_map(|visit| visit.holds().or_else(|_| visit.holds()).err())
}

/// What a visitor who never stops has met.
#[derive(Debug, Default, Clone)]
pub(crate) struct Met {
    /// Answers as before.
    pub(crate) good: u64,
    /// Others.
    pub(crate) bad: u64,
    /// The first of those.
    pub(crate) first: Option<String>,
}

/// Asks again and again until told to end.
pub(crate) fn keep_asking<'scope>(
    scope: &'scope Scope<'scope, '_>,
    visits: &'scope [Visit],
    end: &'scope AtomicBool,
) -> ScopedJoinHandle<'scope, Met> {
    scope.spawn(move || {
        let mut met = Met::default();
        while !end.load(Ordering::SeqCst) && !visits.is_empty() {
            for visit in visits {
                match visit.holds() {
                    Ok(()) => met.good += 1,
                    Err(error) => {
                        met.bad += 1;
                        met.first.get_or_insert(error);
                    }
                }
            }
            #[expect(clippy::disallowed_methods, reason = "the pace of the visitor")]
            thread::sleep(PAUSE);
        }
        met
    })
}

fn ask(address: IpAddr, site: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(address, PORT), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {site}\r\nConnection: close\r\nUser-Agent: holdfast\r\n\r\n")?;
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < 64 && stream.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    let line = String::from_utf8_lossy(&line);
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.trim().parse().ok());
    status.ok_or_else(|| std::io::Error::other(format!("no HTTP: {line}")))
}
