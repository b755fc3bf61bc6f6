//! From the row to what the agent is asked for. Pure.

use cert_spec::{CertificateSpec, Issued};
use converge::Wanted;

use crate::store::certificate::Row;

/// What should be of this certificate; none while it has no name.
pub(crate) fn build(row: &Row, issued: Option<Issued>) -> Option<Wanted<CertificateSpec>> {
    if row.block.deleted_at.is_some() {
        return Some(Wanted::Absent);
    }
    (!row.names.is_empty()).then(|| {
        Wanted::Present(CertificateSpec {
            account: Some(row.account_name.clone()),
            names: row.names.clone(),
            issued,
        })
    })
}
