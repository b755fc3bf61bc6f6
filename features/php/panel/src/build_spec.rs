//! From the row to what the agent is asked for. Pure.

use converge::Wanted;
use php_spec::{MEMORY_LIMIT, PoolSpec, Settings, UPLOAD_LIMIT};

use crate::store::pool::Row;

/// What should be of this pool.
pub(crate) fn build(row: &Row) -> Wanted<PoolSpec> {
    if row.block.deleted_at.is_some() {
        return Wanted::Absent;
    }
    let mut spec = PoolSpec {
        name: row.name.clone(),
        account: row.account_name.clone(),
        version: row.version,
        max_children: row.bounds.workers,
        memory_limit: MEMORY_LIMIT,
        upload_limit: UPLOAD_LIMIT,
        suspended: row.account_suspended,
        settings: Settings::default(),
    };
    row.effective().put(&mut spec);
    Wanted::Present(spec)
}
