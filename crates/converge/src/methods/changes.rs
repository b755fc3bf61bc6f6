//! What was done on this server, as the agent wrote it down: the panel reads it and cannot write it.

use names::Generation;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

use super::Object;
use crate::apply::Cause;
use crate::condition::Status;
use crate::plan::{Impact, PlannedStep};

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Somebody asked for it by the panel.
    Panel,
    /// The agent put back what had gone astray.
    Agent,
    /// Somebody on the server, by hand.
    Outside,
}

/// A pass that took steps, or an edit by hand that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostChange {
    /// Its number; later ones are higher.
    pub seq: u64,
    /// When it was done or noticed, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Of which object.
    #[serde(flatten)]
    pub object: Object,
    /// Who made it.
    pub by: By,
    /// Who asked for it; empty where nobody did.
    #[serde(default)]
    pub cause: Cause,
    /// The generation that was worked on.
    pub generation: Generation,
    /// The wish is that the object be gone.
    pub absent: bool,
    /// When the file was changed, for an edit by hand; in microseconds since 1970 (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<i64>,
    /// The strongest impact of its steps.
    pub impact: Impact,
    /// The steps, in their order. A list has the first [`SHOWN_STEPS`] alone, and no diffs.
    pub steps: Vec<PlannedStep>,
    /// How many steps there were.
    pub of: u64,
    /// How many of them were taken.
    pub taken: u64,
    /// How the object stood after it.
    pub status: Status,
}

/// The most changes of one [`ListChanges`]: a page of the panel's, and one more.
pub const MAX_CHANGES: u32 = 201;

/// The most steps of one change in a list, so that a page fits into a frame.
pub const SHOWN_STEPS: usize = 5;

/// The newest changes, newest first, that fit everything asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListChanges {
    /// Only those before this number.
    #[serde(default)]
    pub before: Option<u64>,
    /// So many at most; at most [`MAX_CHANGES`].
    pub limit: u32,
    /// Only of objects of this kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Only of the object with this key.
    #[serde(default)]
    pub scope: Option<String>,
    /// Only by these.
    #[serde(default)]
    pub by: Option<By>,
    /// Only what this person or token asked for.
    #[serde(default)]
    pub actor: Option<String>,
    /// Only with a step on a path that has this part.
    #[serde(default)]
    pub path: Option<String>,
    /// Only since then, in microseconds since 1970 (UTC).
    #[serde(default)]
    pub since: Option<i64>,
    /// Only before then, in microseconds since 1970 (UTC).
    #[serde(default)]
    pub until: Option<i64>,
}

impl ListChanges {
    /// Whether a change is among those that were asked for.
    pub fn fits(&self, change: &HostChange) -> bool {
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, there: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == there)
        }
        self.before.is_none_or(|before| change.seq < before)
            && is(self.kind.as_deref(), &change.object.kind)
            && is(self.scope.as_deref(), &change.object.scope)
            && is(self.by.as_ref(), &change.by)
            && is(self.actor.as_deref(), &change.cause.actor)
            && self.since.is_none_or(|since| change.at >= since)
            && self.until.is_none_or(|until| change.at < until)
            && self.path.as_deref().is_none_or(|part| {
                change.steps.iter().any(|s| s.path.as_deref().is_some_and(|path| path.contains(part)))
            })
    }
}

/// The reply of [`ListChanges`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    /// The changes, newest first.
    pub changes: Vec<HostChange>,
}

impl Method for ListChanges {
    const NAME: &'static str = "holdfast.agent1.ListChanges";
    const ACCESS: Access = Access::Read;
    type Reply = ChangePage;
}

/// One change with its diffs. One that is not there (any longer) is refused with `holdfast.agent1.NoSuchChange`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetChange {
    /// Its number.
    pub seq: u64,
}

impl Method for GetChange {
    const NAME: &'static str = "holdfast.agent1.GetChange";
    const ACCESS: Access = Access::Read;
    type Reply = HostChange;
}
