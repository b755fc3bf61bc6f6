//! What sites sent, a row for each site and day; the web feature shows it.

use names::SiteId;
use store::{Statement, StoreError, Tx, WriteTx};

// The site may have gone meanwhile: then there is nothing to select. The agent tells the whole day each time, so that a figure never counts
// twice; one that became smaller is that of an agent that lost its own.
const RECORD: Statement = Statement::new(
    "INSERT INTO site_traffic_day (site_id, day, requests, bytes)
     SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM site WHERE id = $1
     ON CONFLICT (site_id, day) DO UPDATE SET
            requests = CASE WHEN excluded.requests > site_traffic_day.requests
                            THEN excluded.requests ELSE site_traffic_day.requests END,
            bytes = CASE WHEN excluded.bytes > site_traffic_day.bytes
                         THEN excluded.bytes ELSE site_traffic_day.bytes END",
);
const NEWEST: Statement =
    Statement::new("SELECT CAST(COALESCE(MAX(day), 0) AS BIGINT) AS value FROM site_traffic_day");
const PRUNE: Statement = Statement::new("DELETE FROM site_traffic_day WHERE day < $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[RECORD, NEWEST, PRUNE];

/// A number of the agent's as a column takes it.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Notes what a site's visitors were sent on a day; for the upkeep alone.
pub(crate) async fn record(
    tx: &mut WriteTx,
    site: SiteId,
    day: i64,
    (requests, bytes): (u64, u64),
) -> Result<(), StoreError> {
    tx.execute(RECORD.bind(site).bind(day).bind(number(requests)).bind(number(bytes))).await?;
    Ok(())
}

/// The newest day that is noted, 0 where none is; for the upkeep alone.
pub(crate) async fn newest(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(NEWEST).await
}

/// Forgets the days before one.
pub(crate) async fn prune(tx: &mut WriteTx, before: i64) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(before)).await
}
