//! The columns that every converging object's row has, and how they are shown.

use converge::backoff::Retry;
use converge::{Condition, Reason, Status};
use names::{Digest, Generation, Micros};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement};
use utoipa::ToSchema;

/// The columns `generation` to `overwrite` of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The version of the wish.
    pub generation: Generation,
    /// The version that the agent last reported on; none where it never did.
    pub observed_generation: Option<Generation>,
    /// The digest of the specification that the agent holds for this generation; none before it first reported.
    pub spec_digest: Option<Digest>,
    /// How the object stands.
    pub condition: Condition,
    /// Why it is not ready: [`converge::Reason::as_str`].
    pub reason: Option<String>,
    /// The tool's message, for people.
    pub message: Option<String>,
    /// Since when it stands so.
    pub since: Micros,
    /// Attempts since the generation moved that did not end in `ready`.
    pub attempts: u32,
    /// When the next attempt is due; none: when something changes.
    pub next_attempt_at: Option<Micros>,
    /// When deletion was asked for.
    pub deleted_at: Option<Micros>,
    /// The only plan that may be applied for this generation.
    pub expect_plan: Option<Digest>,
    /// Hand edits may be overwritten by this generation.
    pub overwrite: bool,
}

impl Block {
    /// The agent reported on this very generation.
    pub fn is_observed(&self) -> bool {
        self.observed_generation == Some(self.generation)
    }

    /// Nothing is left to do: observed to be as asked.
    pub fn is_ready(&self) -> bool {
        self.is_observed() && self.condition == Condition::Ready
    }

    /// The waiting is over, well or badly: the agent reported on this generation, and it isn't about to be tried for the first time.
    pub fn is_settled(&self) -> bool {
        self.is_observed()
            && matches!(self.condition, Condition::Ready | Condition::Degraded | Condition::Failed)
    }

    /// Whether a status says something new.
    pub fn differs(&self, status: &Status) -> bool {
        self.condition != status.condition
            || self.reason.as_deref() != status.reason.map(Reason::as_str)
            || self.message != status.message.as_deref().map(clip)
    }

    /// Why it is not ready, where the word is known.
    pub fn known_reason(&self) -> Option<Reason> {
        let word = self.reason.clone()?;
        serde_json::from_value(serde_json::Value::String(word)).ok()
    }

    /// Nothing goes on by itself before a person decides.
    pub fn waits_for_person(&self) -> bool {
        self.known_reason().is_some_and(|reason| matches!(reason.retry(), Retry::WaitForUser))
    }
}

/// A message as it is stored: a tool may say much, of which the beginning and the end are kept.
pub(crate) fn clip(message: &str) -> String {
    const HALF: usize = 1000;
    let count = message.chars().count();
    if count <= 2 * HALF {
        return message.to_owned();
    }
    let head: String = message.chars().take(HALF).collect();
    let tail: String = message.chars().skip(count - HALF).collect();
    format!("{head}\n[...]\n{tail}")
}

/// A column that holds a generation; 0 stands for none.
fn generation(row: &Row, column: &str) -> Result<Option<Generation>, RowError> {
    let number: u64 = row.number(column)?;
    Ok(Generation::new(number).ok())
}

impl FromRow for Block {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let bad = |problem: &str| RowError { column: "generation".to_owned(), problem: problem.to_owned() };
        Ok(Self {
            generation: generation(row, "generation")?.ok_or_else(|| bad("is 0"))?,
            observed_generation: generation(row, "observed_generation")?,
            spec_digest: row.opt_parse("spec_digest")?,
            condition: Condition::from_word(&row.text("condition")?).ok_or_else(|| RowError {
                column: "condition".to_owned(),
                problem: "no such condition".to_owned(),
            })?,
            reason: row.opt_text("reason")?,
            message: row.opt_text("message")?,
            since: row.time("since")?,
            attempts: row.number("attempts")?,
            next_attempt_at: row.opt_time("next_attempt_at")?,
            deleted_at: row.opt_time("deleted_at")?,
            expect_plan: row.opt_parse("expect_plan")?,
            overwrite: row.flag("overwrite")?,
        })
    }
}

/// How an object stands, as the API shows it. Green is `ready` with both generations equal, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Convergence {
    /// The version of the wish; also the ETag.
    pub generation: u64,
    /// The version that the server last reported on; 0 where it never did.
    pub observed_generation: u64,
    /// `pending`, `converging`, `ready`, `degraded`, `failed` or `deleting`.
    #[schema(value_type = String, example = "ready")]
    pub condition: Condition,
    /// Why it is not ready: a stable code, such as `agent_unreachable`.
    pub reason: Option<String>,
    /// Words about the reason.
    pub message: Option<String>,
    /// Since when it stands so (RFC 3339, UTC).
    #[schema(value_type = String, format = DateTime)]
    pub since: Micros,
    /// Attempts since the last change that did not end in `ready`.
    pub attempts: u32,
    /// When the next attempt is due (RFC 3339, UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Micros>,
}

impl From<&Block> for Convergence {
    fn from(block: &Block) -> Self {
        Self {
            generation: block.generation.get(),
            observed_generation: block.observed_generation.map_or(0, Generation::get),
            condition: block.condition,
            reason: block.reason.clone(),
            message: block.message.clone(),
            since: block.since,
            attempts: block.attempts,
            next_attempt_at: block.next_attempt_at,
        }
    }
}

/// The statements over the block of one kind's table: each kind writes them out, since a statement is never made of pieces.
#[derive(Debug, Clone, Copy)]
pub struct BlockSql {
    /// A change of meaning. `$1` id, `$2` now, `$3` whether hand edits may be overwritten. Raises the generation, and sets `pending`
    /// (`deleting` where `deleted_at` is set), without reason, message, attempts, next attempt, expected plan and digest.
    pub raise: Statement,
    /// Brings the generation up to that of another side, before it is raised above it. `$1` id, `$2` that generation.
    pub lift: Statement,
    /// Binds the generation to a plan. `$1` id, `$2` digest of the plan.
    pub expect: Statement,
    /// Forgets the attempts that were made, so that the next pause is the first one again. `$1` id.
    pub again: Statement,
    /// What came of an attempt, if the generation did not move meanwhile. `$1` id, `$2` the generation that was sent, `$3` the generation
    /// reported on (NULL keeps what was), `$4` digest of the specification (NULL keeps), `$5` condition, `$6` reason, `$7` message,
    /// `$8` since, `$9` attempts, `$10` next attempt. `ready` forgets the expected plan and the leave to overwrite.
    pub record: Statement,
    /// The generation moved meanwhile. `$1` id, `$2` the generation reported on.
    pub behind: Statement,
    /// The host was observed clean. `$1` id, `$2` the generation that was sent.
    pub purge: Statement,
    /// Ids (`value`) of all rows that are not ready, or that the agent did not report on yet.
    pub unsettled: Statement,
    /// Ids (`value`) of rows that wait for another object. `$1` the account, or NULL for all.
    pub waiting: Statement,
    /// `id` and the block, in the order of ids. `$1` the id to begin after, `$2` how many.
    pub page: Statement,
}

impl BlockSql {
    /// All of them, for the list of a module's statements.
    pub const fn all(self) -> [Statement; 10] {
        [
            self.raise,
            self.lift,
            self.expect,
            self.again,
            self.record,
            self.behind,
            self.purge,
            self.unsettled,
            self.waiting,
            self.page,
        ]
    }
}
