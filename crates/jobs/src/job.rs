//! A job, as it is kept.

use names::{AccountId, JobId, Micros, OrganisationId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{FromRow, Row, RowError};

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// It is worked on, or will be again as soon as the panel is back.
    Running,
    /// It ended well.
    Done,
    /// It ended otherwise; its problem says why.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl State {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Nothing more happens by itself.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It comes later.
    Pending,
    /// It is the one that is worked on.
    Running,
    /// It ended well.
    Done,
    /// It is where the job failed.
    Failed,
    /// It is where the job was cancelled.
    Cancelled,
}

/// A part of a job that people know by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, among those of its kind.
    pub name: String,
    /// How it stands.
    pub state: StepState,
    /// When it began.
    pub started_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
}

impl Step {
    /// A step that did not begin.
    pub fn pending(name: &str) -> Self {
        Self { name: name.to_owned(), state: StepState::Pending, started_at: None, ended_at: None }
    }
}

/// Ends the running step in this state, and, where one is named, begins it; those before it that never ran are done, as the host was found to
/// be so.
pub(crate) fn advance(steps: &mut [Step], to: Option<&str>, ended: StepState, now: Micros) {
    let at = to.and_then(|to| steps.iter().position(|step| step.name == to));
    for (index, step) in steps.iter_mut().enumerate() {
        let is_begun = at == Some(index);
        match step.state {
            StepState::Running if !is_begun => {
                step.state = ended;
                step.ended_at = Some(now);
            }
            StepState::Pending if at.is_some_and(|at| index < at) => {
                step.state = StepState::Done;
                step.started_at = Some(now);
                step.ended_at = Some(now);
            }
            StepState::Pending if is_begun => {
                step.state = StepState::Running;
                step.started_at = Some(now);
            }
            _ => {}
        }
    }
}

/// Why a job failed, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable word.
    pub code: String,
    /// What happened, in a sentence or in a program's own words.
    pub detail: String,
    /// What can be done.
    pub remedy: Option<String>,
}

impl Problem {
    /// A problem with a remedy.
    pub fn new(code: &str, detail: impl Into<String>, remedy: &str) -> Self {
        Self { code: code.to_owned(), detail: detail.into(), remedy: Some(remedy.to_owned()) }
    }
}

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind, such as `role`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A job that is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The kind, as [`crate::Kind::name`].
    pub kind: &'static str,
    /// Of one kind and key there is one open job.
    pub key: String,
    /// What it is about.
    pub object: Object,
    /// Whose matter it is.
    pub account: Option<AccountId>,
    /// The same where it is no account's; none of both: the installation's.
    pub organisation: Option<OrganisationId>,
    /// What the kind needs to know.
    pub payload: Value,
    /// Who asks, by name.
    pub created_by: String,
    /// By what: `session`, `token`, `socket`, or whoever acts as another.
    pub via: String,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// Of one kind and key there is one open job.
    pub key: String,
    /// What it is about.
    pub object: Object,
    /// Whose matter it is.
    pub account: Option<AccountId>,
    /// The same where it is no account's.
    pub organisation: Option<OrganisationId>,
    /// What was asked for.
    pub payload: Value,
    /// What the kind knows of the host.
    pub memory: Value,
    /// How it stands.
    pub state: State,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// How far it is, where that is known.
    pub percent: Option<i64>,
    /// The number of the last line.
    pub log_lines: i64,
    /// The last line.
    pub last_line: Option<String>,
    /// How often it was begun.
    pub attempts: i64,
    /// How often it was taken up since a step began.
    pub(crate) taken: i64,
    /// Somebody asked that it end.
    pub cancel_asked: bool,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// Nobody works on it after this.
    pub(crate) lease_until: Option<Micros>,
    /// Who asked for it.
    pub created_by: String,
    /// By what.
    pub via: String,
    /// When it was asked for.
    pub created_at: Micros,
    /// When it began.
    pub started_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// Moves with all but the log.
    pub version: i64,
}

impl Job {
    /// The step that is worked on, or where it ended.
    pub fn step(&self) -> Option<&str> {
        let at =
            self.steps.iter().rev().find(|step| {
                matches!(step.state, StepState::Running | StepState::Failed | StepState::Cancelled)
            });
        at.map(|step| step.name.as_str())
    }
}

impl FromRow for Job {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let word = row.text("state")?;
        let state = State::find(&word)
            .ok_or_else(|| RowError { column: "state".to_owned(), problem: format!("{word} is no state") })?;
        Ok(Self {
            id: row.parse("id")?,
            kind: row.text("kind")?,
            key: row.text("job_key")?,
            object: Object {
                kind: row.text("object_kind")?,
                id: row.text("object_id")?,
                name: row.text("object_name")?,
            },
            account: row.opt_parse("account_id")?,
            organisation: row.opt_parse("organisation_id")?,
            payload: row.json("payload")?,
            memory: row.json("memory")?,
            state,
            steps: row.json("steps")?,
            percent: row.opt_int("percent")?,
            log_lines: row.int("log_lines")?,
            last_line: row.opt_text("last_line")?,
            attempts: row.int("attempts")?,
            taken: row.int("taken")?,
            cancel_asked: row.flag("cancel_asked")?,
            // it was written as JSON
            problem: row.opt_text("problem")?.and_then(|text| serde_json::from_str(&text).ok()),
            lease_until: row.opt_time("lease_until")?,
            created_by: row.text("created_by")?,
            via: row.text("via")?,
            created_at: row.time("created_at")?,
            started_at: row.opt_time("started_at")?,
            ended_at: row.opt_time("ended_at")?,
            version: row.int("version")?,
        })
    }
}

#[cfg(test)]
mod tests;
