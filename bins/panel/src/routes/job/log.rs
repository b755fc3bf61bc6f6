//! `/jobs/{job}/log`: the log of a job, as pages and as a stream.

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Path, Query, QueryPart};
use auth::{Actor, Denied, ViewJobs, session};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response, sse};
use http::HeaderMap;
use names::{JobId, Micros};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use utoipa::{IntoParams, ToSchema};

use super::view::JobView;
use super::{JobsState, job};
use crate::app::Parts;
use crate::routes::stream::{self, Batch, Follower, Source};

/// Lines of one read of a stream.
const BATCH: i64 = 500;

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct JobLine {
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
pub(super) struct JobLog {
    /// The lines.
    items: Vec<JobLine>,
    /// Sent as `after`, it gives the lines behind these.
    next: i64,
    /// Whether the job has ended and there is no line more.
    ended: bool,
}

impl From<jobs::Line> for JobLine {
    fn from(line: jobs::Line) -> Self {
        Self { seq: line.seq, at: line.at, text: line.text }
    }
}

/// `?after=&limit=`
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
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
pub(super) struct LinesParams {
    /// Only lines behind the one of this number; without it, from the first that is kept.
    after: Option<u64>,
    /// How many lines at most; of an answer that is no stream.
    #[param(minimum = 1, maximum = 1000, default = 200)]
    limit: Option<u32>,
}

/// The log of a job. With `Accept: text/event-stream` a stream from `Last-Event-ID` or `after` on: `line` with a line each, whose number is the
/// event's id, and `job` with the job at the beginning and whenever it changed; one that has ended comes behind its last line, and the stream ends.
#[utoipa::path(get, path = "/jobs/{job}/log", tag = "jobs",
    params(("job" = String, Path, description = "Its id"), LinesParams,
           ("Last-Event-ID" = Option<String>, Header, description = "The number of the line after which a stream goes on")),
    responses((status = 200, description = "Lines, or a stream",
               content((JobLog = "application/json"), (String = "text/event-stream"))), Problems))]
pub(super) async fn job_log(
    S(JobsState { parts, streams }): S<JobsState>,
    Caller(actor): Caller,
    Path(id): Path<JobId>,
    Query(wanted): Query<Lines>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let after = wanted.after.unwrap_or(0);
    if !stream::is_asked(&headers) {
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
    let counted = streams.begin(&actor, "a job's log")?;
    let (moved, stop) = (parts.jobs.moved(), parts.stop.clone());
    let after = stream::last_id(&headers).unwrap_or(after).clamp(0, job.log_lines);
    let source = Log { parts, actor, id, after, version: None };
    Ok(Follower { source, moved, stop, _counted: counted }.answer())
}

/// A job and the lines of its log.
struct Log {
    parts: Parts,
    actor: Actor,
    id: JobId,
    /// Lines up to here were read.
    after: i64,
    /// The version of the job that was told.
    version: Option<i64>,
}

impl Source for Log {
    /// An ended job is told behind its last line.
    async fn read(&mut self, is_due: bool) -> Option<Batch> {
        let (after, version, id, now) = (self.after, self.version, self.id, self.parts.panel.now());
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
            let is_last = job.state.is_ended() && whole;
            let (moved, is_new) = (job.version, Some(job.version) != version);
            // an end is told once all lines are
            let tell = is_new && (!job.state.is_ended() || whole);
            let view = if tell { Some(JobView::of(jobs, tx, job).await?) } else { None };
            Ok(Some((lines, view, moved, is_last)))
        };
        let (lines, view, moved, is_last) = self.parts.panel.store().read(read).await.ok()??;
        self.after = lines.last().map_or(after, |line| line.seq);
        let mut events: Vec<_> = lines.into_iter().map(|line| told(line.into())).collect();
        if let Some(view) = view {
            self.version = Some(moved);
            // texts and numbers, which are always JSON
            let event = sse::Event::default().event("job").json_data(view).unwrap_or_default();
            let at = if version.is_none() && !is_last { 0 } else { events.len() };
            events.insert(at, event);
        }
        Some(Batch { events, is_checked: is_due, is_last })
    }
}

fn told(line: JobLine) -> sse::Event {
    sse::Event::default().id(line.seq.to_string()).event("line").json_data(line).unwrap_or_default()
}
