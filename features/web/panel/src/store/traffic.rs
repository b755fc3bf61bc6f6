//! What a site sent, a row for each day with visitors. The upkeep of usage writes them.

use auth::{Authorised, ViewSites};
use names::AccountId;
use store::{FromRow, RowError, Statement, StoreError, Tx};

use crate::store::site::Row;

const HISTORY: Statement = Statement::new(
    "SELECT day, requests, bytes FROM site_traffic_day WHERE site_id = $1 AND day > $2 ORDER BY day LIMIT $3",
);
const MONTH: Statement = Statement::new(
    "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) AS requests, CAST(COALESCE(SUM(traffic_bytes), 0) AS BIGINT) AS bytes,
            (SELECT l.most FROM account_limit l WHERE l.account_id = $1 AND l.name = 'traffic_bytes') AS most
     FROM account_usage_day WHERE account_id = $1 AND day BETWEEN $2 AND $3",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[HISTORY, MONTH];

/// One day; its date is counted from 1970 (UTC).
pub(crate) struct Day {
    pub(crate) date: i64,
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
}

impl FromRow for Day {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { date: row.int("day")?, requests: row.number("requests")?, bytes: row.number("bytes")? })
    }
}

/// What all sites of an account sent, and how much they may.
pub(crate) struct Month {
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    /// None: as much as they like.
    pub(crate) most: Option<u64>,
}

impl FromRow for Month {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            requests: row.number("requests")?,
            bytes: row.number("bytes")?,
            most: row.opt_number("most")?,
        })
    }
}

/// The days after one, oldest first.
pub(crate) async fn history(
    tx: &mut Tx,
    site: &Authorised<Row, ViewSites>,
    after: i64,
    days: i64,
) -> Result<Vec<Day>, StoreError> {
    tx.all(HISTORY.bind(site.id).bind(after).bind(days)).await
}

/// The account's sum from the first to the last of these days. The caller has looked whether it may be seen.
pub(crate) async fn month(
    tx: &mut Tx,
    account: AccountId,
    (first, last): (i64, i64),
) -> Result<Month, StoreError> {
    tx.one(MONTH.bind(account).bind(first).bind(last)).await
}
