//! From the row to what the agent is asked for. Pure.

use account_spec::AccountSpec;
use converge::Wanted;

use crate::store::account::Row;

/// What should be of this account.
pub(crate) fn build(row: &Row) -> Wanted<AccountSpec> {
    if row.block.deleted_at.is_some() {
        return Wanted::Absent;
    }
    Wanted::Present(AccountSpec {
        name: row.name.clone(),
        uid: row.uid,
        // What opens nothing is not sent; the row keeps it.
        sftp_password: row.sftp_password.clone().filter(|_| !row.sftp_off),
        ssh_keys: if row.sftp_off { Vec::new() } else { row.ssh_keys.clone() },
        suspended: row.is_off(),
        limits: row.limits,
    })
}
