//! Names that an account gave up, and when: for a while they are nobody's.

use std::time::Duration;

use names::{AccountId, DomainName, Micros};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

const PUT: Statement = Statement::new(
    "INSERT INTO name_left (name, account_id, left_at) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET account_id = excluded.account_id, left_at = excluded.left_at",
);
const FIND: Statement = Statement::new("SELECT account_id, left_at FROM name_left WHERE name = $1");
const FORGET: Statement = Statement::new("DELETE FROM name_left WHERE left_at < $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[PUT, FIND, FORGET];

/// Longer than any pause may be.
const KEPT: Duration = Duration::from_hours(400 * 24);

/// Who gave a name up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    pub(crate) account: AccountId,
    pub(crate) at: Micros,
}

impl FromRow for Left {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { account: row.parse("account_id")?, at: row.time("left_at")? })
    }
}

/// Notes that the account gives the name up; what is too old to matter is forgotten.
pub(crate) async fn put(
    tx: &mut WriteTx,
    name: &DomainName,
    account: AccountId,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(FORGET.bind(now.minus(KEPT))).await?;
    tx.execute(PUT.bind(name.as_str()).bind(account).bind(now)).await?;
    Ok(())
}

/// Who gave the name up last.
pub(crate) async fn find(tx: &mut Tx, name: &DomainName) -> Result<Option<Left>, StoreError> {
    tx.optional(FIND.bind(name.as_str())).await
}
