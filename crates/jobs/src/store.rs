//! Rows and lines.
//!
//! What a runner writes asks for its lease within the statement, so that whoever lost it writes nothing.

use auth::TenantScope;
use names::{JobId, Micros};
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::job::{Ask, Job, Problem, State, Step};
use crate::line::harmless;

/// Lines that are kept of one job: the newest.
pub const KEPT_LINES: i64 = 20_000;

const INSERT: Statement = Statement::new(
    "INSERT INTO job (id, kind, job_key, object_kind, object_id, object_name, account_id, organisation_id, payload, memory, state, steps,
                      created_by, via, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', 'queued', $10, $11, $12, $13) ON CONFLICT DO NOTHING",
);
const FIND: Statement = Statement::new(
    "SELECT id, kind, job_key, object_kind, object_id, object_name, account_id, organisation_id, payload, memory, state, steps, percent,
            log_lines, last_line, attempts, taken, cancel_asked, problem, lease_until, created_by, via, created_at, started_at, ended_at, version
     FROM job WHERE id = $1",
);
const OPEN: Statement = Statement::new(
    "SELECT id AS value FROM job WHERE kind = $1 AND job_key = $2 AND state IN ('queued', 'running')",
);
const NEWEST_OF: Statement = Statement::new(
    "SELECT id AS value FROM job WHERE object_kind = $1 AND object_id = $2 ORDER BY id DESC LIMIT 1",
);
// A statement of its own for each of both: whoever sees all walks the ids, and others begin with what they hold.
const LIST_ALL: Statement = Statement::new(
    "SELECT id, kind, job_key, object_kind, object_id, object_name, account_id, organisation_id, payload, memory, state, steps, percent,
            log_lines, last_line, attempts, taken, cancel_asked, problem, lease_until, created_by, via, created_at, started_at, ended_at, version
     FROM job
     WHERE (id < $1 OR $1 IS NULL) AND (state = $2 OR $2 IS NULL) AND (kind = $3 OR $3 IS NULL) ORDER BY id DESC LIMIT $4",
);
const LIST_GRANTED: Statement = Statement::new(
    "SELECT id, kind, job_key, object_kind, object_id, object_name, account_id, organisation_id, payload, memory, state, steps, percent,
            log_lines, last_line, attempts, taken, cancel_asked, problem, lease_until, created_by, via, created_at, started_at, ended_at, version
     FROM job
     WHERE (id < $1 OR $1 IS NULL) AND (state = $2 OR $2 IS NULL) AND (kind = $3 OR $3 IS NULL)
       AND (account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $5 AND permission = $6)
            OR (account_id IS NULL
                AND organisation_id IN (SELECT organisation_id FROM organisation_permission WHERE holder_id = $5 AND permission = $6)))
     ORDER BY id DESC LIMIT $4",
);
const AHEAD: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM job WHERE state = 'queued' AND id < $1");
const DUE: Statement = Statement::new(
    "SELECT id, kind, job_key, object_kind, object_id, object_name, account_id, organisation_id, payload, memory, state, steps, percent,
            log_lines, last_line, attempts, taken, cancel_asked, problem, lease_until, created_by, via, created_at, started_at, ended_at, version
     FROM job WHERE state IN ('queued', 'running') ORDER BY id LIMIT 200",
);
const TAKE: Statement = Statement::new(
    "UPDATE job SET state = 'running', lease_owner = $2, lease_until = $3, taken = taken + 1,
            attempts = CASE WHEN state = 'queued' THEN attempts + 1 ELSE attempts END,
            started_at = CASE WHEN state = 'queued' THEN $4 ELSE started_at END, version = version + 1
     WHERE id = $1 AND (state = 'queued' OR (state = 'running' AND (lease_until IS NULL OR lease_until <= $4)))",
);
const BEAT: Statement = Statement::new(
    "UPDATE job SET lease_until = $3 WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
);
const LET_GO: Statement = Statement::new(
    "UPDATE job SET lease_owner = NULL, lease_until = NULL, taken = taken - 1 WHERE lease_owner = $1 AND state = 'running'",
);
const SET_STEPS: Statement = Statement::new(
    "UPDATE job SET steps = $3, percent = $4, taken = 1, version = version + 1
     WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
);
const SET_PERCENT: Statement = Statement::new(
    "UPDATE job SET percent = $3, version = version + 1 WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
);
const SET_MEMORY: Statement =
    Statement::new("UPDATE job SET memory = $3 WHERE id = $1 AND lease_owner = $2 AND state = 'running'");
const COUNT_LINES: Statement = Statement::new(
    "UPDATE job SET log_lines = log_lines + $3, last_line = $4 WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
);
const ADD_LINE: Statement = Statement::new(
    "INSERT INTO job_log (job_id, seq, at, line) VALUES ($1, (SELECT log_lines FROM job WHERE id = $1) - $2, $3, $4)",
);
const FORGET_LINES: Statement = Statement::new("DELETE FROM job_log WHERE job_id = $1 AND seq <= $2");
const END: Statement = Statement::new(
    "UPDATE job SET state = $3, steps = $4, problem = $5, percent = $6, ended_at = $7, lease_owner = NULL, lease_until = NULL,
            version = version + 1
     WHERE id = $1 AND lease_owner = $2 AND state = 'running'",
);
const CANCEL_QUEUED: Statement = Statement::new(
    "UPDATE job SET state = 'cancelled', cancel_asked = 1, ended_at = $2, version = version + 1 WHERE id = $1 AND state = 'queued'",
);
const ASK_CANCEL: Statement = Statement::new(
    "UPDATE job SET cancel_asked = 1, version = version + 1 WHERE id = $1 AND state = 'running' AND cancel_asked = 0",
);
const AGAIN: Statement = Statement::new(
    "UPDATE job SET state = 'queued', steps = $2, percent = NULL, cancel_asked = 0, taken = 0, problem = NULL, started_at = NULL,
            ended_at = NULL, version = version + 1
     WHERE id = $1 AND state IN ('failed', 'cancelled')",
);
const LINES: Statement =
    Statement::new("SELECT seq, at, line FROM job_log WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
const PRUNE: Statement =
    Statement::new("DELETE FROM job WHERE ended_at < $1 AND state IN ('done', 'failed', 'cancelled')");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    INSERT,
    FIND,
    OPEN,
    NEWEST_OF,
    LIST_ALL,
    LIST_GRANTED,
    AHEAD,
    DUE,
    TAKE,
    BEAT,
    LET_GO,
    SET_STEPS,
    SET_PERCENT,
    SET_MEMORY,
    COUNT_LINES,
    ADD_LINE,
    FORGET_LINES,
    END,
    CANCEL_QUEUED,
    ASK_CANCEL,
    AGAIN,
    LINES,
    PRUNE,
];

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1 on.
    pub seq: i64,
    /// When it was written down.
    pub at: Micros,
    /// What it says; no control character is in it.
    pub text: String,
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { seq: row.int("seq")?, at: row.time("at")?, text: row.text("line")? })
    }
}

/// Which jobs a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<String>,
}

/// A page, the newest first, after the id of the last one shown.
pub async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    filter: &Filter,
    (after, rows): (Option<&str>, i64),
) -> Result<Vec<Job>, StoreError> {
    let state = filter.state.map(State::as_str);
    let page =
        |statement: Statement| statement.bind(after).bind(state).bind(filter.kind.as_deref()).bind(rows);
    match scope {
        TenantScope::All => tx.all(page(LIST_ALL)).await,
        TenantScope::Granted { .. } => tx.all(scope.bind(page(LIST_GRANTED))).await,
    }
}

/// The job of an id. Whoever shows it asks for rights on what it is about.
pub async fn find(tx: &mut Tx, id: JobId) -> Result<Option<Job>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The newest job about an object.
pub async fn newest_of(tx: &mut Tx, kind: &str, id: &str) -> Result<Option<Job>, StoreError> {
    let newest: Option<String> = tx.optional(NEWEST_OF.bind(kind).bind(id)).await?;
    match newest {
        Some(newest) => tx.optional(FIND.bind(newest)).await,
        None => Ok(None),
    }
}

/// Lines after the one of this number, oldest first.
pub async fn lines(tx: &mut Tx, id: JobId, after: i64, rows: i64) -> Result<Vec<Line>, StoreError> {
    tx.all(LINES.bind(id).bind(after).bind(rows)).await
}

/// Forgets jobs that ended before this moment, with their logs.
pub async fn prune(tx: &mut WriteTx, before: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(before)).await
}

/// How many are queued before it.
pub(crate) async fn ahead(tx: &mut Tx, id: JobId) -> Result<i64, StoreError> {
    tx.one(AHEAD.bind(id)).await
}

/// The open job of a kind and key.
pub(crate) async fn open(tx: &mut Tx, kind: &str, key: &str) -> Result<Option<Job>, StoreError> {
    let id: Option<String> = tx.optional(OPEN.bind(kind).bind(key)).await?;
    match id {
        Some(id) => tx.optional(FIND.bind(id)).await,
        None => Ok(None),
    }
}

/// Makes a job; whether it is new.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    id: JobId,
    ask: &Ask,
    steps: &[Step],
    now: Micros,
) -> Result<bool, StoreError> {
    let insert = INSERT
        .bind(id)
        .bind(ask.kind)
        .bind(&ask.key)
        .bind(&ask.object.kind)
        .bind(&ask.object.id)
        .bind(&ask.object.name)
        .bind(ask.account)
        .bind(ask.organisation)
        .bind(ask.payload.clone())
        .bind(json(&steps))
        .bind(&ask.created_by)
        .bind(&ask.via)
        .bind(now);
    Ok(tx.execute(insert).await? == 1)
}

/// All that is queued or runs, the oldest first.
pub(crate) async fn due(tx: &mut Tx) -> Result<Vec<Job>, StoreError> {
    tx.all(DUE).await
}

/// A runner's hold of a job.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) job: JobId,
    pub(crate) owner: String,
}

impl Lease {
    /// Takes up a job that is queued, or that nobody works on; whether it was still so.
    pub(crate) async fn take(
        &self,
        tx: &mut WriteTx,
        until: Micros,
        now: Micros,
    ) -> Result<bool, StoreError> {
        Ok(tx.execute(TAKE.bind(self.job).bind(&self.owner).bind(until).bind(now)).await? == 1)
    }

    /// Holds it longer; whether it is still held.
    pub(crate) async fn beat(&self, tx: &mut WriteTx, until: Micros) -> Result<bool, StoreError> {
        Ok(tx.execute(BEAT.bind(self.job).bind(&self.owner).bind(until)).await? == 1)
    }

    /// Writes steps down; whether it is still held.
    pub(crate) async fn set_steps(
        &self,
        tx: &mut WriteTx,
        steps: &[Step],
        percent: Option<i64>,
    ) -> Result<bool, StoreError> {
        let set = SET_STEPS.bind(self.job).bind(&self.owner).bind(json(&steps)).bind(percent);
        Ok(tx.execute(set).await? == 1)
    }

    /// Writes down how far it is; whether it is still held.
    pub(crate) async fn set_percent(&self, tx: &mut WriteTx, percent: i64) -> Result<bool, StoreError> {
        Ok(tx.execute(SET_PERCENT.bind(self.job).bind(&self.owner).bind(percent)).await? == 1)
    }

    /// Writes down what the kind knows; whether it is still held.
    pub(crate) async fn set_memory(&self, tx: &mut WriteTx, memory: &Value) -> Result<bool, StoreError> {
        Ok(tx.execute(SET_MEMORY.bind(self.job).bind(&self.owner).bind(memory.clone())).await? == 1)
    }

    /// Adds lines to the log, and forgets the oldest of too many; whether it is still held.
    pub(crate) async fn add_lines(
        &self,
        tx: &mut WriteTx,
        lines: &[String],
        now: Micros,
    ) -> Result<bool, StoreError> {
        let lines: Vec<String> = lines.iter().map(|line| harmless(line)).collect();
        let (Some(last), Ok(count)) = (lines.last(), i64::try_from(lines.len())) else { return Ok(true) };
        if tx.execute(COUNT_LINES.bind(self.job).bind(&self.owner).bind(count).bind(last)).await? == 0 {
            return Ok(false);
        }
        for (behind, line) in (0..count).rev().zip(&lines) {
            tx.execute(ADD_LINE.bind(self.job).bind(behind).bind(now).bind(line)).await?;
        }
        let Some(job) = find(tx, self.job).await? else { return Ok(false) };
        if job.log_lines > KEPT_LINES {
            tx.execute(FORGET_LINES.bind(self.job).bind(job.log_lines - KEPT_LINES)).await?;
        }
        Ok(true)
    }

    /// Ends the job; whether it was still held.
    pub(crate) async fn end(
        &self,
        tx: &mut WriteTx,
        state: State,
        steps: &[Step],
        problem: Option<&Problem>,
        (percent, now): (Option<i64>, Micros),
    ) -> Result<bool, StoreError> {
        let problem = problem.map(json);
        let end = END.bind(self.job).bind(&self.owner).bind(state.as_str()).bind(json(&steps));
        Ok(tx.execute(end.bind(problem).bind(percent).bind(now)).await? == 1)
    }
}

/// Lets go of all that this owner holds, so that the next takes it up at once.
pub(crate) async fn let_go(tx: &mut WriteTx, owner: &str) -> Result<u64, StoreError> {
    tx.execute(LET_GO.bind(owner)).await
}

/// Ends a job that did not begin; whether it had not.
pub(crate) async fn cancel_queued(tx: &mut WriteTx, id: JobId, now: Micros) -> Result<bool, StoreError> {
    Ok(tx.execute(CANCEL_QUEUED.bind(id).bind(now)).await? == 1)
}

/// Asks a running job to end.
pub(crate) async fn ask_cancel(tx: &mut WriteTx, id: JobId) -> Result<(), StoreError> {
    tx.execute(ASK_CANCEL.bind(id)).await?;
    Ok(())
}

/// Queues a job once more; whether it had failed or was cancelled.
pub(crate) async fn again(tx: &mut WriteTx, id: JobId, steps: &[Step]) -> Result<bool, StoreError> {
    Ok(tx.execute(AGAIN.bind(id).bind(json(&steps))).await? == 1)
}

/// Texts, numbers and times, which are always JSON.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
