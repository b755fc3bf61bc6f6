//! What a person may ask for: that a certificate is ordered now.

use ::store::WriteTx;
use api_kit::ApiError;
use auth::{Actor, EditSites};
use jobs::{Job, Jobs};
use names::{CertificateId, Micros};
use serde_json::json;

use super::job::{self, Payload};
use super::store;
use crate::authority;
use crate::store::certificate::{self, Row, Source};

/// Asks for a job that orders the certificate now; where one does already, that one. Call [`Jobs::written`] after the transaction.
///
/// Refuses one that was brought (`not_of_authority`), one on its way out (`deleting`), one of no name (`names_none`), and where there is no
/// authority (`no_authority`).
pub async fn renew(
    tx: &mut WriteTx,
    jobs: &Jobs,
    (actor, via): (&Actor, &str),
    id: CertificateId,
    now: Micros,
) -> Result<Job, ApiError> {
    let row = certificate::find::<EditSites>(tx, actor, id).await?;
    if row.source != Source::Authority {
        let detail = "An owner brought this certificate. Bring the one that comes after it.";
        return Err(ApiError::conflict("not_of_authority", detail));
    }
    if row.block.deleted_at.is_some() {
        return Err(ApiError::conflict("deleting", "The certificate is on its way out."));
    }
    if row.names.is_empty() {
        let detail = "None of its names is approved. Have an administrator approve one first.";
        return Err(ApiError::conflict("names_none", detail));
    }
    if authority::store::default(tx).await?.is_none() {
        let detail =
            "There is no authority to order at. An administrator makes one with `holdfast authority create`.";
        return Err(ApiError::conflict("no_authority", detail));
    }
    let (job, _) = ask(tx, jobs, &row, true, (actor.name(), via)).await?;
    let entry = audit::Entry {
        who: audit::Who::from(actor),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action: "certificate.renew",
        object: audit::Object::of_account("certificate", row.id, row.account_id),
        before: None,
        after: Some(json!({ "job": job.id })),
        plan_hash: None,
        outcome: audit::Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    if let Some(claim) = api_kit::idempotency::current() {
        claim.done(tx).await?;
    }
    Ok(job)
}

/// Asks for the job of a certificate, and writes down which it is.
pub(crate) async fn ask(
    tx: &mut WriteTx,
    jobs: &Jobs,
    row: &Row,
    asked: bool,
    (by, via): (&str, &str),
) -> Result<(Job, bool), ::store::StoreError> {
    let payload = Payload { certificate: row.id, asked };
    let (job, new) = jobs
        .ask(
            tx,
            &jobs::Ask {
                kind: job::KIND,
                key: row.id.to_string(),
                object: jobs::Object {
                    kind: "certificate".to_owned(),
                    id: row.id.to_string(),
                    name: row.title(),
                },
                account: Some(row.account_id),
                organisation: None,
                payload: serde_json::to_value(payload).unwrap_or_default(),
                created_by: by.to_owned(),
                via: via.to_owned(),
            },
        )
        .await?;
    store::set_job(tx, row.id, job.id, asked).await?;
    Ok((job, new))
}
