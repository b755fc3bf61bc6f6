//! How the getting of a certificate stands, as the API shows it.

use ::store::{StoreError, Tx};
use names::{CertName, CertificateId, JobId, Micros};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{self, OrderRow};
use crate::authority;

/// A name that the certificate lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOutName {
    /// The name.
    #[schema(value_type = String, example = "shop.example.test")]
    pub name: CertName,
    /// Why: a stable code, such as `authority_dns` or `no_dns_provider`.
    pub reason: String,
    /// In the authority's words, where it was asked.
    pub detail: String,
    /// What can be done.
    pub remedy: String,
    /// When it is asked for again; null: with the next order.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub retry_at: Option<Micros>,
}

/// How the getting of a certificate stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateOrder {
    /// `none` where there is no authority to order at, `waiting`, `ordering`, `issued` or `failed`.
    pub state: String,
    /// The name of the authority where it was last ordered.
    pub authority: Option<String>,
    /// The job that orders it now.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub job: Option<JobId>,
    /// Names that it lacks.
    pub left_out: Vec<LeftOutName>,
    /// Why the last order failed, in the authority's words where it was asked.
    pub error: Option<String>,
    /// What can be done about it.
    pub remedy: Option<String>,
    /// Failures in a row.
    pub failures: i64,
    /// When it is ordered next; null: as soon as there is an authority, and its site is served.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub renew_at: Option<Micros>,
    /// Why then: `authority` (it would have it so), `age`, `names`, `failed` or `asked`.
    pub renew_because: Option<String>,
    /// When it was last ordered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ordered_at: Option<Micros>,
    /// When it was last issued.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Micros>,
}

/// The view of a certificate's order; none of one that was brought.
pub(crate) async fn of(tx: &mut Tx, id: CertificateId) -> Result<Option<CertificateOrder>, StoreError> {
    let Some(row) = store::find(tx, id).await? else { return Ok(None) };
    let authority = match row.authority {
        Some(id) => authority::store::by_id(tx, id).await?,
        None => None,
    };
    let job = match row.job {
        Some(job) => jobs::find(tx, job).await?.filter(|job| !job.state.is_ended()).map(|job| job.id),
        None => None,
    };
    let may_order = match (&row, job) {
        (OrderRow { error: None, issued_at: None, .. }, None) => {
            authority::store::default(tx).await?.is_some()
        }
        _ => true,
    };
    let state = state(&row, job.is_some(), may_order).to_owned();
    let left_out = row.left_out.into_iter().map(|left| LeftOutName {
        name: left.name,
        reason: left.reason,
        detail: left.detail,
        remedy: left.remedy,
        retry_at: left.retry_at,
    });
    Ok(Some(CertificateOrder {
        state,
        authority: authority.map(|authority| authority.name.to_string()),
        job,
        left_out: left_out.collect(),
        error: row.error,
        remedy: row.remedy,
        failures: row.failures,
        renew_at: row.renew_at,
        renew_because: row.renew_because,
        ordered_at: row.ordered_at,
        issued_at: row.issued_at,
    }))
}

fn state(row: &OrderRow, is_ordering: bool, may_order: bool) -> &'static str {
    match row {
        _ if is_ordering => "ordering",
        OrderRow { error: Some(_), .. } => "failed",
        OrderRow { issued_at: Some(_), .. } => "issued",
        _ if may_order => "waiting",
        _ => "none",
    }
}
