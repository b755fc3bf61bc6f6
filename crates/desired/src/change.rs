//! A change of what should be, from the request to the answer.
//!
//! The rules run in a transaction. For a dry run, and before a change that expects a plan, that transaction is rolled back and the agent
//! is asked what it would do; nothing waits for the agent within a transaction. A change that expects a plan is committed only if
//! the plan is the one that was shown, and each object carries the hash of its own part, so that the agent refuses if the host moves in
//! between.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use api_kit::idempotency::{self, Claim};
use api_kit::{ApiError, Progress};
use converge::{Cause, PlannedStep, Refusal};
use names::{Digest, Generation, Id, Micros};
use store::WriteTx;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::event::{self, Event};
use crate::key::Key;
use crate::kind::{AnyKind, AnyWish, How, Object};
use crate::panel::Panel;
use crate::plan::{self, Effect, PlanView, PlannedObject};
use crate::wait::Waiter;

/// Objects that the agent is asked about at once.
const AT_ONCE: usize = 6;

/// How a change is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `dry_run`, `expect_plan`, `overwrite`.
    pub change: api_kit::Change,
    /// How long the caller would wait for the host.
    pub wait: Option<Duration>,
    /// Who asks, for the agent's log.
    pub cause: Cause,
    /// Who asks, for the audit.
    pub who: audit::Who,
    /// The request, where it is to be done once however often it is sent.
    pub claim: Option<Claim>,
}

impl Asked {
    /// As a request says it. A hand edit of a managed file is the administrators', so overwriting one is theirs to decide.
    pub fn by(
        actor: &auth::Actor,
        change: api_kit::Change,
        prefer: api_kit::Prefer,
    ) -> Result<Self, ApiError> {
        if change.overwrite && actor.everywhere::<auth::EditNode>().is_err() {
            let detail = "Files that were edited by hand are overwritten by an administrator alone. Leave overwrite out.";
            return Err(ApiError::forbidden(detail));
        }
        let request_id = api_kit::request_id::current().unwrap_or_default();
        let cause = Cause { actor: actor.name().to_owned(), request_id };
        let (who, claim) = (audit::Who::from(actor), idempotency::current());
        Ok(Self { change, wait: prefer.wait, cause, who, claim })
    }
}

/// What came of a change.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Nothing was changed; this is what would be done.
    Plan(PlanView),
    /// It was written down.
    Done {
        /// What the rules answered.
        value: T,
        /// Whether the host was observed to be so before the caller's patience ended.
        progress: Progress,
    },
}

impl<T> Outcome<T> {
    /// The same outcome with another value.
    pub fn with<U>(self, value: U) -> Outcome<U> {
        match self {
            Self::Plan(plan) => Outcome::Plan(plan),
            Self::Done { progress, .. } => Outcome::Done { value, progress },
        }
    }
}

/// What a change's rules say about objects, within the transaction.
pub struct Draft {
    /// The time of the change.
    pub now: Micros,
    /// The plan that was agreed to, for the audit.
    pub plan: Option<Digest>,
    overwrite: bool,
    who: audit::Who,
    request_id: String,
    touched: Touched,
    again: HashSet<Key>,
    effects: Vec<Effect>,
    ids: Vec<Uuid>,
    used: usize,
    panel: Panel,
}

/// Objects in the order in which they were first named; a change of an account may name ten thousand.
#[derive(Default)]
struct Touched {
    order: Vec<Key>,
    known: HashSet<Key>,
}

impl Touched {
    /// Whether the object is new here.
    fn add(&mut self, key: Key) -> bool {
        let new = self.known.insert(key.clone());
        if new {
            self.order.push(key);
        }
        new
    }
}

impl Draft {
    fn new(panel: &Panel, asked: &Asked, ids: Vec<Uuid>) -> Self {
        Self {
            now: panel.now(),
            plan: asked.change.expect_plan,
            overwrite: asked.change.overwrite,
            who: asked.who.clone(),
            request_id: asked.cause.request_id.clone(),
            touched: Touched::default(),
            again: HashSet::new(),
            effects: Vec::new(),
            ids,
            used: 0,
            panel: panel.clone(),
        }
    }

    /// An id for a new object. Every run of the same change gets the same ids in the same order, since plans name them.
    pub fn new_id<K: names::Kind>(&mut self) -> Id<K> {
        let kept = self.ids.get(self.used).and_then(|uuid| Id::parse(&uuid.to_string()).ok());
        let id = kept.unwrap_or_else(|| {
            let id = Id::new();
            self.ids.push(id.uuid());
            id
        });
        self.used += 1;
        id
    }

    /// An id for a new object that was chosen before the rules run ([`Panel::id_ahead`]): the first that the change gives.
    pub fn take_id<K: names::Kind>(&mut self, id: Id<K>) {
        match self.ids.get_mut(self.used) {
            Some(kept) => *kept = id.uuid(),
            None => self.ids.push(id.uuid()),
        }
        self.used += 1;
    }

    /// The change gives or takes what the host does not hold: part of its plan.
    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// A new row was made.
    pub fn made(&mut self, key: Key) {
        self.touched.add(key);
    }

    /// A row's meaning was changed: raises its generation.
    pub async fn raise<O: Object>(
        &mut self,
        tx: &mut WriteTx,
        id: &<O::Spec as converge::Spec>::Key,
    ) -> Result<(), ApiError> {
        let key = Key::of::<O::Spec>(id);
        let raise = O::SQL.raise.bind(&key.id).bind(self.now).bind(self.overwrite);
        if let Some(held) = self.panel.ahead_of(&key, Generation::FIRST)
            && let Some(wish) = O::load(tx, &key.id).await?
            && wish.block.generation <= held
        {
            let detail = format!(
                "The server holds a later version of {} {} than this database, which was put back from an older copy. Decide with \
                 `holdfast adopt` first.",
                key.kind, wish.name
            );
            return Err(ApiError::conflict("behind", detail));
        }
        if self.touched.add(key) {
            tx.execute(raise).await?;
        }
        Ok(())
    }

    /// Has an object tried again at once, as it is wished for now. Its generation stays, and so does the plan that it may be bound to.
    pub async fn again(&mut self, tx: &mut WriteTx, key: &Key) -> Result<(), ApiError> {
        let panel = self.panel.clone();
        let kind = panel.registry().find(key.kind).ok_or_else(|| ApiError::not_found("object"))?;
        let wish = kind.load(tx, &key.id).await?.ok_or_else(|| ApiError::not_found("object"))?;
        tx.execute(wish.sql().unwrap_or(kind.sql()).again.bind(&key.id)).await?;
        self.touched.add(key.clone());
        self.again.insert(key.clone());
        Ok(())
    }

    /// As [`Self::raise`], above a version that the server holds.
    pub async fn raise_above(
        &mut self,
        tx: &mut WriteTx,
        kind: &dyn AnyKind,
        id: &str,
        held: Generation,
    ) -> Result<(), ApiError> {
        tx.execute(kind.sql().lift.bind(id).bind(held)).await?;
        tx.execute(kind.sql().raise.bind(id).bind(self.now).bind(self.overwrite)).await?;
        self.touched.add(Key { kind: kind.kind(), id: id.to_owned() });
        Ok(())
    }

    /// Writes the change into the audit. `before` and `after` are the object as the API shows it.
    pub async fn audit(
        &self,
        tx: &mut WriteTx,
        action: &str,
        object: audit::Object,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Result<(), ApiError> {
        let entry = audit::Entry {
            who: self.who.clone(),
            request_id: &self.request_id,
            action,
            object,
            before,
            after,
            plan_hash: self.plan,
            outcome: audit::Outcome::Done,
        };
        audit::append(tx, &entry, self.now).await?;
        Ok(())
    }

    /// Writes an event down.
    pub async fn event(&self, tx: &mut WriteTx, event: &Event) -> Result<(), ApiError> {
        Ok(event::note(tx, self.now, event).await?)
    }
}

/// An object that the caller waits for.
struct Awaited {
    waiter: Waiter,
    /// The end of the attempt that was asked for: before it, what is known of the object is older than the question.
    attempt: Option<oneshot::Receiver<()>>,
}

/// A change's rules, with all that they need but the transaction. They may run twice: once to rehearse, once for good.
pub trait Rules: Send + Sync + 'static {
    /// What they answer.
    type Value: Send;

    /// Runs in the transaction. Answers a value, and the object that the caller waits for; where that is of a kind that does not
    /// converge, the caller waits for every object that the change concerns.
    fn run(
        &self,
        tx: &mut WriteTx,
        draft: &mut Draft,
    ) -> impl Future<Output = Result<(Self::Value, Key), ApiError>> + Send;
}

impl Panel {
    /// The id of the first object that a change will make, where something must be done under it before the rules run: the one that the
    /// expected plan names, or a new one. The rules say so by [`Draft::take_id`].
    pub fn id_ahead<K: names::Kind>(&self, change: &api_kit::Change) -> Id<K> {
        let shown = change.expect_plan.map(|plan| self.reserved().of(plan)).unwrap_or_default();
        shown.first().and_then(|uuid| Id::parse(&uuid.to_string()).ok()).unwrap_or_else(Id::new)
    }

    /// Carries out a change.
    pub async fn change<R: Rules>(&self, asked: &Asked, rules: R) -> Result<Outcome<R::Value>, ApiError> {
        if self.is_unmet() {
            let detail = "The database was just put back, and is not yet held against what is on the server. Try again in a moment.";
            return Err(ApiError::unavailable("just_restored", detail, Duration::from_secs(5)));
        }
        let mut ids = asked.change.expect_plan.map(|plan| self.reserved().of(plan)).unwrap_or_default();
        let mut parts = Vec::new();
        if asked.change.dry_run || asked.change.expect_plan.is_some() {
            let (wishes, effects, new_ids) = self.rehearse(asked, ids, &rules).await?;
            ids = new_ids;
            let plan = self.plan(&wishes, effects, asked.change.overwrite, &asked.cause).await?;
            self.reserved().remember(plan.0.hash, ids.clone());
            if asked.change.dry_run {
                return Ok(Outcome::Plan(plan.0));
            }
            if asked.change.expect_plan != Some(plan.0.hash) {
                let now = serde_json::to_value(&plan.0).map_err(ApiError::internal)?;
                return Err(ApiError::plan_changed(now));
            }
            parts = plan.1;
        }
        // A task of its own: a client that goes away must not leave a commit behind that nobody was woken for.
        let (panel, how) = (self.clone(), asked.clone());
        let writing = tokio::spawn(async move { panel.commit(how, rules, ids, parts).await });
        let (value, awaited) = writing.await.map_err(ApiError::internal)??;
        let mut progress = if awaited.is_empty() { Progress::Observed } else { Progress::UnderWay };
        if let Some(wait) = asked.wait {
            let until = Instant::now() + wait;
            for awaited in awaited {
                match self.wait_for(awaited, until).await? {
                    Some(come) => progress = come,
                    None => progress = Progress::UnderWay,
                }
                if progress == Progress::UnderWay {
                    break;
                }
            }
        }
        Ok(Outcome::Done { value, progress })
    }

    /// Waits until waiting is of no further use; none where the time is over, or the panel stops.
    async fn wait_for(&self, awaited: Awaited, until: Instant) -> Result<Option<Progress>, ApiError> {
        let Awaited { waiter, attempt } = awaited;
        if let Some(ended) = attempt {
            tokio::select! {
                in_time = timeout_at(until, ended) => if in_time.is_err() { return Ok(None) },
                () = self.stop().cancelled() => return Ok(None),
            }
        }
        loop {
            let moved = waiter.next();
            if let Some(come) = self.progress(waiter.key()).await? {
                return Ok(Some(come));
            }
            tokio::select! {
                in_time = timeout_at(until, moved) => if in_time.is_err() { return Ok(None) },
                () = self.stop().cancelled() => return Ok(None),
            }
        }
    }

    /// Writes the change down, and wakes what is concerned.
    async fn commit<R: Rules>(
        &self,
        asked: Asked,
        rules: R,
        ids: Vec<Uuid>,
        parts: Vec<(Key, Digest)>,
    ) -> Result<(R::Value, Vec<Awaited>), ApiError> {
        let mut draft = Draft::new(self, &asked, ids);
        let (value, awaited) = self
            .store()
            .write(async |tx: &mut WriteTx| -> Result<(R::Value, Key), ApiError> {
                let done = rules.run(tx, &mut draft).await?;
                if let Some(claim) = &asked.claim {
                    claim.done(tx).await?;
                }
                for (key, part) in parts.iter().filter(|(key, _)| !draft.again.contains(key)) {
                    if let Some(kind) = self.registry().find(key.kind) {
                        let leaving = kind.load(tx, &key.id).await?.and_then(|wish| wish.sql());
                        tx.execute(leaving.unwrap_or(kind.sql()).expect.bind(&key.id).bind(*part)).await?;
                    }
                }
                Ok(done)
            })
            .await?;
        self.events_written();
        let awaited = match self.registry().find(awaited.kind) {
            Some(_) => vec![awaited],
            None => draft.touched.order.clone(),
        };
        let mut attempts: HashMap<Key, oneshot::Receiver<()>> =
            draft.again.into_iter().map(|key| (key.clone(), self.next_attempt(key))).collect();
        let register =
            |key: Key| Awaited { attempt: attempts.remove(&key), waiter: self.waiters().register(key) };
        let waiters = awaited.into_iter().map(register).collect();
        for key in draft.touched.order {
            self.caused(key.clone(), asked.cause.clone());
            self.wake(key);
        }
        Ok((value, waiters))
    }

    /// How far an object has come, where waiting is of no further use: the host was observed, well, badly or clean; or a person decides.
    async fn progress(&self, key: &Key) -> Result<Option<Progress>, ApiError> {
        let Some(wish) = self.load(key).await? else { return Ok(Some(Progress::Observed)) };
        let block = wish.block();
        Ok(match (wish.is_absent(), block.waits_for_person()) {
            (false, _) if block.is_settled() => Some(Progress::Observed),
            (_, true) => Some(Progress::UnderWay),
            (_, false) => None,
        })
    }

    /// What should be of one object; none where its row is gone.
    pub(crate) async fn load(&self, key: &Key) -> Result<Option<Box<dyn AnyWish>>, store::StoreError> {
        let Some(kind) = self.registry().find(key.kind) else { return Ok(None) };
        self.store().read(async |tx: &mut store::Tx| kind.load(tx, &key.id).await).await
    }

    async fn rehearse(
        &self,
        asked: &Asked,
        ids: Vec<Uuid>,
        rules: &impl Rules,
    ) -> Result<(Vec<Box<dyn AnyWish>>, Vec<Effect>, Vec<Uuid>), ApiError> {
        let mut draft = Draft::new(self, asked, ids);
        let wishes = self
            .store()
            .rehearse(async |tx: &mut WriteTx| -> Result<_, ApiError> {
                rules.run(tx, &mut draft).await?;
                let mut wishes = Vec::new();
                for kind in self.registry().iter() {
                    for key in draft.touched.order.iter().filter(|key| key.kind == kind.kind()) {
                        wishes.extend(kind.load(tx, &key.id).await?);
                    }
                }
                Ok(wishes)
            })
            .await?;
        Ok((wishes, draft.effects, draft.ids))
    }

    /// What the agent would do about one object as it is wished for now; with `overwrite`, about hand edits too.
    pub async fn preview(&self, key: &Key, overwrite: bool, cause: &Cause) -> Result<PlanView, ApiError> {
        let wish = self.load(key).await?.ok_or_else(|| ApiError::not_found("object"))?;
        Ok(self.plan(&[wish], Vec::new(), overwrite, cause).await?.0)
    }

    /// Asks the agent about each object: the plan over all, and for each object whose plan is known, the hash of its part.
    async fn plan(
        &self,
        wishes: &[Box<dyn AnyWish>],
        effects: Vec<Effect>,
        overwrite: bool,
        cause: &Cause,
    ) -> Result<(PlanView, Vec<(Key, Digest)>), ApiError> {
        let (mut objects, mut parts) = (Vec::new(), Vec::new());
        let mut planned = Vec::with_capacity(wishes.len());
        for some in wishes.chunks(AT_ONCE) {
            let asking: Vec<_> =
                some.iter().map(|wish| self.plan_of(wish.as_ref(), overwrite, cause)).collect();
            planned.extend(futures_util::future::join_all(asking).await);
        }
        for (wish, planned) in wishes.iter().zip(planned) {
            let key = wish.key();
            let steps = match planned? {
                Planned::Known(plan) => {
                    parts.push((key.clone(), plan.hash()));
                    plan.steps
                }
                Planned::Unknown(step) => vec![step],
            };
            objects.push(PlannedObject {
                kind: key.kind.to_owned(),
                id: key.id,
                name: wish.name().to_owned(),
                generation: wish.block().generation.get(),
                steps,
            });
        }
        // Removal goes the other way round than making.
        if wishes.iter().all(|wish| wish.is_absent()) {
            objects.reverse();
        }
        Ok((PlanView::with(objects, effects), parts))
    }

    async fn plan_of(&self, wish: &dyn AnyWish, overwrite: bool, cause: &Cause) -> Result<Planned, ApiError> {
        let verb = if wish.is_absent() { "remove" } else { "set up" };
        let unknown = |on: String| Planned::Unknown(plan::unknown(verb, wish.key().kind, wish.name(), on));
        if let Some(other) = wish.waits_for() {
            return Ok(unknown(other.words().to_owned()));
        }
        let how = How { dry_run: true, expect_plan: None, overwrite, cause: cause.clone() };
        match wish.send(self.agent(), how).await {
            Ok(report) => Ok(Planned::Known(report.plan)),
            Err(error) => match error.refusal().and_then(Refusal::from_wire) {
                Some(Refusal::Unobservable { message }) => Ok(unknown(message)),
                _ => Err(plan::agent_error(error)),
            },
        }
    }
}

enum Planned {
    Known(converge::Plan),
    Unknown(PlannedStep),
}
