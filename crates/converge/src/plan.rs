//! The steps that a change would take, as people and programs see them.

use names::Digest;
use serde::{Deserialize, Serialize};

/// What a step does to what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Nobody notices.
    None,
    /// A daemon reads its configuration again; connections go on.
    Reload,
    /// A daemon or pool starts again; requests may wait.
    Restart,
    /// Data is removed (or moved to the trash).
    DataLoss,
}

/// A step that can tell what it is.
pub trait Describe {
    /// A stable code, for example `file.write` or `unit.reload`.
    fn code(&self) -> &'static str;
    /// One line for people, in the imperative: `write /etc/...`.
    fn summary(&self) -> String;
    /// What it does to what runs.
    fn impact(&self) -> Impact;
    /// The file it concerns.
    fn path(&self) -> Option<&str> {
        None
    }
    /// The unified diff, where the step writes a file that people may read.
    fn diff(&self) -> Option<String> {
        None
    }
}

/// One step of a [`Plan`], in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// [`Describe::code`].
    pub code: String,
    /// [`Describe::summary`].
    pub summary: String,
    /// [`Describe::impact`].
    pub impact: Impact,
    /// [`Describe::path`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// [`Describe::diff`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The step depends on an object that is not applied yet, so its details are unknown; which object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl PlannedStep {
    /// Describes one step.
    pub fn of(step: &impl Describe) -> Self {
        Self {
            code: step.code().to_owned(),
            summary: step.summary(),
            impact: step.impact(),
            path: step.path().map(str::to_owned),
            diff: step.diff(),
            unknown: None,
        }
    }
}

/// The ordered steps from what is to what should be. Empty means converged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The steps, in the order in which they would be taken.
    pub steps: Vec<PlannedStep>,
}

impl Plan {
    /// Describes steps.
    pub fn of<S: Describe>(steps: &[S]) -> Self {
        Self { steps: steps.iter().map(PlannedStep::of).collect() }
    }

    /// Nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// SHA-256 over the steps: what `expect_plan` compares.
    pub fn hash(&self) -> Digest {
        digest_of(self)
    }

    /// The strongest impact of all steps.
    pub fn impact(&self) -> Impact {
        self.steps.iter().map(|s| s.impact).max().unwrap_or(Impact::None)
    }
}

/// The digest of a value's canonical JSON. Plans and specs are plain structures, which always have one; a value without
/// could not be sent or stored either, so its error stands in for it.
pub(crate) fn digest_of(value: &impl Serialize) -> Digest {
    Digest::of_json(value).unwrap_or_else(|error| Digest::of(error.to_string()))
}
