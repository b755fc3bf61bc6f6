//! What accounts and sites chose of PHP, and what accounts were sold of it.

use limits::{Amount, Limit};
use names::{AccountId, AccountName, ByteSize, Generation, Micros, SiteId};
use php_spec::{Bounds, Settings};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

const OF_ACCOUNT: Statement =
    Statement::new("SELECT settings, version FROM php_setting WHERE account_id = $1 AND site_id IS NULL");
const OF_SITE: Statement = Statement::new("SELECT settings, version FROM php_setting WHERE site_id = $1");
const UPDATE_ACCOUNT: Statement = Statement::new(
    "UPDATE php_setting SET settings = $2, version = version + 1, updated_at = $3 WHERE account_id = $1 AND site_id IS NULL",
);
const UPDATE_SITE: Statement = Statement::new(
    "UPDATE php_setting SET settings = $2, version = version + 1, updated_at = $3 WHERE site_id = $1",
);
// Nobody chose anything: that was the first version.
const INSERT: Statement = Statement::new(
    "INSERT INTO php_setting (account_id, site_id, settings, version, updated_at) VALUES ($1, $2, $3, 2, $4)",
);
const FORGET: Statement = Statement::new("DELETE FROM php_setting WHERE site_id = $1");
const BOUNDS: Statement = Statement::new(
    "SELECT a.name, a.deleted_at,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_workers') AS workers,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_memory_bytes') AS memory,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_upload_bytes') AS upload,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_seconds') AS seconds
     FROM account a WHERE a.id = $1",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[OF_ACCOUNT, OF_SITE, UPDATE_ACCOUNT, UPDATE_SITE, INSERT, FORGET, BOUNDS];

/// What was chosen, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) settings: Settings,
    /// Raised by every change; its ETag.
    pub(crate) version: Generation,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { settings: Settings::default(), version: Generation::FIRST }
    }
}

impl FromRow for Chosen {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let version: u64 = row.number("version")?;
        let bad = || RowError { column: "version".to_owned(), problem: "is below 1".to_owned() };
        Ok(Self { settings: row.json("settings")?, version: Generation::new(version).map_err(|_| bad())? })
    }
}

/// An account and what it was sold of PHP.
#[derive(Debug, Clone)]
pub(crate) struct Sold {
    pub(crate) name: AccountName,
    pub(crate) deleting: bool,
    pub(crate) bounds: Bounds,
}

impl FromRow for Sold {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let deleting = row.opt_time("deleted_at")?.is_some();
        Ok(Self { name: row.parse("name")?, deleting, bounds: bounds(row)? })
    }
}

/// Reads what an account was sold, of the columns `workers`, `memory`, `upload` and `seconds`.
pub(crate) fn bounds(row: &Row) -> Result<Bounds, RowError> {
    let most = |column: &str, limit: Limit| -> Result<i64, RowError> {
        let usual = match limit.usual() {
            Amount::Of(most) => most,
            Amount::Unlimited => *limit.range().end(),
        };
        Ok(row.opt_int(column)?.unwrap_or(usual).clamp(*limit.range().start(), *limit.range().end()))
    };
    let size = |column: &str, limit: Limit| -> Result<ByteSize, RowError> {
        let bytes = u64::try_from(most(column, limit)?).unwrap_or_default();
        ByteSize::new(bytes).map_err(|e| RowError { column: column.to_owned(), problem: e.reason })
    };
    Ok(Bounds {
        memory: size("memory", Limit::PhpMemoryBytes)?,
        upload: size("upload", Limit::PhpUploadBytes)?,
        seconds: most("seconds", Limit::PhpSeconds)?,
        workers: u16::try_from(most("workers", Limit::PhpWorkers)?).unwrap_or(u16::MAX),
    })
}

/// What the account was sold; none where there is no such account.
pub(crate) async fn sold(tx: &mut Tx, account: AccountId) -> Result<Option<Sold>, StoreError> {
    tx.optional(BOUNDS.bind(account)).await
}

/// What the account chose.
pub(crate) async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Chosen, StoreError> {
    Ok(tx.optional(OF_ACCOUNT.bind(account)).await?.unwrap_or_default())
}

/// What the site chose.
pub(crate) async fn of_site(tx: &mut Tx, site: SiteId) -> Result<Chosen, StoreError> {
    Ok(tx.optional(OF_SITE.bind(site)).await?.unwrap_or_default())
}

/// Writes down what the account chose, or one of its sites.
pub(crate) async fn put(
    tx: &mut WriteTx,
    account: AccountId,
    site: Option<SiteId>,
    settings: &Settings,
    now: Micros,
) -> Result<(), StoreError> {
    // A struct of texts and numbers, which is always JSON.
    let text = serde_json::to_string(settings).unwrap_or_else(|_| "{}".to_owned());
    let update = site.map_or_else(|| UPDATE_ACCOUNT.bind(account), |site| UPDATE_SITE.bind(site));
    if tx.execute(update.bind(text.as_str()).bind(now)).await? == 0 {
        tx.execute(INSERT.bind(account).bind(site).bind(text.as_str()).bind(now)).await?;
    }
    Ok(())
}

/// The site goes, and what it chose with it.
pub(crate) async fn forget(tx: &mut WriteTx, site: SiteId) -> Result<(), StoreError> {
    tx.execute(FORGET.bind(site)).await?;
    Ok(())
}
