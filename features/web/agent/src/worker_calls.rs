//! Calls to the accounts' workers, so that no worker holds up more than its own account.
//!
//! A worker *is* the tenant: the tenant may stop it with a signal, and then every call to it waits until its deadline.
//! So an account has few calls at a time, all accounts together have a bound, whoever waits for room waits not for long,
//! and a worker that kept a call waiting is not asked for a while.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hostd::Host;
use names::AccountName;
use web_spec::{DocrootMade, GetSizes, MakeDocroot, Sizes};
use wire::{BlockingClient, Method, WireError};

/// Calls in all. The agent has 96 threads for everything that blocks.
const IN_ALL: usize = 16;
/// Document roots of one account at a time. One takes milliseconds, so that a batch of a hundred goes smoothly.
const DOCROOTS: usize = 4;
/// Counts of one account at a time: each reads the whole home.
const COUNTS: usize = 1;
/// How long a worker that did not answer in time is not asked.
const SILENCE: Duration = Duration::from_mins(1);

/// See the module.
#[derive(Debug)]
pub struct WorkerCalls {
    calls: Mutex<Calls>,
    ended: Condvar,
    silence: Duration,
}

impl Default for WorkerCalls {
    fn default() -> Self {
        Self { calls: Mutex::default(), ended: Condvar::new(), silence: SILENCE }
    }
}

/// Why an account's worker did not do it.
#[derive(Debug, thiserror::Error)]
pub enum WorkerCallError {
    /// It was not asked: too many calls are under way, or it did not answer a moment ago.
    #[error("the worker of {account} {why}")]
    Busy {
        /// Whose worker.
        account: AccountName,
        /// What it does instead.
        why: &'static str,
    },
    /// It was asked in vain.
    #[error("the worker of {account}: {error}")]
    Failed {
        /// Whose worker.
        account: AccountName,
        /// What came of it.
        error: WireError,
    },
}

/// What a worker is asked for; each sort has room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Errand {
    Docroot,
    Count,
}

#[derive(Debug, Default)]
struct Calls {
    in_all: usize,
    accounts: BTreeMap<AccountName, Account>,
}

#[derive(Debug, Default)]
struct Account {
    docroots: usize,
    counts: usize,
    /// It did not answer: not asked before this.
    silent_until: Option<Instant>,
}

impl Account {
    fn has_room(&self, errand: Errand) -> bool {
        match errand {
            Errand::Docroot => self.docroots < DOCROOTS,
            Errand::Count => self.counts < COUNTS,
        }
    }

    fn under_way(&mut self, errand: Errand) -> &mut usize {
        match errand {
            Errand::Docroot => &mut self.docroots,
            Errand::Count => &mut self.counts,
        }
    }
}

/// One call; the next may begin when it ends, however it ends.
struct Turn<'a> {
    of: &'a WorkerCalls,
    account: &'a AccountName,
    errand: Errand,
    in_time: bool,
}

impl WorkerCalls {
    /// Asks for a document root. Where the worker has no room, waits as long as one call may take.
    pub fn docroot(
        &self,
        host: &Host,
        account: &AccountName,
        ask: &MakeDocroot,
    ) -> Result<DocrootMade, WorkerCallError> {
        let turn = self.turn(account, Errand::Docroot, MakeDocroot::DEADLINE)?;
        turn.call(host, ask, MakeDocroot::DEADLINE)
    }

    /// Has a tree of the home counted. Waits for nobody: another look may be made in a moment.
    pub fn sizes(
        &self,
        host: &Host,
        account: &AccountName,
        ask: &GetSizes,
    ) -> Result<Sizes, WorkerCallError> {
        let turn = self.turn(account, Errand::Count, Duration::ZERO)?;
        turn.call(host, ask, GetSizes::DEADLINE)
    }

    fn turn<'a>(
        &'a self,
        account: &'a AccountName,
        errand: Errand,
        patience: Duration,
    ) -> Result<Turn<'a>, WorkerCallError> {
        let until = Instant::now() + patience;
        let busy = |why| Err(WorkerCallError::Busy { account: account.clone(), why });
        let mut calls = self.lock();
        loop {
            let now = Instant::now();
            let known = calls.accounts.get(account);
            if known.and_then(|known| known.silent_until).is_some_and(|until| now < until) {
                return busy("did not answer in time; it is asked again in a minute");
            }
            if calls.in_all < IN_ALL && known.is_none_or(|known| known.has_room(errand)) {
                calls.in_all += 1;
                *calls.accounts.entry(account.clone()).or_default().under_way(errand) += 1;
                return Ok(Turn { of: self, account, errand, in_time: true });
            }
            if now >= until {
                return busy("has no room for another call; it is asked again later");
            }
            calls = self.ended.wait_timeout(calls, until - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Calls, in all within the deadline. A worker that ends when it was idle may close a connection unread; every call may
    /// be repeated, so it is, once.
    fn call<M: Method>(
        mut self,
        host: &Host,
        ask: &M,
        deadline: Duration,
    ) -> Result<M::Reply, WorkerCallError> {
        let until = Instant::now() + deadline;
        let attempt = || {
            let mut client = BlockingClient::connect(host.worker_socket(self.account))?;
            client.call(ask, until.saturating_duration_since(Instant::now()))
        };
        let reply = match attempt() {
            Err(WireError::Closed) => attempt(),
            reply => reply,
        };
        reply.map_err(|error| {
            self.in_time = !is_late(&error);
            WorkerCallError::Failed { account: self.account.clone(), error }
        })
    }
}

/// Whether the worker kept the caller waiting, with its answer or already with taking the connection.
fn is_late(error: &WireError) -> bool {
    match error {
        WireError::Timeout { .. } => true,
        WireError::Connect { source, .. } => {
            matches!(source.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        }
        error => error.is_refused(wire::names::DEADLINE),
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut calls = self.of.lock();
        calls.in_all -= 1;
        if let Some(account) = calls.accounts.get_mut(self.account) {
            *account.under_way(self.errand) -= 1;
            account.silent_until = (!self.in_time).then(|| Instant::now() + self.of.silence);
            if account.docroots + account.counts == 0 && account.silent_until.is_none() {
                calls.accounts.remove(self.account);
            }
        }
        self.of.ended.notify_all();
    }
}

#[cfg(test)]
mod tests;
