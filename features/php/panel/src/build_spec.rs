//! From the row to what the agent is asked for. Pure.

use converge::Wanted;
use names::ByteSize;
use php_spec::PoolSpec;

use crate::store::pool::Row;

/// PHP's own usual value.
const MEMORY_LIMIT: ByteSize = ByteSize::mebibytes(128);
/// What the web server takes as a request's body where a site says nothing else.
const UPLOAD_LIMIT: ByteSize = ByteSize::mebibytes(64);

/// What should be of this pool.
pub(crate) fn build(row: &Row) -> Wanted<PoolSpec> {
    if row.block.deleted_at.is_some() {
        return Wanted::Absent;
    }
    Wanted::Present(PoolSpec {
        name: row.name.clone(),
        account: row.account_name.clone(),
        version: row.version,
        max_children: row.workers,
        memory_limit: MEMORY_LIMIT,
        upload_limit: UPLOAD_LIMIT,
        suspended: row.account_suspended,
    })
}
