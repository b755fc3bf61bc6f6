//! What a change would do on the host, over all objects that it concerns.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use converge::{Impact, PlannedStep, Refusal};
use names::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use api_kit::{ApiError, FieldError, Rehearsal};
use wire::WireError;

/// The steps of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlannedObject {
    /// The kind, such as `site`.
    pub kind: String,
    /// The id.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// The generation that the change would give it.
    pub generation: u64,
    /// The steps, in order.
    #[schema(value_type = Vec<StepView>)]
    pub steps: Vec<PlannedStep>,
}

/// One step, as the API describes it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// A stable code, such as `file.write`.
    pub code: String,
    /// One line for people.
    pub summary: String,
    /// `none`, `reload`, `restart` or `data_loss`.
    pub impact: String,
    /// The file it concerns.
    pub path: Option<String>,
    /// The unified diff of the file.
    pub diff: Option<String>,
    /// What the step depends on, where that is not there yet: then its details are not known.
    pub unknown: Option<String>,
}

/// What a change gives an account or takes from it, where the host does not hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Effect {
    /// The kind, such as `account`.
    pub kind: String,
    /// The id.
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// What is otherwise.
    pub changes: Vec<EffectChange>,
}

/// One value, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectChange {
    /// Which, such as `sites`.
    pub what: String,
    /// As it was: a number, `unlimited`, or on or off as true or false.
    pub before: serde_json::Value,
    /// As it would be.
    pub after: serde_json::Value,
    /// How much is used of what is counted.
    pub used: Option<i64>,
    /// More is used than there would be: nothing is taken away, and nothing new goes.
    pub over: bool,
}

/// All effects of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Effects {
    /// How many objects.
    pub total: u64,
    /// How many of them would have more in use than they may.
    pub over: u64,
    /// At most 500 of them, those first that would have more in use than they may.
    pub shown: Vec<Effect>,
}

impl Effects {
    fn of(mut all: Vec<Effect>) -> Self {
        let is_over = |effect: &Effect| effect.changes.iter().any(|change| change.over);
        let over = all.iter().filter(|effect| is_over(effect)).count() as u64;
        let total = all.len() as u64;
        all.sort_by_key(|effect| !is_over(effect));
        all.truncate(SHOWN);
        Self { total, over, shown: all }
    }
}

/// Objects whose steps are shown; of further ones there is only the count.
const SHOWN: usize = 500;

/// The plan of a change: what a dry run answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// Sent as `expect_plan`, it lets the change happen only if it would still do exactly this.
    #[schema(value_type = String)]
    pub hash: Digest,
    /// The strongest impact of all steps.
    #[schema(value_type = String, example = "reload")]
    pub impact: Impact,
    /// Every object that the change concerns, in the order in which they are applied; at most 500.
    pub objects: Vec<PlannedObject>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
    /// What the change does to what accounts may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<Effects>,
}

/// The answer to a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DryRun {
    /// The plan.
    pub plan: PlanView,
}

impl PlanView {
    /// A plan over these objects. The hash covers what would be done to what, and not the generations, which any other change moves.
    pub fn of(objects: Vec<PlannedObject>) -> Self {
        let parts: Vec<_> = objects.iter().map(|o| (&o.kind, &o.id, &o.name, &o.steps)).collect();
        // Steps are texts and enums, which are always JSON.
        let hash = Digest::of_json(&parts).unwrap_or_else(|error| Digest::of(error.to_string()));
        let impact = objects.iter().flat_map(|o| &o.steps).map(|s| s.impact).max().unwrap_or(Impact::None);
        Self { hash, impact, objects, left_out: None, effects: None }
    }

    /// As [`PlanView::of`], with what the change does to what accounts may have, and no more objects than people read. The hash covers all of
    /// both, but not how much is used, which moves by itself.
    pub(crate) fn with(objects: Vec<PlannedObject>, effects: Vec<Effect>) -> Self {
        let mut plan = Self::of(objects);
        if !effects.is_empty() {
            let values = |effect: &Effect| -> Vec<_> {
                let value = |c: &EffectChange| (c.what.clone(), c.before.clone(), c.after.clone());
                effect.changes.iter().map(value).collect()
            };
            let parts: Vec<_> =
                effects.iter().map(|effect| (&effect.kind, &effect.id, values(effect))).collect();
            let whole = Digest::of_json(&(plan.hash, parts));
            plan.hash = whole.unwrap_or_else(|error| Digest::of(error.to_string()));
            plan.effects = Some(Effects::of(effects));
        }
        if plan.objects.len() > SHOWN {
            plan.left_out = Some((plan.objects.len() - SHOWN) as u64);
            plan.objects.truncate(SHOWN);
        }
        plan
    }

    /// Holds a change against what it would do: the answer of a dry run; none where the change may be made; 409 where another plan is
    /// expected.
    pub fn rehearsed(self, rehearsal: &Rehearsal) -> Result<Option<DryRun>, ApiError> {
        if rehearsal.dry_run {
            return Ok(Some(DryRun { plan: self }));
        }
        match rehearsal.expect_plan {
            Some(expected) if expected != self.hash => {
                Err(ApiError::plan_changed(serde_json::to_value(&self).map_err(ApiError::internal)?))
            }
            _ => Ok(None),
        }
    }
}

/// A step of an object whose plan cannot be known before another object is there.
pub(crate) fn unknown(verb: &str, kind: &str, name: &str, on: String) -> PlannedStep {
    PlannedStep {
        code: "unknown".to_owned(),
        summary: format!("{verb} {kind} {name}"),
        impact: Impact::None,
        path: None,
        diff: None,
        unknown: Some(on),
    }
}

/// Why the agent did not do what a request needs; what is the caller's to mend names its field. Nothing was changed.
pub fn agent_error(error: WireError) -> ApiError {
    let wait = std::time::Duration::from_secs(5);
    if error.is_unavailable() {
        let detail = "The agent does not answer, so this cannot be answered now. Nothing was changed.";
        return ApiError::unavailable("agent_unreachable", detail, wait).caused_by(error);
    }
    match error.refusal().and_then(Refusal::from_wire) {
        Some(Refusal::OutOfBounds { field, reason }) => {
            let remedy = "Choose a value within the bounds that root set in agent.toml.";
            ApiError::invalid(FieldError::new(format!("/{field}"), "out_of_bounds", reason, remedy))
        }
        Some(stale @ (Refusal::GenerationStale { .. } | Refusal::GenerationConflict { .. })) => {
            ApiError::conflict(
                "generation_stale",
                format!("{stale}. Was the panel's database restored from a copy?"),
            )
        }
        Some(other) => ApiError::unavailable("agent_refused", other.to_string(), wait),
        None => match error
            .refusal()
            .filter(|refusal| refusal.name.starts_with("holdfast.") && !is_fault(refusal))
        {
            Some(refusal) => {
                ApiError::unavailable("agent_refused", refusal.message.clone(), wait).caused_by(error)
            }
            None => ApiError::internal(error),
        },
    }
}

/// A defect, and not something that may pass.
fn is_fault(refusal: &wire::Refusal) -> bool {
    refusal.name == wire::names::INTERNAL || refusal.name == wire::names::PROTOCOL
}

/// How many plans are remembered.
const REMEMBERED: usize = 512;

/// The ids that a shown plan gave to new objects: its steps name them, so the change that expects the plan takes the same ones.
///
/// Kept in memory alone: after a restart of the panel such a plan is answered with `plan_changed` and the plan of now.
#[derive(Debug, Default)]
pub(crate) struct Reserved {
    inner: Mutex<Remembered>,
}

/// By plan, and the plans in the order in which they were made.
type Remembered = (HashMap<Digest, Vec<Uuid>>, VecDeque<Digest>);

impl Reserved {
    pub(crate) fn remember(&self, plan: Digest, ids: Vec<Uuid>) {
        if ids.is_empty() {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (by_plan, order) = &mut *inner;
        if by_plan.insert(plan, ids).is_none() {
            order.push_back(plan);
        }
        while order.len() > REMEMBERED {
            if let Some(oldest) = order.pop_front() {
                by_plan.remove(&oldest);
            }
        }
    }

    pub(crate) fn of(&self, plan: Digest) -> Vec<Uuid> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0.get(&plan).cloned().unwrap_or_default()
    }
}
