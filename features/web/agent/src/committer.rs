//! The one door through which the live tree changes.
//!
//! Passes of many objects ask at once. The first goes at once; what comes meanwhile is taken together into the next
//! round. A round writes the changed files to the mirror, has nginx test it in the place of the live tree, leaves out
//! the changes that nginx refuses, notes what it is about to do, replaces the live files, reloads nginx, and looks from
//! outside until the new tree answers. Each change learns what came of it; the bad ones cost the others nothing.
//!
//! Guarantees:
//! - no live file changes before nginx has taken the whole;
//! - a live file that somebody edited is not replaced without a person's decision, and a copy of it is kept then;
//! - after a crash at any moment the next start ends in the old tree or the new one, never between;
//! - "done" means that the change was seen to be served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use converge::{Condition, ObserveError, Reason, StepError, TakeBack};
use hostd::{Host, HostError};
use names::{DomainName, ListenAddr, SiteId};

use crate::check::Check;
use crate::layout::TreeFile;
use crate::live::LiveCache;
use crate::probe::Probe;
use crate::record::{Owner, Want};
use crate::render::Templates;
use crate::state::{State, StateError};
use crate::tree::{Tree, TreeError};

mod activate;
mod look;
mod recover;
mod round;
mod secure;

/// Where nginx listens with a base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listen {
    /// For HTTP.
    pub http: Vec<ListenAddr>,
    /// For HTTPS.
    pub https: Vec<ListenAddr>,
}

impl Listen {
    pub(crate) fn of(state: &State) -> Self {
        Self { http: state.listen.clone(), https: state.listen_tls.clone() }
    }
}

/// What one object asks of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What its part of the tree should be.
    pub want: Want,
    /// Where nginx listens with this base; nowhere for sites.
    pub listen: Listen,
    /// Live files to put back as they are in the mirror.
    pub repair: Vec<TreeFile>,
    /// The hand edits that are taken back.
    pub take_back: TakeBack,
    /// Nginx was seen to serve something else than what it should have loaded.
    pub reload: bool,
}

/// See the module.
pub struct Committer {
    check: Box<dyn Check>,
    probe: Box<dyn Probe>,
    templates: Templates,
    /// None until the mirror was read, and again after an error in the middle of a round.
    inner: RwLock<Option<Inner>>,
    live: LiveCache,
    queue: Mutex<Queue>,
    turn: Condvar,
    /// Names that a site of the tree gives up as soon as its own change goes through.
    released: Mutex<BTreeSet<(DomainName, SiteId)>>,
}

/// What the committer knows of the host.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) tree: Tree,
    pub(crate) state: State,
}

#[derive(Default)]
struct Queue {
    next: u64,
    waiting: Vec<(u64, Request)>,
    done: BTreeMap<u64, Result<(), StepError>>,
    leading: bool,
}

/// Why a round or a look could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The host.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The document beside the mirror.
    #[error(transparent)]
    State(#[from] StateError),
    /// The mirror.
    #[error("the mirror of the nginx tree is damaged: {0}")]
    Tree(#[from] TreeError),
}

impl CommitError {
    fn reason(&self) -> Reason {
        match self {
            Self::Host(e) | Self::State(StateError::Host(e)) if e.is_disk_full() => Reason::DiskFull,
            _ => Reason::StepFailed,
        }
    }

    /// What an observation says that met it.
    pub(crate) fn unobservable(&self) -> ObserveError {
        match self.reason() {
            Reason::DiskFull => ObserveError::Because(Reason::DiskFull, self.text()),
            _ => ObserveError::Failed(self.text()),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Host(e) | Self::State(StateError::Host(e)) => e.chain(),
            other => other.to_string(),
        }
    }
}

/// Ends the lead of a round, also when it panics: whoever waits then leads the next.
struct Lead<'a> {
    committer: &'a Committer,
    tickets: Vec<u64>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut queue = self.committer.queue();
        queue.leading = false;
        for ticket in &self.tickets {
            let lost = || Err(StepError::failed("the round ended without an answer; it is tried again"));
            queue.done.entry(*ticket).or_insert_with(lost);
        }
        self.committer.turn.notify_all();
    }
}

impl Committer {
    /// A committer with nginx's own test and the eyes of the probe.
    pub fn new(check: Box<dyn Check>, probe: Box<dyn Probe>) -> Self {
        Self {
            check,
            probe,
            templates: Templates::default(),
            inner: RwLock::new(None),
            live: LiveCache::default(),
            queue: Mutex::default(),
            turn: Condvar::new(),
            released: Mutex::default(),
        }
    }

    /// The templates.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Brings a change about and waits until it was seen to be served.
    pub fn commit(&self, host: &Host, request: Request) -> Result<(), StepError> {
        let mut queue = self.queue();
        let ticket = queue.next;
        queue.next += 1;
        queue.waiting.push((ticket, request));
        loop {
            if let Some(result) = queue.done.remove(&ticket) {
                return result;
            }
            if queue.leading {
                queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            queue.leading = true;
            let (tickets, requests): (Vec<u64>, Vec<Request>) =
                std::mem::take(&mut queue.waiting).into_iter().unzip();
            drop(queue);
            let lead = Lead { committer: self, tickets };
            let results = self.round(host, &requests);
            self.queue().done.extend(lead.tickets.iter().copied().zip(results));
            drop(lead);
            queue = self.queue();
        }
    }

    /// Whether the tree has lines of this site already.
    pub(crate) fn is_serving(&self, host: &Host, site: SiteId) -> bool {
        self.with(host, |inner| inner.tree.record(site).is_some()).unwrap_or(false)
    }

    /// Whether nginx listens for HTTPS with the tree.
    pub(crate) fn listens_tls(&self, host: &Host) -> bool {
        self.with(host, |inner| !inner.state.listen_tls.is_empty()).unwrap_or(false)
    }

    /// The site that a name leads to in the tree.
    pub fn holder(&self, host: &Host, name: &DomainName) -> Result<Option<SiteId>, CommitError> {
        self.with(host, |inner| inner.tree.holder(name))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is known, recovering first where that was not done yet.
    pub(crate) fn with<T>(&self, host: &Host, look: impl FnOnce(&Inner) -> T) -> Result<T, CommitError> {
        {
            let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(inner) = inner.as_ref() {
                return Ok(look(inner));
            }
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if inner.is_none() {
            *inner = Some(recover::recover(host)?);
        }
        let known = inner.as_ref().ok_or_else(|| StateError::Unreadable("not recovered".to_owned()))?;
        Ok(look(known))
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        if let Some(inner) = self.inner.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(inner);
        }
    }

    /// Finishes what a crash left, and reads the mirror. Called by itself at the first use; calling it at the start makes
    /// the first pass quicker.
    pub fn recover(&self, host: &Host) -> Result<(), CommitError> {
        self.with(host, |_| ())
    }
}

/// How a change that could not be made leaves its object.
pub(crate) fn held(
    request: &Request,
    serving: bool,
    reason: Reason,
    message: impl Into<String>,
) -> StepError {
    let leaving = matches!(request.want, Want::Site(_, None) | Want::Base(None));
    let condition = match reason {
        _ if leaving => Condition::Deleting,
        _ if serving => Condition::Degraded,
        Reason::ConfigRefused | Reason::StepFailed | Reason::DiskFull => Condition::Failed,
        _ => Condition::Pending,
    };
    StepError { condition, reason, message: message.into() }
}

/// Whether the tree holds something of this object already.
pub(crate) fn is_serving(tree: &Tree, owner: Owner) -> bool {
    match owner {
        Owner::Base => tree.base().is_some(),
        Owner::Site(id) => tree.record(id).is_some(),
    }
}

#[cfg(test)]
mod tests;
