//! `/jobs`: work with an end, its log, and a stream (SSE) of both.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::query::Pairs;
use api_kit::{
    ApiError, Caller, Json, List, Page, PageParams, Path, Query, QueryPart, Rehearsal, RehearsalParams,
};
use auth::{
    AccountRef, Actor, Authorised, Denied, ManageJobs, OfOrganisation, OnAccount, Owned, ViewJobs, session,
};
use axum::extract::State as S;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use desired::{Access, DryRun, PlanView, Table};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, StatusCode};
use jobs::{Filter, Job, Jobs, Refused, State};
use names::{AccountId, JobId, Micros, OrganisationId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, WriteTx};
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::event::{Counted, Streams};
use crate::app::Parts;

/// The word for a job in paths, events and the audit.
const KIND: &str = "job";
/// Lines of one read of a stream.
const BATCH: i64 = 500;
/// So often a stream says that it lives.
const QUIET: Duration = Duration::from_secs(15);
/// A stream looks at least this often whether it may go on, and whether there is something new.
const CHECKED: Duration = Duration::from_secs(2);
/// Between two reads of a stream, so that a burst of lines is few reads.
const GATHER: Duration = Duration::from_millis(100);

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::listed::<ViewJobs>(), routes!(job_list))
        .add(Access::object::<ViewJobs>(), routes!(job_show))
        .add(Access::object::<ViewJobs>(), routes!(job_log))
        .add(Access::object::<ManageJobs>(), routes!(job_cancel))
        .add(Access::object::<ManageJobs>(), routes!(job_retry))
        .with_state(JobsState { parts, streams: Streams::default() })
}

#[derive(Clone)]
struct JobsState {
    parts: Parts,
    streams: Streams,
}

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct JobObject {
    /// Its kind, such as `role`.
    kind: String,
    /// Its id.
    id: String,
    /// Its name.
    name: String,
}

/// A part of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct JobStep {
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
pub(super) struct JobProblem {
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
pub(super) struct JobView {
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

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
struct JobLine {
    /// Its number, from 1 on.
    seq: i64,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    at: Micros,
    /// What it says, in at most 2,048 bytes, without control characters.
    text: String,
}

/// Part of a job's log, oldest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct JobLog {
    /// The lines.
    items: Vec<JobLine>,
    /// Sent as `after`, it gives the lines behind these.
    next: i64,
    /// Whether the job has ended and there is no line more.
    ended: bool,
}

impl JobView {
    /// A job, as it is shown.
    pub(super) async fn of(jobs: &Jobs, tx: &mut Tx, job: Job) -> Result<Self, StoreError> {
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

impl From<jobs::Line> for JobLine {
    fn from(line: jobs::Line) -> Self {
        Self { seq: line.seq, at: line.at, text: line.text }
    }
}

/// By what somebody asks, for [`jobs::Ask`].
pub(super) fn via(actor: &Actor) -> &'static str {
    if actor.acting().is_some() {
        "acting"
    } else if actor.token().is_some() {
        "token"
    } else if actor.session().is_some() {
        "session"
    } else {
        "socket"
    }
}

/// A job as the matter of an account.
struct OfAccount(Job, AccountId);

impl Owned for OfAccount {
    const KIND: &'static str = KIND;

    fn account(&self) -> AccountId {
        self.1
    }
}

/// A job as the matter of an organisation.
struct OfTree(Job, OrganisationId);

impl OfOrganisation for OfTree {
    const KIND: &'static str = KIND;

    fn organisation(&self) -> OrganisationId {
        self.1
    }
}

/// The job of an id where the actor may do `P` with it. Not there and not yours are one answer.
async fn job<P: OnAccount>(tx: &mut Tx, actor: &Actor, id: JobId) -> Result<Job, Denied> {
    let found = jobs::find(tx, id).await?;
    match found {
        Some(job) if job.account.is_some() => {
            let account = job.account;
            let of = account.map(|account| OfAccount(job, account));
            let proof: Authorised<OfAccount, P> = actor.authorise(tx, of).await?;
            Ok(proof.into_inner().0)
        }
        Some(job) if job.organisation.is_some() => {
            let organisation = job.organisation;
            let of = organisation.map(|organisation| OfTree(job, organisation));
            let proof: Authorised<OfTree, P> = actor.authorise_organisation(tx, of).await?;
            Ok(proof.into_inner().0)
        }
        // the installation's: whoever may not see it does not know it
        Some(job) if actor.everywhere::<P>().is_ok() => Ok(job),
        Some(_) if actor.everywhere::<ViewJobs>().is_ok() => Err(Denied::NotAllowed),
        _ => {
            // the same is asked of the database as for a job that is there
            let nothing: Result<Authorised<AccountRef, P>, Denied> = actor.authorise(tx, None).await;
            match nothing {
                Err(Denied::Store(error)) => Err(Denied::Store(error)),
                _ => Err(Denied::NotFound(KIND)),
            }
        }
    }
}

/// `?state=&kind=`
#[derive(Debug, Default)]
struct Wanted(Filter);

impl QueryPart for Wanted {
    const NAMES: &'static [&'static str] = &["state", "kind"];

    fn read(pairs: &mut Pairs) -> Self {
        let state = pairs.text("state").map(str::to_owned);
        let known = state.as_deref().and_then(State::find);
        if state.is_some() && known.is_none() {
            let remedy = "Send queued, running, done, failed or cancelled.";
            pairs.refuse("state", "unknown_state", "A job has no such state.", remedy);
        }
        Self(Filter { state: known, kind: pairs.text("kind").map(str::to_owned) })
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct WantedParams {
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    state: Option<String>,
    /// Only of this kind, such as `role.install`.
    kind: Option<String>,
}

/// `?after=&limit=`
#[derive(Debug, Clone, Copy)]
struct Lines {
    after: Option<i64>,
    limit: i64,
}

impl QueryPart for Lines {
    const NAMES: &'static [&'static str] = &["after", "limit"];

    fn read(pairs: &mut Pairs) -> Self {
        let after = pairs.number("after").map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let limit = match pairs.number("limit") {
            None => 200,
            Some(limit @ 1..=1000) => i64::try_from(limit).unwrap_or(200),
            Some(_) => {
                let remedy = "Send a number from 1 to 1000.";
                pairs.refuse("limit", "out_of_range", "One answer holds 1 to 1000 lines.", remedy);
                200
            }
        };
        Self { after, limit }
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct LinesParams {
    /// Only lines behind the one of this number; without it, from the first that is kept.
    after: Option<u64>,
    /// How many lines at most; of an answer that is no stream.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<u32>,
}

/// Jobs, the newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(PageParams, WantedParams),
    responses((status = 200, description = "A page of jobs", body = List<JobView>), Problems))]
async fn job_list(
    S(JobsState { parts, .. }): S<JobsState>,
    Caller(actor): Caller,
    Query((page, wanted)): Query<(Page, Wanted)>,
) -> Result<Json<List<JobView>>, ApiError> {
    let (scope, filter) = (actor.scope::<ViewJobs>(), wanted.0);
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let rows = jobs::list(tx, &scope, &filter, (page.after(), page.rows())).await?;
        let List { items, next_cursor, total } = page.list(rows, |job| job.id.to_string());
        let mut shown = Vec::with_capacity(items.len());
        for job in items {
            shown.push(JobView::of(&parts.jobs, tx, job).await?);
        }
        Ok(List { items: shown, next_cursor, total })
    };
    Ok(Json(parts.panel.store().read(read).await?))
}

/// One job.
#[utoipa::path(get, path = "/jobs/{job}", tag = "jobs", params(("job" = String, Path, description = "Its id")),
    responses((status = 200, description = "The job", body = JobView), Problems))]
async fn job_show(
    S(JobsState { parts, .. }): S<JobsState>,
    Caller(actor): Caller,
    Path(id): Path<JobId>,
) -> Result<Json<JobView>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let job = job::<ViewJobs>(tx, &actor, id).await?;
        Ok(JobView::of(&parts.jobs, tx, job).await?)
    };
    Ok(Json(parts.panel.store().read(read).await?))
}

/// The log of a job. With `Accept: text/event-stream` a stream from `Last-Event-ID` or `after` on: `line` with a line each, whose number is the
/// event's id, and `job` with the job at the beginning and whenever it changed; one that has ended comes behind its last line, and the stream ends.
#[utoipa::path(get, path = "/jobs/{job}/log", tag = "jobs",
    params(("job" = String, Path, description = "Its id"), LinesParams,
           ("Last-Event-ID" = Option<String>, Header, description = "The number of the line after which a stream goes on")),
    responses((status = 200, description = "Lines, or a stream",
               content((JobLog = "application/json"), (String = "text/event-stream"))), Problems))]
async fn job_log(
    S(JobsState { parts, streams }): S<JobsState>,
    Caller(actor): Caller,
    Path(id): Path<JobId>,
    Query(wanted): Query<Lines>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let accept = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let after = wanted.after.unwrap_or(0);
    if !accept.contains("text/event-stream") {
        let read = async |tx: &mut Tx| -> Result<_, ApiError> {
            let job = job::<ViewJobs>(tx, &actor, id).await?;
            let lines = jobs::lines(tx, id, after, wanted.limit).await?;
            let next = lines.last().map_or(after.min(job.log_lines), |line| line.seq);
            let ended = job.state.is_ended() && next >= job.log_lines;
            Ok(JobLog { items: lines.into_iter().map(JobLine::from).collect(), next, ended })
        };
        return Ok(Json(parts.panel.store().read(read).await?).into_response());
    }
    let job = parts.panel.store().read(async |tx: &mut Tx| job::<ViewJobs>(tx, &actor, id).await).await?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    let counted = streams.begin(&actor, "a job's log")?;
    let follower = Follower {
        moved: parts.jobs.moved(),
        stop: parts.stop.clone(),
        parts,
        actor,
        id,
        after: last.unwrap_or(after).clamp(0, job.log_lines),
        version: 0,
        ready: VecDeque::new(),
        ended: false,
        checked: Instant::now(),
        _counted: counted,
    };
    Ok(Sse::new(follow(follower)).keep_alive(KeepAlive::new().interval(QUIET)).into_response())
}

/// Something that a stream tells.
enum Told {
    Line(JobLine),
    Job(Box<JobView>),
}

struct Follower {
    parts: Parts,
    actor: Actor,
    id: JobId,
    /// Lines up to here were read.
    after: i64,
    /// The version of the job that was told.
    version: i64,
    moved: watch::Receiver<u64>,
    stop: wire::CancellationToken,
    ready: VecDeque<Told>,
    ended: bool,
    /// When it was last seen that it may go on.
    checked: Instant,
    _counted: Counted,
}

fn follow(follower: Follower) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(follower, |mut follower| async move {
        // texts and numbers, which are always JSON
        let event = match follower.next().await? {
            Told::Line(line) => {
                let event = sse::Event::default().id(line.seq.to_string()).event("line");
                event.json_data(line).unwrap_or_default()
            }
            Told::Job(job) => sse::Event::default().event("job").json_data(job).unwrap_or_default(),
        };
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// What comes next; none when the job has ended, the session or the panel ends, or the database fails: the client comes back with the
    /// number of its last line.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Some(told);
            }
            if self.ended {
                return None;
            }
            self.moved.mark_unchanged();
            self.read().await?;
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                moved = self.moved.changed() => {
                    moved.ok()?;
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep_until(self.checked + CHECKED) => {}
            }
        }
    }

    /// Reads what is new; none where it is no longer this caller's to see. An ended job is told behind its last line.
    async fn read(&mut self) -> Option<()> {
        let (after, version, id, now) = (self.after, self.version, self.id, self.parts.panel.now());
        let is_due = self.version == 0 || self.checked.elapsed() >= CHECKED;
        let (actor, jobs) = (&self.actor, &self.parts.jobs);
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            if is_due {
                let Some(still) = session::still_valid(tx, actor, now).await? else { return Ok(None) };
                match job::<ViewJobs>(tx, &still, id).await {
                    Ok(_) => {}
                    Err(Denied::Store(error)) => return Err(error),
                    Err(_) => return Ok(None),
                }
            }
            let Some(job) = jobs::find(tx, id).await? else { return Ok(None) };
            let lines = jobs::lines(tx, id, after, BATCH).await?;
            let whole = i64::try_from(lines.len()).is_ok_and(|count| count < BATCH);
            let ended = job.state.is_ended() && whole;
            let (moved, is_new) = (job.version, job.version != version);
            // an end is told once all lines are
            let tell = is_new && (!job.state.is_ended() || whole);
            let view = if tell { Some(JobView::of(jobs, tx, job).await?) } else { None };
            Ok(Some((lines, view, moved, ended)))
        };
        let (lines, view, moved, ended) = self.parts.panel.store().read(read).await.ok()??;
        self.after = lines.last().map_or(after, |line| line.seq);
        let lines = lines.into_iter().map(|line| Told::Line(line.into()));
        let first = self.version == 0;
        if let Some(view) = view {
            self.version = moved;
            let job = Told::Job(Box::new(view));
            if first && !ended {
                self.ready.push_back(job);
                self.ready.extend(lines);
            } else {
                self.ready.extend(lines);
                self.ready.push_back(job);
            }
        } else {
            self.ready.extend(lines);
        }
        self.ended = ended;
        if is_due {
            self.checked = Instant::now();
        }
        Some(())
    }
}

/// What is done to a job.
#[derive(Clone, Copy)]
enum Act {
    Cancel,
    Retry,
}

/// Cancels a job: one that is queued at once, one that runs as soon as the server is at rest.
#[utoipa::path(post, path = "/jobs/{job}/cancel", tag = "jobs",
    params(("job" = String, Path, description = "Its id"), RehearsalParams),
    responses((status = 202, description = "Asked for", body = JobView),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn job_cancel(
    S(JobsState { parts, .. }): S<JobsState>,
    Caller(actor): Caller,
    Path(id): Path<JobId>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    act(&parts, &actor, id, &rehearsal, Act::Cancel).await
}

/// Has a job tried again that failed or was cancelled. It goes on with what is there.
#[utoipa::path(post, path = "/jobs/{job}/retry", tag = "jobs",
    params(("job" = String, Path, description = "Its id"), RehearsalParams),
    responses((status = 202, description = "Queued", body = JobView),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn job_retry(
    S(JobsState { parts, .. }): S<JobsState>,
    Caller(actor): Caller,
    Path(id): Path<JobId>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    act(&parts, &actor, id, &rehearsal, Act::Retry).await
}

async fn act(
    parts: &Parts,
    actor: &Actor,
    id: JobId,
    rehearsal: &Rehearsal,
    what: Act,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<JobView, ApiError> {
        let before = job::<ManageJobs>(tx, actor, id).await?;
        let (action, after) = match what {
            Act::Cancel => ("job.cancel", parts.jobs.cancel(tx, id).await),
            Act::Retry => ("job.retry", parts.jobs.retry(tx, id).await),
        };
        let after = after.map_err(refused)?;
        let object = object(&after);
        let state = |job: &Job| Some(serde_json::json!({ "kind": job.kind, "state": job.state.as_str() }));
        super::done(tx, actor, action, object, (state(&before), state(&after)), now).await?;
        Ok(JobView::of(&parts.jobs, tx, after).await?)
    };
    if rehearsal.is_asked() {
        parts.panel.store().rehearse(write).await?;
        // what a job does on the server was shown when it was asked for
        if let Some(dry) = PlanView::of(Vec::new()).rehearsed(rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    let view = parts.panel.store().write(write).await?;
    parts.jobs.written();
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// A job, for the audit.
pub(super) fn object(job: &Job) -> ::audit::Object {
    match (job.account, job.organisation) {
        (Some(account), _) => ::audit::Object::of_account(KIND, job.id, account),
        (None, Some(organisation)) => ::audit::Object::of_organisation(KIND, job.id, organisation),
        (None, None) => ::audit::Object::of_installation(KIND, job.id),
    }
}

fn refused(why: Refused) -> ApiError {
    match why {
        Refused::Ended => ApiError::conflict("job_ended", "The job has ended: there is nothing to cancel."),
        Refused::NotFailed => {
            let detail = "Only a job that failed or was cancelled can be tried again.";
            ApiError::conflict("job_not_failed", detail)
        }
        Refused::Another(id) => {
            let detail = format!("Another job does the same already: {id}.");
            ApiError::conflict("job_open", detail)
        }
        Refused::Store(error) => error.into(),
    }
}
