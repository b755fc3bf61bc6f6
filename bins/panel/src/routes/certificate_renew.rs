//! `/certificates/{certificate}/renew`: an order at the authority, now.

use api_kit::openapi::ChangeProblems;
use api_kit::{ApiError, Caller, Json, Path, Query, Rehearsal, RehearsalParams};
use auth::EditSites;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, DryRun, PlanView, Table};
use http::StatusCode;
use names::CertificateId;
use store::WriteTx;
use utoipa_axum::routes;

use super::job::{self, JobView};
use crate::app::Parts;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::object::<EditSites>(), routes!(certificate_renew)).with_state(parts)
}

/// Orders a certificate at its authority now, whether or not it is due: a job does it. Where one is under way, it is that one. Names that were
/// refused before are asked for again.
#[utoipa::path(post, path = "/certificates/{certificate}/renew", tag = "certificates",
    params(("certificate" = String, Path, description = "Its id"), RehearsalParams),
    responses((status = 202, description = "The job", body = JobView),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn certificate_renew(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Path(id): Path<CertificateId>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<JobView, ApiError> {
        let by = (&actor, job::via(&actor));
        let job = cert_panel::order::renew(tx, &parts.jobs, by, id, now).await?;
        Ok(JobView::of(&parts.jobs, tx, job).await?)
    };
    if rehearsal.is_asked() {
        parts.panel.store().rehearse(write).await?;
        // what comes to the server is the authority's answer, which nobody knows before
        if let Some(dry) = PlanView::of(Vec::new()).rehearsed(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    let view = parts.panel.store().write(write).await?;
    parts.jobs.written();
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}
