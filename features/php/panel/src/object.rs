//! Pools as converging objects.

use api_kit::ApiError;
use converge::Wanted;
use desired::{Adopt, Before, BlockSql, Object, Wish};
use php_spec::PoolSpec;
use store::{StoreError, Tx, WriteTx};

use crate::build_spec::build;
use crate::store::pool;

/// The kind `pool`.
#[derive(Debug)]
pub struct PoolObject;

impl Object for PoolObject {
    type Spec = PoolSpec;
    const RANK: u8 = 20;
    const SQL: BlockSql = pool::BLOCK;
    const LACKS: Option<&'static str> = Some("when it was made");

    async fn adopt(tx: &mut WriteTx, adopt: &Adopt<'_, PoolSpec>) -> Result<(), ApiError> {
        let (id, now) = (*adopt.id, adopt.now);
        let row = pool::unscoped(tx, &id.to_string()).await?;
        match (adopt.held, row) {
            (Wanted::Absent, None) => Ok(()),
            (Wanted::Absent, Some(_)) => Ok(pool::set_deleted(tx, id, Some(now)).await?),
            (Wanted::Present(_), Some(_)) => Ok(pool::set_deleted(tx, id, None).await?),
            (Wanted::Present(spec), None) => {
                let Some(account) = pool::account_of_name(tx, &spec.account).await? else {
                    let detail =
                        format!("The account {} is not known here. Decide about it first.", spec.account);
                    return Err(ApiError::conflict("account_unknown", detail));
                };
                if pool::of_version(tx, account, spec.version).await?.is_some() {
                    let detail = format!("There is another pool {} here. Delete that one first.", spec.name);
                    return Err(ApiError::conflict("name_taken", detail));
                }
                Ok(pool::insert(tx, id, account, spec.version, now).await?)
            }
        }
    }

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<PoolSpec>>, StoreError> {
        let Some(row) = pool::unscoped(tx, id).await? else { return Ok(None) };
        // A site that is on its way to another pool, or out, still leads here until the host says otherwise.
        let held = row.block.deleted_at.is_some() && row.holding > 0;
        Ok(Some(Wish {
            scope: row.id,
            name: row.name.to_string(),
            account: Some(row.account_id),
            wanted: build(&row),
            waits_for: held.then(|| Before::Object(format!("{} of its sites", row.holding))),
            block: row.block,
        }))
    }
}
