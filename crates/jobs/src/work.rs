//! What a kind is given while it works on a job.

use desired::Panel;
use names::Micros;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{StoreError, WriteTx};
use tokio::sync::watch;
use wire::CancellationToken;

use crate::job::{Job, Problem, StepState, advance};
use crate::store::Lease;

/// Why a kind stops before its end.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// It cannot be done.
    #[error("{}", .0.detail)]
    Failed(Problem),
    /// It was asked to end, and the host is at rest.
    #[error("it was cancelled")]
    Cancelled,
    /// Another works on it by now; nothing more is written.
    #[error("another works on it")]
    Lost,
    /// The database did not answer; it is taken up again.
    #[error("the database did not take a job's progress")]
    Store(#[from] StoreError),
}

/// A job that is worked on.
pub struct Work {
    pub(crate) panel: Panel,
    pub(crate) lease: Lease,
    pub(crate) job: Job,
    pub(crate) cancel: CancellationToken,
    pub(crate) moved: watch::Sender<u64>,
}

impl Work {
    /// The job, as it was last written down.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The panel.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// What was kept by [`Work::note`]; none where there is nothing that reads as this type.
    pub fn memory<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.job.memory.clone()).ok()
    }

    /// Whether it was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Until it is asked to end.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// Begins a step, and so ends the one before. Beginning the one that runs is no change.
    pub async fn begin(&mut self, step: &str) -> Result<(), Stop> {
        let now = self.panel.now();
        let mut steps = self.job.steps.clone();
        advance(&mut steps, Some(step), StepState::Done, now);
        if steps == self.job.steps {
            return Ok(());
        }
        let (lease, percent) = (&self.lease, self.job.percent);
        let held = self
            .panel
            .store()
            .write(async |tx: &mut WriteTx| lease.set_steps(tx, &steps, percent).await)
            .await?;
        self.job.steps = steps;
        self.held(held)
    }

    /// Says how far it is, from 0 to 100. What is said already, or less, is no change.
    pub async fn percent(&mut self, percent: i64) -> Result<(), Stop> {
        let percent = percent.clamp(0, 100);
        if self.job.percent.is_some_and(|before| before >= percent) {
            return Ok(());
        }
        let lease = &self.lease;
        let held =
            self.panel.store().note(async |tx: &mut WriteTx| lease.set_percent(tx, percent).await).await?;
        self.job.percent = Some(percent);
        self.held(held)
    }

    /// Adds lines to the log.
    pub async fn say(&mut self, line: impl Into<String>) -> Result<(), Stop> {
        let (lease, lines, now) = (&self.lease, [line.into()], self.panel.now());
        let held =
            self.panel.store().write(async |tx: &mut WriteTx| lease.add_lines(tx, &lines, now).await).await?;
        self.held(held)
    }

    /// Adds lines to the log, and keeps what is known now, in one transaction: after a stop in between, either both are there or none.
    pub async fn note(&mut self, lines: &[String], memory: &impl Serialize) -> Result<(), Stop> {
        // Texts and numbers, which are always JSON.
        let memory = serde_json::to_value(memory).unwrap_or_default();
        let (lease, now) = (&self.lease, self.panel.now());
        let write = async |tx: &mut WriteTx| -> Result<bool, StoreError> {
            Ok(lease.add_lines(tx, lines, now).await? && lease.set_memory(tx, &memory).await?)
        };
        let held = self.panel.store().write(write).await?;
        self.job.memory = memory;
        self.held(held)
    }

    /// The time.
    pub fn now(&self) -> Micros {
        self.panel.now()
    }

    fn held(&self, held: bool) -> Result<(), Stop> {
        self.moved.send_modify(|count| *count = count.wrapping_add(1));
        if held { Ok(()) } else { Err(Stop::Lost) }
    }
}
