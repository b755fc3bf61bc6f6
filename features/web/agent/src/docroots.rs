//! Document roots, which the account's worker makes: root opens nothing below a home.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use hostd::Host;
use names::AccountName;
use web_spec::{DocrootMade, MakeDocroot};
use wire::{BlockingClient, Method};

/// Calls to one worker at a time; it takes 32 connections, and others call it too. Workers do not wait for one another.
const CALLS: usize = 8;

/// Asks an account's worker for a document root.
pub trait Docroots: Send + Sync {
    /// Makes it; an error is a sentence for people.
    fn make(&self, host: &Host, account: &AccountName, request: &MakeDocroot) -> Result<DocrootMade, String>;
}

/// The worker of the account, by its socket.
#[derive(Debug, Default)]
pub struct WorkerDocroots {
    calls: Mutex<BTreeMap<AccountName, usize>>,
    ended: Condvar,
}

/// One call to a worker; the next may begin when it ends, however it ends.
struct Turn<'a> {
    of: &'a WorkerDocroots,
    account: &'a AccountName,
}

impl WorkerDocroots {
    fn turn<'a>(&'a self, account: &'a AccountName) -> Turn<'a> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        while calls.get(account).is_some_and(|&n| n >= CALLS) {
            calls = self.ended.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        *calls.entry(account.clone()).or_default() += 1;
        Turn { of: self, account }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut calls = self.of.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = calls.get_mut(self.account) {
            *n -= 1;
            if *n == 0 {
                calls.remove(self.account);
            }
        }
        self.of.ended.notify_all();
    }
}

impl Docroots for WorkerDocroots {
    fn make(&self, host: &Host, account: &AccountName, request: &MakeDocroot) -> Result<DocrootMade, String> {
        let _turn = self.turn(account);
        let failed = |e: wire::WireError| format!("the worker of {account}: {e}");
        let mut client = BlockingClient::connect(host.worker_socket(account)).map_err(failed)?;
        client.call(request, MakeDocroot::DEADLINE.min(Duration::from_secs(30))).map_err(failed)
    }
}

#[cfg(test)]
mod tests;
