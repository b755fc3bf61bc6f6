//! Certificates as converging objects.

use api_kit::ApiError;
use cert_spec::CertificateSpec;
use converge::Wanted;
use desired::{Adopt, Before, BlockSql, Object, Wish};
use store::{StoreError, Tx, WriteTx};

use crate::adopt;
use crate::build_spec::build;
use crate::store::{certificate, certificate_block};

/// The kind `certificate`.
#[derive(Debug)]
pub struct CertificateObject;

impl Object for CertificateObject {
    type Spec = CertificateSpec;
    const RANK: u8 = 20;
    const SQL: BlockSql = certificate_block::BLOCK;
    const LACKS: Option<&'static str> = Some(
        "the site that it was made for, who issued it (one with a chain is taken as brought, and no longer renewed), and when it was made",
    );

    async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, CertificateSpec>) -> Result<(), ApiError> {
        adopt::certificate(tx, adopt).await
    }

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<CertificateSpec>>, StoreError> {
        let Some(row) = certificate::unscoped(tx, id).await? else { return Ok(None) };
        let issued = certificate::issued(tx, row.id).await?;
        let wanted = build(&row, issued);
        let waits_for = if wanted.is_none() {
            Some(Before::Approval("an administrator's approval of a name of its site".to_owned()))
        } else if row.block.deleted_at.is_some() && row.holding > 0 {
            // What shows it on the host goes before it.
            Some(Before::Object(format!("{} of the account's sites", row.holding)))
        } else {
            None
        };
        Ok(Some(Wish {
            scope: row.id,
            name: row.title(),
            account: Some(row.account_id),
            wanted: wanted.unwrap_or(Wanted::Absent),
            block: row.block,
            waits_for,
        }))
    }
}
