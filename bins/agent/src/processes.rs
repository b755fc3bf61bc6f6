//! The processes that take most of the server.
//!
//! Two small files are read of each, and no more: what a process was started with may be a password.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use converge::methods::{HostProcess, ListProcesses, ProcessList, ProcessSort};
use hostd::{Host, HostError};

use crate::metrics::proc::{self, Stat};

/// Hundredths of a second that a program is told its processor time in; fixed for programs, whatever the kernel counts in.
const TICKS: u64 = 100;
/// Looks that follow each other faster are held against the same look before, or their figures would be chance.
const LEAST: Duration = Duration::from_secs(2);
/// A look that is older says nothing of now.
const MOST: Duration = Duration::from_mins(1);

/// Processor time of each process at some look, in ticks, with when the process started: numbers are used again.
type Times = HashMap<u32, (u64, u64)>;

/// The look before.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    before: Mutex<Option<(Duration, Times)>>,
}

impl Processes {
    /// One look.
    pub(crate) fn list(&self, host: &Host, ask: &ListProcesses) -> Result<ProcessList, HostError> {
        let (now, at) = (host.elapsed(), host.now().as_micros());
        let seen = all(host)?;
        let count = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        let shares = self.shares(now, &seen);
        let mut order: Vec<usize> = (0..seen.len()).collect();
        let least_first = |index: &usize| {
            let (_, stat) = &seen[*index];
            match ask.sort {
                ProcessSort::Memory => (stat.pages, stat.ticks),
                // the part in millionths sorts as the part does
                ProcessSort::Cpu => match &shares {
                    Some(shares) => (share_key(shares[*index]), stat.pages),
                    None => (stat.ticks, stat.pages),
                },
            }
        };
        order.sort_by_cached_key(|index| std::cmp::Reverse(least_first(index)));
        let most = usize::try_from(ask.limit.min(ListProcesses::MOST)).unwrap_or(0);
        let stat = host.files().read_text("/proc/stat").ok().flatten().unwrap_or_default();
        let booted = proc::booted(&stat);
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let users = host.users()?;
        let mut processes = Vec::with_capacity(most.min(order.len()));
        for index in order {
            if processes.len() == most {
                break;
            }
            let (pid, stat) = &seen[index];
            let text = |file: &str| {
                let bytes = host.files().read(&format!("/proc/{pid}/{file}")).ok().flatten()?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            };
            // it ended since
            let Some(uid) = text("status").as_deref().and_then(proc::uid) else { continue };
            let name = users.user_by_uid(uid).map(|user| user.name.clone());
            let account = name.clone().filter(|_| host.is_account(uid).unwrap_or(false));
            processes.push(HostProcess {
                pid: *pid,
                command: stat.command.clone(),
                user: name.unwrap_or_else(|| uid.to_string()),
                account,
                unit: text("cgroup").as_deref().and_then(proc::unit),
                cpu: shares.as_ref().map(|shares| shares[index]),
                memory: stat.pages.saturating_mul(page),
                started: started(booted, stat.started),
            });
        }
        Ok(ProcessList { at, count, processes })
    }

    /// What part of a processor's time each took since the look before; none where there was none that says something.
    fn shares(&self, now: Duration, seen: &[(u32, Stat)]) -> Option<Vec<f64>> {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let age = before.as_ref().map(|(at, _)| now.saturating_sub(*at));
        let known = before.as_ref().filter(|_| age.is_some_and(|age| !age.is_zero() && age <= MOST));
        let shares = known.map(|(at, times)| {
            let since = now.saturating_sub(*at).as_secs_f64();
            let share = |(pid, stat): &(u32, Stat)| {
                let then = times.get(pid).filter(|(_, started)| *started == stat.started);
                // one that came since took all its time since
                let ticks = stat.ticks.saturating_sub(then.map_or(0, |(ticks, _)| *ticks));
                part(ticks, since)
            };
            seen.iter().map(share).collect()
        });
        if age.is_none_or(|age| age >= LEAST) {
            let times = seen.iter().map(|(pid, stat)| (*pid, (stat.ticks, stat.started))).collect();
            *before = Some((now, times));
        }
        shares
    }
}

#[expect(clippy::cast_precision_loss, reason = "a part of a processor's time needs no more")]
fn part(ticks: u64, seconds: f64) -> f64 {
    let part = ticks as f64 / TICKS as f64 / seconds;
    (part * 10_000.0).round() / 10_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part is not below 0, and a large one is the largest"
)]
fn share_key(share: f64) -> u64 {
    (share * 1_000_000.0) as u64
}

fn started(booted: i64, ticks: u64) -> i64 {
    let since = i64::try_from(ticks.saturating_mul(1_000_000 / TICKS)).unwrap_or(i64::MAX);
    booted.saturating_mul(1_000_000).saturating_add(since)
}

/// All processes; those that end meanwhile are left out.
fn all(host: &Host) -> Result<Vec<(u32, Stat)>, HostError> {
    let mut found = Vec::new();
    for pid in pids(host)? {
        let bytes = host.files().read(&format!("/proc/{pid}/stat")).ok().flatten();
        found.extend(bytes.as_deref().and_then(proc::stat).map(|stat| (pid, stat)));
    }
    Ok(found)
}

/// The numbers of all processes.
pub(crate) fn pids(host: &Host) -> Result<Vec<u32>, HostError> {
    Ok(host.files().list("/proc")?.into_iter().filter_map(|(name, _)| name.parse().ok()).collect())
}

#[cfg(test)]
mod tests;
