//! What accounts take: the newest figures, and a row a day.

use account_spec::{Limits, Measured, Usage};
use auth::{AccountRef, Authorised, SuspendAccounts, ViewAccount};
use names::{AccountId, AccountName, Micros, SiteId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

// The account may have gone meanwhile: then there is nothing to select.
const RECORD: Statement = Statement::new(
    "INSERT INTO account_usage (account_id, disk_bytes, inodes, truncated, measured_by, disk_held, inodes_held, note, as_of)
     SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS TEXT), CAST($6 AS BIGINT),
            CAST($7 AS BIGINT), CAST($8 AS TEXT), CAST($9 AS BIGINT)
     FROM account WHERE id = $1
     ON CONFLICT (account_id) DO UPDATE SET disk_bytes = excluded.disk_bytes, inodes = excluded.inodes,
            truncated = excluded.truncated, measured_by = excluded.measured_by, disk_held = excluded.disk_held,
            inodes_held = excluded.inodes_held, note = excluded.note, as_of = excluded.as_of",
);
const RECORD_DAY: Statement = Statement::new(
    "INSERT INTO account_usage_day (account_id, day, disk_bytes, inodes)
     SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM account WHERE id = $1
     ON CONFLICT (account_id, day) DO UPDATE SET disk_bytes = excluded.disk_bytes, inodes = excluded.inodes",
);
// A site that was removed takes its share of the sum with it; what was noted of it stays.
const RECORD_TRAFFIC: Statement = Statement::new(
    "INSERT INTO account_usage_day (account_id, day, traffic_bytes, requests)
     SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM account WHERE id = $1
     ON CONFLICT (account_id, day) DO UPDATE SET
            traffic_bytes = CASE WHEN excluded.traffic_bytes > account_usage_day.traffic_bytes
                                 THEN excluded.traffic_bytes ELSE account_usage_day.traffic_bytes END,
            requests = CASE WHEN excluded.requests > account_usage_day.requests
                            THEN excluded.requests ELSE account_usage_day.requests END",
);
const HISTORY: Statement = Statement::new(
    "SELECT day, disk_bytes, inodes, traffic_bytes, requests FROM account_usage_day
     WHERE account_id = $1 AND day > $2 ORDER BY day LIMIT $3",
);
const STALE: Statement = Statement::new(
    "SELECT a.id, a.name FROM account a LEFT JOIN account_usage u ON u.account_id = a.id
     WHERE a.id > $1 AND a.deleted_at IS NULL AND a.observed_generation > 0 AND (u.as_of IS NULL OR u.as_of < $2)
     ORDER BY a.id LIMIT $3",
);
const SITES: Statement = Statement::new("SELECT id, account_id FROM site WHERE id > $1 ORDER BY id LIMIT $2");
const STANDING: Statement = Statement::new(
    "SELECT a.id, a.name, a.limits, a.suspended, u.disk_bytes, u.inodes, u.disk_told, u.inodes_told, u.traffic_told, u.policy,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'traffic_bytes') AS traffic_most,
            (SELECT CAST(COALESCE(SUM(d.traffic_bytes), 0) AS BIGINT) FROM account_usage_day d
             WHERE d.account_id = a.id AND d.day BETWEEN $3 AND $4) AS traffic_bytes
     FROM account_usage u JOIN account a ON a.id = u.account_id
     WHERE a.id > $1 AND a.deleted_at IS NULL ORDER BY a.id LIMIT $2",
);
const TOLD: Statement = Statement::new(
    "UPDATE account_usage SET disk_told = $2, inodes_told = $3, traffic_told = $4 WHERE account_id = $1",
);
const POLICY: Statement = Statement::new("UPDATE account_usage SET policy = $2 WHERE account_id = $1");
const POLICY_OF: Statement =
    Statement::new("SELECT policy AS value FROM account_usage WHERE account_id = $1");
const PRUNE: Statement = Statement::new("DELETE FROM account_usage_day WHERE day < $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[RECORD, RECORD_DAY, RECORD_TRAFFIC, HISTORY, STALE, SITES, STANDING, TOLD, POLICY, POLICY_OF, PRUNE];

/// A number of the agent's as a column takes it.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Notes the newest figures of an account; for the upkeep alone, which acts for no one.
pub(crate) async fn record(
    tx: &mut WriteTx,
    account: AccountId,
    usage: &Usage,
    day: i64,
    now: Micros,
) -> Result<(), StoreError> {
    let measured = match usage.measured_by {
        Measured::Worker => "worker",
        Measured::Quota => "quota",
    };
    let (bytes, entries) = (number(usage.bytes), usage.entries.map(number));
    let newest = RECORD
        .bind(account)
        .bind(bytes)
        .bind(entries)
        .bind(usage.truncated)
        .bind(measured)
        .bind(usage.held.disk)
        .bind(usage.held.inodes)
        .bind(usage.held.note.clone())
        .bind(now);
    tx.execute(newest).await?;
    tx.execute(RECORD_DAY.bind(account).bind(day).bind(bytes).bind(entries)).await?;
    Ok(())
}

/// Notes what an account's visitors were sent on a day; for the upkeep alone.
pub(crate) async fn record_traffic(
    tx: &mut WriteTx,
    account: AccountId,
    day: i64,
    (bytes, requests): (u64, u64),
) -> Result<(), StoreError> {
    let traffic = RECORD_TRAFFIC.bind(account).bind(day).bind(number(bytes)).bind(number(requests));
    tx.execute(traffic).await?;
    Ok(())
}

/// One day; its date is counted from 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: i64,
    pub(crate) disk_bytes: Option<u64>,
    pub(crate) inodes: Option<u64>,
    pub(crate) traffic_bytes: u64,
    pub(crate) requests: u64,
}

impl FromRow for Day {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            date: row.int("day")?,
            disk_bytes: row.opt_number("disk_bytes")?,
            inodes: row.opt_number("inodes")?,
            traffic_bytes: row.number("traffic_bytes")?,
            requests: row.number("requests")?,
        })
    }
}

/// The days after one, oldest first.
pub(crate) async fn history(
    tx: &mut Tx,
    account: &Authorised<AccountRef, ViewAccount>,
    after: i64,
    days: i64,
) -> Result<Vec<Day>, StoreError> {
    tx.all(HISTORY.bind(account.id).bind(after).bind(days)).await
}

/// An account whose figures are old.
pub(crate) struct Stale {
    pub(crate) id: AccountId,
    pub(crate) name: AccountName,
}

impl FromRow for Stale {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { id: row.parse("id")?, name: row.parse("name")? })
    }
}

/// Accounts after a cursor whose figures are older than this; for the upkeep alone.
pub(crate) async fn stale(
    tx: &mut Tx,
    after: &str,
    before: Micros,
    most: i64,
) -> Result<Vec<Stale>, StoreError> {
    tx.all(STALE.bind(after).bind(before).bind(most)).await
}

/// Whose a site is.
pub(crate) struct SiteOf {
    pub(crate) site: SiteId,
    pub(crate) account: AccountId,
}

impl FromRow for SiteOf {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { site: row.parse("id")?, account: row.parse("account_id")? })
    }
}

/// A page of all sites; for the upkeep alone.
pub(crate) async fn sites(tx: &mut Tx, after: &str, most: i64) -> Result<Vec<SiteOf>, StoreError> {
    tx.all(SITES.bind(after).bind(most)).await
}

/// What the policy did about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    None,
    /// It suspended the account, and takes that back.
    Suspended,
    /// A person let the account go on; it is left alone until it is below its limit again.
    Spared,
}

impl Policy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Suspended => "suspended",
            Self::Spared => "spared",
        }
    }

    fn of_word(word: &str) -> Self {
        match word {
            "suspended" => Self::Suspended,
            "spared" => Self::Spared,
            _ => Self::None,
        }
    }
}

/// How an account stands by its limits.
pub(crate) struct Standing {
    pub(crate) id: AccountId,
    pub(crate) name: AccountName,
    pub(crate) limits: Limits,
    pub(crate) suspended: bool,
    pub(crate) disk_bytes: u64,
    pub(crate) inodes: Option<u64>,
    /// What was sent this month.
    pub(crate) traffic_bytes: u64,
    /// How much may be sent in a month.
    pub(crate) traffic_most: Option<u64>,
    pub(crate) told: Told,
    pub(crate) policy: Policy,
}

/// Of which parts of its limits was told, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) disk: i64,
    pub(crate) inodes: i64,
    pub(crate) traffic: i64,
}

impl FromRow for Standing {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            limits: row.opt_json("limits")?.unwrap_or_default(),
            suspended: row.flag("suspended")?,
            disk_bytes: row.number("disk_bytes")?,
            inodes: row.opt_number("inodes")?,
            traffic_bytes: row.number("traffic_bytes")?,
            traffic_most: row.opt_number("traffic_most")?,
            told: Told {
                disk: row.int("disk_told")?,
                inodes: row.int("inodes_told")?,
                traffic: row.int("traffic_told")?,
            },
            policy: Policy::of_word(&row.text("policy")?),
        })
    }
}

/// A page of all accounts that were counted, with what was sent from the first to the last of these days; for the upkeep alone.
pub(crate) async fn standing(
    tx: &mut Tx,
    after: &str,
    (first, last): (i64, i64),
    most: i64,
) -> Result<Vec<Standing>, StoreError> {
    tx.all(STANDING.bind(after).bind(most).bind(first).bind(last)).await
}

/// Remembers of which part of its limits was told; for the upkeep alone.
pub(crate) async fn set_told(tx: &mut WriteTx, account: AccountId, told: Told) -> Result<(), StoreError> {
    tx.execute(TOLD.bind(account).bind(told.disk).bind(told.inodes).bind(told.traffic)).await?;
    Ok(())
}

/// What the policy did about the account.
pub(crate) async fn policy(
    tx: &mut Tx,
    account: &Authorised<AccountRef, SuspendAccounts>,
) -> Result<Policy, StoreError> {
    let word: Option<String> = tx.optional(POLICY_OF.bind(account.id)).await?;
    Ok(word.map_or(Policy::None, |word| Policy::of_word(&word)))
}

/// Remembers what the policy, or a person against it, did about the account.
pub(crate) async fn set_policy(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, SuspendAccounts>,
    policy: Policy,
) -> Result<(), StoreError> {
    tx.execute(POLICY.bind(account.id).bind(policy.as_str())).await?;
    Ok(())
}

/// The account is below its limits again: nobody has to spare it any more. For the upkeep alone.
pub(crate) async fn forget_policy(tx: &mut WriteTx, account: AccountId) -> Result<(), StoreError> {
    tx.execute(POLICY.bind(account).bind(Policy::None.as_str())).await?;
    Ok(())
}

/// Forgets the days before one.
pub(crate) async fn prune(tx: &mut WriteTx, before: i64) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(before)).await
}
