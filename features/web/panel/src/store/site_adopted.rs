//! Rows of sites as the server holds them.

use names::{AccountId, AccountName, Micros, PoolId, PoolName, SiteId};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};

use crate::store::site::{DISABLE, INSERT, SUSPEND, UPDATE, Values};

const SET_DELETED: Statement = Statement::new("UPDATE site SET deleted_at = $2 WHERE id = $1");
const ACCOUNT_OF_NAME: Statement = Statement::new(
    "SELECT a.id, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS suspended
         FROM account a WHERE a.name = $1 AND a.deleted_at IS NULL",
);
const POOL_OF_NAME: Statement =
    Statement::new("SELECT id AS value FROM pool WHERE name = $1 AND deleted_at IS NULL");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[SET_DELETED, ACCOUNT_OF_NAME, POOL_OF_NAME];

/// An account, for what the server holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountFound {
    pub(crate) id: AccountId,
    pub(crate) suspended: bool,
}

impl FromRow for AccountFound {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { id: row.parse("id")?, suspended: row.flag("suspended")? })
    }
}

/// The account of this name, for what the server holds.
pub(crate) async fn account_of_name(
    tx: &mut Tx,
    name: &AccountName,
) -> Result<Option<AccountFound>, StoreError> {
    tx.optional(ACCOUNT_OF_NAME.bind(name.as_str())).await
}

/// The pool of this name, for what the server holds.
pub(crate) async fn pool_of_name(tx: &mut Tx, name: &PoolName) -> Result<Option<PoolId>, StoreError> {
    let id: Option<String> = tx.optional(POOL_OF_NAME.bind(name.as_str())).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// What the server holds of a site, but for its names.
pub(crate) struct AdoptedValues<'a> {
    pub(crate) account: AccountId,
    pub(crate) values: Values<'a>,
    pub(crate) suspended: bool,
    pub(crate) disabled: bool,
}

/// Makes a row, or makes it say what the server holds.
pub(crate) async fn put_adopted(
    tx: &mut WriteTx,
    id: SiteId,
    adopted: &AdoptedValues<'_>,
    new: bool,
    now: Micros,
) -> Result<(), StoreError> {
    let values = &adopted.values;
    let bound = if new { INSERT.bind(id).bind(adopted.account) } else { UPDATE.bind(id) };
    let bound = bound
        .bind(values.pool)
        .bind(values.docroot.as_str())
        .bind(values.body_size())
        .bind(values.index())
        .bind(values.maintenance())
        .bind(values.redirect())
        .bind(now);
    tx.execute(bound).await?;
    tx.execute(SUSPEND.bind(id).bind(adopted.suspended).bind(now)).await?;
    tx.execute(DISABLE.bind(id).bind(adopted.disabled).bind(now)).await?;
    set_deleted(tx, id, None).await
}

/// As the server holds it: there or on its way out.
pub(crate) async fn set_deleted(tx: &mut WriteTx, id: SiteId, at: Option<Micros>) -> Result<(), StoreError> {
    tx.execute(SET_DELETED.bind(id).bind(at)).await?;
    Ok(())
}
