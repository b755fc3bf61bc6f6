//! Pools as converging objects.

use desired::{Before, BlockSql, Object, Wish};
use php_spec::PoolSpec;
use store::{StoreError, Tx};

use crate::build_spec::build;
use crate::store::pool;

/// The kind `pool`.
#[derive(Debug)]
pub struct PoolObject;

impl Object for PoolObject {
    type Spec = PoolSpec;
    const RANK: u8 = 20;
    const SQL: BlockSql = pool::BLOCK;

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
