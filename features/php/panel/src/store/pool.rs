//! Rows of pools, and how the API shows them.

use auth::{Authorised, OnAccount, Owned, TenantScope};
use desired::{Block, BlockSql, Convergence};
use names::{AccountId, AccountName, Micros, PhpVersion, PoolId, PoolName};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

const FIND: Statement = Statement::new(
    "SELECT p.id, p.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_workers') AS workers, p.version, p.name, p.created_at,
            p.generation, p.observed_generation, p.spec_digest, p.condition, p.reason, p.message, p.since, p.attempts,
            p.next_attempt_at, p.deleted_at, p.expect_plan, p.overwrite,
            (SELECT COUNT(*) FROM site s WHERE s.pool_id = p.id AND s.deleted_at IS NULL) AS sites,
            (SELECT COUNT(*) FROM site s WHERE s.account_id = p.account_id
                AND (s.pool_id = p.id OR s.observed_generation < s.generation)) AS holding
     FROM pool p JOIN account a ON a.id = p.account_id
     WHERE p.id = $1",
);
const FIND_BY_NAME: Statement = Statement::new(
    "SELECT p.id, p.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_workers') AS workers, p.version, p.name, p.created_at,
            p.generation, p.observed_generation, p.spec_digest, p.condition, p.reason, p.message, p.since, p.attempts,
            p.next_attempt_at, p.deleted_at, p.expect_plan, p.overwrite,
            (SELECT COUNT(*) FROM site s WHERE s.pool_id = p.id AND s.deleted_at IS NULL) AS sites, 0 AS holding
     FROM pool p JOIN account a ON a.id = p.account_id
     WHERE p.name = $1",
);
const OF_ACCOUNT: Statement = Statement::new(
    "SELECT p.id, p.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_workers') AS workers, p.version, p.name, p.created_at,
            p.generation, p.observed_generation, p.spec_digest, p.condition, p.reason, p.message, p.since, p.attempts,
            p.next_attempt_at, p.deleted_at, p.expect_plan, p.overwrite,
            (SELECT COUNT(*) FROM site s WHERE s.pool_id = p.id AND s.deleted_at IS NULL) AS sites, 0 AS holding
     FROM pool p JOIN account a ON a.id = p.account_id
     WHERE p.account_id = $1 AND (p.version = $2 OR $2 IS NULL) ORDER BY p.version LIMIT 100",
);
const LIST: Statement = Statement::new(
    "SELECT p.id, p.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended,
            (SELECT l.most FROM account_limit l WHERE l.account_id = a.id AND l.name = 'php_workers') AS workers, p.version, p.name, p.created_at,
            p.generation, p.observed_generation, p.spec_digest, p.condition, p.reason, p.message, p.since, p.attempts,
            p.next_attempt_at, p.deleted_at, p.expect_plan, p.overwrite,
            (SELECT COUNT(*) FROM site s WHERE s.pool_id = p.id AND s.deleted_at IS NULL) AS sites, 0 AS holding
     FROM pool p JOIN account a ON a.id = p.account_id
     WHERE p.name > $1
       AND ($2 = 'all' OR p.account_id IN
            (SELECT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3))
       AND (p.account_id = $4 OR $4 IS NULL)
     ORDER BY p.name LIMIT $5",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO pool (id, account_id, version, name, node_id, created_at, updated_at, since)
     SELECT CAST($1 AS TEXT), a.id, CAST($3 AS TEXT), a.name || '-' || CAST($3 AS TEXT), a.node_id,
            CAST($4 AS BIGINT), CAST($4 AS BIGINT), CAST($4 AS BIGINT)
     FROM account a WHERE a.id = $2",
);
const ACCOUNT_OF_NAME: Statement =
    Statement::new("SELECT id AS value FROM account WHERE name = $1 AND deleted_at IS NULL");
const SET_DELETED: Statement = Statement::new("UPDATE pool SET deleted_at = $2 WHERE id = $1");

/// The statements over the columns that converging rows share.
pub(crate) const BLOCK: BlockSql = BlockSql {
    raise: Statement::new(
        "UPDATE pool SET generation = generation + 1, updated_at = $2, since = $2, overwrite = $3,
                condition = CASE WHEN deleted_at IS NULL THEN 'pending' ELSE 'deleting' END,
                reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL, expect_plan = NULL,
                spec_digest = NULL
         WHERE id = $1",
    ),
    lift: Statement::new("UPDATE pool SET generation = $2 WHERE id = $1 AND generation < $2"),
    expect: Statement::new("UPDATE pool SET expect_plan = $2 WHERE id = $1"),
    again: Statement::new("UPDATE pool SET attempts = 0, next_attempt_at = NULL WHERE id = $1"),
    record: Statement::new(
        "UPDATE pool SET observed_generation = COALESCE($3, observed_generation), spec_digest = COALESCE($4, spec_digest),
                condition = $5, reason = $6, message = $7, since = $8, attempts = $9, next_attempt_at = $10,
                expect_plan = CASE WHEN $5 = 'ready' THEN NULL ELSE expect_plan END,
                overwrite = CASE WHEN $5 = 'ready' THEN 0 ELSE overwrite END
         WHERE id = $1 AND generation = $2",
    ),
    behind: Statement::new("UPDATE pool SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2"),
    purge: Statement::new("DELETE FROM pool WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL"),
    unsettled: Statement::new(
        "SELECT id AS value FROM pool WHERE condition <> 'ready' OR observed_generation < generation",
    ),
    waiting: Statement::new(
        "SELECT id AS value FROM pool WHERE reason = 'waits_for' AND (account_id = $1 OR $1 IS NULL)",
    ),
    page: Statement::new(
        "SELECT id, generation, observed_generation, spec_digest, condition, reason, message, since, attempts,
                next_attempt_at, deleted_at, expect_plan, overwrite
         FROM pool WHERE id > $1 ORDER BY id LIMIT $2",
    ),
};

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    FIND_BY_NAME,
    OF_ACCOUNT,
    LIST,
    INSERT,
    ACCOUNT_OF_NAME,
    SET_DELETED,
    BLOCK.raise,
    BLOCK.lift,
    BLOCK.expect,
    BLOCK.again,
    BLOCK.record,
    BLOCK.behind,
    BLOCK.purge,
    BLOCK.unsettled,
    BLOCK.waiting,
    BLOCK.page,
];

/// Where nothing else is written down.
const USUAL_WORKERS: u16 = 8;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: PoolId,
    pub(crate) account_id: AccountId,
    pub(crate) account_name: AccountName,
    pub(crate) account_suspended: bool,
    /// Workers at most: each takes its memory only while it works.
    pub(crate) workers: u16,
    pub(crate) version: PhpVersion,
    pub(crate) name: PoolName,
    pub(crate) created_at: Micros,
    pub(crate) block: Block,
    /// Sites that use it and are to stay.
    pub(crate) sites: i64,
    /// Sites that may still lead to it on the host.
    pub(crate) holding: i64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            account_id: row.parse("account_id")?,
            account_name: row.parse("account_name")?,
            account_suspended: row.flag("account_suspended")?,
            workers: row.opt_number("workers")?.unwrap_or(USUAL_WORKERS),
            version: row.parse("version")?,
            name: row.parse("name")?,
            created_at: row.time("created_at")?,
            block: Block::from_row(row)?,
            sites: row.int("sites")?,
            holding: row.int("holding")?,
        })
    }
}

impl Owned for Row {
    const KIND: &'static str = "pool";

    fn account(&self) -> AccountId {
        self.account_id
    }
}

/// A PHP pool: an account's php-fpm of one version, asleep while nobody asks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Pool {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: PoolId,
    /// The account's name and the version, with a hyphen between.
    #[schema(value_type = String, example = "alice-8.4")]
    pub name: PoolName,
    /// Whose it is.
    #[schema(value_type = String)]
    pub account: AccountName,
    /// The PHP version.
    #[schema(value_type = String, example = "8.4")]
    pub version: PhpVersion,
    /// How many sites use it.
    pub sites: i64,
    /// Workers at most.
    pub workers: u16,
    /// Its account is suspended, so it answers nothing.
    pub suspended: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// How it stands.
    #[serde(flatten)]
    pub convergence: Convergence,
}

impl From<&Row> for Pool {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            account: row.account_name.clone(),
            version: row.version,
            sites: row.sites,
            workers: row.workers,
            suspended: row.account_suspended,
            created_at: row.created_at,
            convergence: Convergence::from(&row.block),
        }
    }
}

/// The key of a pool in a path.
pub(crate) type PoolKey = auth::Key<PoolId, PoolName>;

/// For the driver and for other features' rules, which act for no one.
pub(crate) async fn unscoped(tx: &mut Tx, id: &str) -> Result<Option<Row>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The pool, for whoever holds `P` on its account.
pub(crate) async fn find<P: OnAccount>(
    tx: &mut Tx,
    actor: &auth::Actor,
    key: &PoolKey,
) -> Result<Authorised<Row, P>, auth::Denied> {
    let statement = match key {
        PoolKey::Id(id) => FIND.bind(*id),
        PoolKey::Name(name) => FIND_BY_NAME.bind(name.as_str()),
    };
    let found = tx.optional(statement).await?;
    actor.authorise(tx, found).await
}

/// The account's pool of one version.
pub(crate) async fn of_version(
    tx: &mut Tx,
    account: AccountId,
    version: PhpVersion,
) -> Result<Option<Row>, StoreError> {
    tx.optional(OF_ACCOUNT.bind(account).bind(version.to_string())).await
}

/// The account of this name, for what the server holds.
pub(crate) async fn account_of_name(
    tx: &mut Tx,
    name: &AccountName,
) -> Result<Option<AccountId>, StoreError> {
    let id: Option<String> = tx.optional(ACCOUNT_OF_NAME.bind(name.as_str())).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// All pools of the account.
pub(crate) async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Vec<Row>, StoreError> {
    tx.all(OF_ACCOUNT.bind(account).bind(None::<String>)).await
}

/// Pools in the order of their names.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    after: &str,
    account: Option<AccountId>,
    rows: i64,
) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(LIST.bind(after)).bind(account).bind(rows)).await
}

/// Makes a row.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    id: PoolId,
    account: AccountId,
    version: PhpVersion,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(INSERT.bind(id).bind(account).bind(version.to_string()).bind(now)).await?;
    Ok(())
}

/// Marks the pool for removal, or takes it back into use.
pub(crate) async fn set_deleted(tx: &mut WriteTx, id: PoolId, at: Option<Micros>) -> Result<(), StoreError> {
    tx.execute(SET_DELETED.bind(id).bind(at)).await?;
    Ok(())
}
