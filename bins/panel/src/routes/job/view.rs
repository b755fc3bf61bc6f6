//! A job, as the API shows it.

use jobs::{Job, Jobs, State};
use names::{JobId, Micros};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use utoipa::ToSchema;

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(in crate::routes) struct JobObject {
    /// Its kind, such as `role`.
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

/// A part of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(in crate::routes) struct JobStep {
    /// Its name, such as `packages`.
    name: String,
    /// `pending`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Micros>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Micros>,
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(in crate::routes) struct JobProblem {
    /// A stable code, such as `packages_failed`.
    code: String,
    /// What happened, for people.
    detail: String,
    /// What can be done.
    remedy: Option<String>,
}

/// Work with an end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Job)]
pub(in crate::routes) struct JobView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: JobId,
    /// Its kind, such as `role.install`.
    kind: String,
    /// What it is about.
    object: JobObject,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// Where it stands in the queue, from 1 on; null where it is not queued.
    position: Option<i64>,
    /// Its steps, in order.
    steps: Vec<JobStep>,
    /// How far it is, from 0 to 100; null where that is not known.
    percent: Option<i64>,
    /// The last line of its log.
    last_line: Option<String>,
    /// How many lines it wrote; the newest 20,000 are kept.
    log_lines: i64,
    /// Who asked for it.
    created_by: String,
    /// By what: `session`, `token`, `socket`, or `acting` where somebody acted as another.
    via: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created_at: Micros,
    /// When this attempt began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Micros>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Micros>,
    /// How often it was begun.
    attempts: i64,
    /// Why it failed.
    problem: Option<JobProblem>,
    /// Whether it can be cancelled now; false where that was asked for already.
    may_cancel: bool,
    /// Whether it can be tried again now.
    may_retry: bool,
}

impl JobView {
    /// A job, as it is shown.
    pub(in crate::routes) async fn of(jobs: &Jobs, tx: &mut Tx, job: Job) -> Result<Self, StoreError> {
        let position = jobs.position(tx, &job).await?;
        let step = |step: jobs::Step| JobStep {
            state: serde_json::to_value(step.state)
                .ok()
                .and_then(|word| word.as_str().map(str::to_owned))
                .unwrap_or_default(),
            name: step.name,
            started_at: step.started_at,
            ended_at: step.ended_at,
        };
        Ok(Self {
            id: job.id,
            object: JobObject { kind: job.object.kind, id: job.object.id, name: job.object.name },
            state: job.state.as_str().to_owned(),
            position,
            steps: job.steps.into_iter().map(step).collect(),
            percent: job.percent,
            last_line: job.last_line,
            log_lines: job.log_lines,
            created_by: job.created_by,
            via: job.via,
            created_at: job.created_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            attempts: job.attempts,
            may_cancel: !job.state.is_ended() && !job.cancel_asked,
            may_retry: matches!(job.state, State::Failed | State::Cancelled),
            problem: job.problem.map(|problem| JobProblem {
                code: problem.code,
                detail: problem.detail,
                remedy: problem.remedy,
            }),
            kind: job.kind,
        })
    }
}
