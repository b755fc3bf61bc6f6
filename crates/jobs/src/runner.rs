//! Takes up what is due, keeps leases, and ends what is asked to end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use desired::event::{self, Code, Event};
use desired::{Key, Panel};
use names::{JobId, Micros};
use store::{StoreError, Tx, WriteTx};
use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use wire::CancellationToken;

use crate::job::{Ask, Job, Problem, State, Step, StepState, advance};
use crate::kind::Kind;
use crate::store::{self as rows, Lease};
use crate::work::{Stop, Work};

/// The word for a job in events and in the audit.
const KIND: &str = "job";
/// Jobs that run at once, of all kinds.
const PARALLEL: usize = 4;
/// A job that was taken up so often without coming to its next step is given up: it may be what ends the panel.
const MOST_TAKEN: i64 = 20;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Nobody else takes up a job so long after its last sign of life.
    pub lease: Duration,
    /// Between two signs of life.
    pub beat: Duration,
    /// A look for what is due at least this often, whatever is known.
    pub look: Duration,
}

impl Timing {
    /// For a server.
    pub const USUAL: Self =
        Self { lease: Duration::from_secs(15), beat: Duration::from_secs(3), look: Duration::from_secs(30) };
}

/// Why a job is not cancelled or tried again.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It ended.
    #[error("the job has ended")]
    Ended,
    /// It did not fail, and was not cancelled.
    #[error("the job did not fail")]
    NotFailed,
    /// Another of its kind and key is open.
    #[error("another job does the same")]
    Another(JobId),
    /// The database.
    #[error("the job could not be read or written")]
    Store(#[from] StoreError),
}

/// The jobs of this panel. Cheap to clone; the clones share everything.
#[derive(Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

struct Inner {
    panel: Panel,
    kinds: HashMap<&'static str, Arc<dyn Kind>>,
    timing: Timing,
    /// One word per process and start.
    owner: String,
    moved: watch::Sender<u64>,
    runs: watch::Sender<bool>,
}

impl Jobs {
    /// The jobs of these kinds. Nothing is worked on before [`Jobs::run`].
    pub fn new(panel: Panel, kinds: Vec<Arc<dyn Kind>>, timing: Timing) -> Self {
        let kinds = kinds.into_iter().map(|kind| (kind.name(), kind)).collect();
        let owner = JobId::new().to_string();
        let (moved, runs) = (watch::Sender::new(0), watch::Sender::new(false));
        Self { inner: Arc::new(Inner { panel, kinds, timing, owner, moved, runs }) }
    }

    /// Moves whenever a job or a log did; the number means nothing.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.inner.moved.subscribe()
    }

    /// Says that jobs were written, after the transaction.
    pub fn written(&self) {
        self.inner.moved.send_modify(|count| *count = count.wrapping_add(1));
        self.inner.panel.events_written();
    }

    fn steps(&self, kind: &str) -> Vec<Step> {
        let names = self.inner.kinds.get(kind).map_or(&[][..], |kind| kind.steps());
        names.iter().map(|name| Step::pending(name)).collect()
    }

    /// Asks for a job; where an open one does the same, that one, and whether it is new. Call [`Jobs::written`] after the transaction.
    pub async fn ask(&self, tx: &mut WriteTx, ask: &Ask) -> Result<(Job, bool), StoreError> {
        let (now, id) = (self.inner.panel.now(), JobId::new());
        if !rows::insert(tx, id, ask, &self.steps(ask.kind), now).await? {
            let open = rows::open(tx, ask.kind, &ask.key).await?;
            return open.map(|job| (job, false)).ok_or(StoreError::Missing);
        }
        let job = rows::find(tx, id).await?.ok_or(StoreError::Missing)?;
        tell(tx, &job, Code::JobQueued, now).await?;
        Ok((job, true))
    }

    /// Where it stands in the queue, from 1 on; none where it is not queued.
    pub async fn position(&self, tx: &mut Tx, job: &Job) -> Result<Option<i64>, StoreError> {
        match job.state {
            State::Queued => Ok(Some(rows::ahead(tx, job.id).await? + 1)),
            _ => Ok(None),
        }
    }

    /// Ends a queued job, and asks a running one to end. Call [`Jobs::written`] after the transaction.
    pub async fn cancel(&self, tx: &mut WriteTx, id: JobId) -> Result<Job, Refused> {
        let now = self.inner.panel.now();
        let found = async |tx: &mut Tx| rows::find(tx, id).await?.ok_or(StoreError::Missing);
        if rows::cancel_queued(tx, id, now).await? {
            let job = found(tx).await?;
            tell(tx, &job, Code::JobCancelled, now).await?;
            return Ok(job);
        }
        if found(tx).await?.state.is_ended() {
            return Err(Refused::Ended);
        }
        rows::ask_cancel(tx, id).await?;
        Ok(found(tx).await?)
    }

    /// Queues a job once more that failed or was cancelled. Call [`Jobs::written`] after the transaction.
    pub async fn retry(&self, tx: &mut WriteTx, id: JobId) -> Result<Job, Refused> {
        let job = rows::find(tx, id).await?.ok_or(StoreError::Missing)?;
        if !matches!(job.state, State::Failed | State::Cancelled) {
            return Err(Refused::NotFailed);
        }
        if let Some(open) = rows::open(tx, &job.kind, &job.key).await? {
            return Err(Refused::Another(open.id));
        }
        rows::again(tx, id, &self.steps(&job.kind)).await?;
        let job = rows::find(tx, id).await?.ok_or(StoreError::Missing)?;
        tell(tx, &job, Code::JobQueued, self.inner.panel.now()).await?;
        Ok(job)
    }

    /// Works on jobs until `stop`, then lets go of those that it holds, for whoever comes next.
    pub async fn run(self, stop: CancellationToken) {
        self.inner.runs.send_replace(true);
        let mut moved = self.moved();
        let mut busy: HashMap<task::Id, (JobId, String)> = HashMap::new();
        let mut tasks = JoinSet::new();
        loop {
            moved.borrow_and_update();
            let pause = match self.look(&mut busy, &mut tasks).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be looked at");
                    self.inner.timing.beat
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                changed = moved.changed() => if changed.is_err() { break },
                Some(ended) = tasks.join_next_with_id() => {
                    let (id, panicked) = match ended {
                        Ok((id, ())) => (id, false),
                        Err(error) => (error.id(), error.is_panic()),
                    };
                    if let Some((job, _)) = busy.remove(&id) && panicked {
                        self.give_up(job).await;
                    }
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
        tasks.shutdown().await;
        let owner = &self.inner.owner;
        let let_go = async |tx: &mut WriteTx| rows::let_go(tx, owner).await;
        if let Err(error) = self.inner.panel.store().write(let_go).await {
            tracing::info!(%error, "jobs are taken up again once their leases have run out");
        }
        self.inner.runs.send_replace(false);
    }

    /// Until [`Jobs::run`] has ended.
    pub async fn stopped(&self) {
        // the sender is held by `self`
        let _ = self.inner.runs.subscribe().wait_for(|runs| !runs).await;
    }

    /// Takes up what is due; how long nothing else is.
    async fn look(
        &self,
        busy: &mut HashMap<task::Id, (JobId, String)>,
        tasks: &mut JoinSet<()>,
    ) -> Result<Duration, StoreError> {
        let Inner { panel, kinds, timing, owner, .. } = &*self.inner;
        let due = panel.store().read(async |tx: &mut Tx| rows::due(tx).await).await?;
        let mut pause = timing.look;
        for job in due {
            if busy.values().any(|(of, _)| *of == job.id) {
                continue;
            }
            let now = panel.now();
            if let Some(until) = job.lease_until.filter(|until| *until > now && job.state == State::Running) {
                pause = pause.min(until.since(now) + Duration::from_millis(10));
                continue;
            }
            let Some(kind) = kinds.get(job.kind.as_str()) else { continue };
            let of_kind = busy.values().filter(|(_, name)| *name == job.kind).count();
            if tasks.len() >= PARALLEL || of_kind >= kind.parallel() {
                continue;
            }
            let lease = Lease { job: job.id, owner: owner.clone() };
            let until = now.plus(timing.lease);
            let take = async |tx: &mut WriteTx| -> Result<Option<Job>, StoreError> {
                if !lease.take(tx, until, now).await? {
                    return Ok(None);
                }
                let taken = rows::find(tx, job.id).await?.ok_or(StoreError::Missing)?;
                if job.state == State::Queued {
                    tell(tx, &taken, Code::JobStarted, now).await?;
                }
                Ok(Some(taken))
            };
            let Some(taken) = panel.store().write(take).await? else { continue };
            self.written();
            let (me, kind) = (self.clone(), Arc::clone(kind));
            let task = tasks.spawn(async move { me.work(kind, lease, taken).await });
            busy.insert(task.id(), (job.id, job.kind));
        }
        Ok(pause)
    }

    /// Works on one job while the lease is kept.
    async fn work(&self, kind: Arc<dyn Kind>, lease: Lease, job: Job) {
        let cancel = CancellationToken::new();
        if job.cancel_asked {
            cancel.cancel();
        }
        let id = job.id;
        let worn_out = job.taken > MOST_TAKEN;
        let mut work = Work {
            panel: self.inner.panel.clone(),
            lease: lease.clone(),
            job,
            cancel: cancel.clone(),
            moved: self.inner.moved.clone(),
        };
        let ended = if worn_out {
            let detail = format!("It was taken up {MOST_TAKEN} times and never came to its next step.");
            let remedy = "Look into the panel's journal for what ends it, then try the job again.";
            Some(Err(Stop::Failed(Problem::new("job_interrupted", detail, remedy))))
        } else {
            tokio::select! {
                ended = kind.run(&mut work) => Some(ended),
                () = self.keep(&lease, &cancel) => None,
            }
        };
        let outcome = match ended {
            Some(Ok(())) => (State::Done, None),
            Some(Err(Stop::Failed(problem))) => (State::Failed, Some(problem)),
            Some(Err(Stop::Cancelled)) => (State::Cancelled, None),
            Some(Err(Stop::Lost)) | None => {
                tracing::warn!(job = %id, "a job's lease was lost; whoever has it goes on");
                return;
            }
            Some(Err(Stop::Store(error))) => {
                tracing::warn!(job = %id, %error, "a job's progress could not be written; it is taken up again");
                // the lease runs out
                return;
            }
        };
        self.end(&work, outcome).await;
    }

    /// Gives signs of life, and hears whether the job is to end. Ends when the lease is lost.
    async fn keep(&self, lease: &Lease, cancel: &CancellationToken) {
        let Inner { panel, timing, .. } = &*self.inner;
        let mut moved = self.moved();
        let mut kept = Instant::now();
        let mut next = Instant::now() + timing.beat;
        loop {
            tokio::select! {
                changed = moved.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if !cancel.is_cancelled() {
                        let read = panel.store().read(async |tx: &mut Tx| rows::find(tx, lease.job).await).await;
                        if read.is_ok_and(|job| job.is_some_and(|job| job.cancel_asked)) {
                            cancel.cancel();
                        }
                    }
                    // a log that flows moves often
                    tokio::time::sleep_until((Instant::now() + timing.beat / 10).min(next)).await;
                    if Instant::now() < next {
                        continue;
                    }
                }
                () = tokio::time::sleep_until(next) => {}
            }
            next = Instant::now() + timing.beat;
            let until = panel.now().plus(timing.lease);
            let begun = Instant::now();
            let beat = async |tx: &mut WriteTx| -> Result<_, StoreError> {
                let held = lease.beat(tx, until).await?;
                Ok((held, rows::find(tx, lease.job).await?))
            };
            match panel.store().note(beat).await {
                Ok((false, _)) => return,
                Ok((true, job)) => {
                    kept = begun;
                    if job.is_some_and(|job| job.cancel_asked) {
                        cancel.cancel();
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, job = %lease.job, "a job's lease could not be kept longer");
                    if kept.elapsed() + timing.beat >= timing.lease {
                        return;
                    }
                }
            }
        }
    }

    /// Writes down how a job ended.
    async fn end(&self, work: &Work, (state, problem): (State, Option<Problem>)) {
        let panel = &self.inner.panel;
        let write = async |tx: &mut WriteTx| -> Result<bool, StoreError> {
            let now = panel.now();
            let mut steps = work.job.steps.clone();
            let ended = match state {
                State::Done => StepState::Done,
                State::Cancelled => StepState::Cancelled,
                _ => StepState::Failed,
            };
            advance(&mut steps, None, ended, now);
            let percent = if state == State::Done { Some(100) } else { work.job.percent };
            if !work.lease.end(tx, state, &steps, problem.as_ref(), (percent, now)).await? {
                return Ok(false);
            }
            let job = rows::find(tx, work.job.id).await?.ok_or(StoreError::Missing)?;
            let code = match state {
                State::Done => Code::JobDone,
                State::Cancelled => Code::JobCancelled,
                _ => Code::JobFailed,
            };
            tell(tx, &job, code, now).await?;
            Ok(true)
        };
        match panel.store().write(write).await {
            Ok(_) => self.written(),
            Err(error) => {
                tracing::warn!(%error, job = %work.job.id, "a job's end could not be written; it is taken up again");
            }
        }
    }

    /// A kind that panicked fails its job; its words are in the log.
    async fn give_up(&self, id: JobId) {
        let panel = &self.inner.panel;
        let read = panel.store().read(async |tx: &mut Tx| rows::find(tx, id).await).await;
        let Ok(Some(job)) = read else { return };
        let work = Work {
            panel: panel.clone(),
            lease: Lease { job: id, owner: self.inner.owner.clone() },
            job,
            cancel: CancellationToken::new(),
            moved: self.inner.moved.clone(),
        };
        let remedy =
            "Report it with the panel's journal (`journalctl -u holdfast-panel`), then try the job again.";
        let problem = Problem::new("internal", "The job ended by a fault of the panel's.", remedy);
        self.end(&work, (State::Failed, Some(problem))).await;
    }
}

async fn tell(tx: &mut WriteTx, job: &Job, code: Code, now: Micros) -> Result<(), StoreError> {
    let scope = Key { kind: KIND, id: job.id.to_string() };
    let mut event = Event::of(scope, job.account, code, &job.object.name)
        .in_organisation(job.organisation)
        .with("job", job.kind.as_str())
        .with("object", job.object.kind.as_str());
    if let Some(problem) = job.problem.as_ref().filter(|_| code == Code::JobFailed) {
        event = event.with("reason", problem.code.as_str()).with("message", problem.detail.as_str());
        if let Some(step) = job.step() {
            event = event.with("step", step);
        }
    }
    event::note(tx, now, &event).await
}

#[cfg(test)]
mod tests;
