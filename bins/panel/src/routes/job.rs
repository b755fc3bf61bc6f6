//! `/jobs`: work with an end; its log is in `log`.

mod log;
mod view;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::query::Pairs;
use api_kit::{
    ApiError, Caller, Json, List, Page, PageParams, Path, Query, QueryPart, Rehearsal, RehearsalParams,
};
use auth::{AccountRef, Actor, Authorised, Denied, ManageJobs, OfOrganisation, OnAccount, Owned, ViewJobs};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response};
use desired::{Access, DryRun, PlanView, Table};
use http::StatusCode;
use jobs::{Filter, Job, Refused, State};
use names::{AccountId, JobId, OrganisationId};
use store::{StoreError, Tx, WriteTx};
use utoipa::IntoParams;
use utoipa_axum::routes;

pub(super) use self::view::JobView;
use super::stream::Streams;
use crate::app::Parts;

/// The word for a job in paths, events and the audit.
const KIND: &str = "job";

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::listed::<ViewJobs>(), routes!(job_list))
        .add(Access::object::<ViewJobs>(), routes!(job_show))
        .add(Access::object::<ViewJobs>(), routes!(log::job_log))
        .add(Access::object::<ManageJobs>(), routes!(job_cancel))
        .add(Access::object::<ManageJobs>(), routes!(job_retry))
        .with_state(JobsState { parts, streams: Streams::default() })
}

#[derive(Clone)]
struct JobsState {
    parts: Parts,
    streams: Streams,
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
