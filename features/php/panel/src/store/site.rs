//! Sites, as far as their PHP goes.

use auth::{Actor, Authorised, Denied, OnAccount, Owned};
use names::{
    AccountId, AccountName, BodySize, ByteSize, DomainName, PhpVersion, PoolId, PoolName, RelPath, SiteId,
};
use store::{FromRow, RowError, Statement, StoreError, Tx};

const FIND: Statement = Statement::new(
    "SELECT s.id, s.account_id, a.name AS account_name, n.name AS name, s.docroot, s.body_size, s.deleted_at,
            p.id AS pool_id, p.name AS pool_name, p.version AS php
     FROM site s JOIN account a ON a.id = s.account_id
          JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
          LEFT JOIN pool p ON p.id = s.pool_id
     WHERE s.id = $1",
);
const ID_OF_NAME: Statement = Statement::new("SELECT site_id AS value FROM site_name WHERE name = $1");
const WITH_SETTINGS: Statement = Statement::new(
    "SELECT s.id AS value FROM php_setting g JOIN site s ON s.id = g.site_id
     WHERE g.account_id = $1 AND s.deleted_at IS NULL ORDER BY s.id",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[FIND, ID_OF_NAME, WITH_SETTINGS];

/// A site.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) id: SiteId,
    pub(crate) account_id: AccountId,
    pub(crate) account_name: AccountName,
    pub(crate) name: DomainName,
    pub(crate) docroot: RelPath,
    /// What it chose itself.
    pub(crate) body_size: Option<BodySize>,
    pub(crate) deleting: bool,
    /// Its pool, where it has PHP.
    pub(crate) pool: Option<(PoolId, PoolName, PhpVersion)>,
}

impl FromRow for Site {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        let size = |bytes: u64| {
            let size = ByteSize::new(bytes).and_then(BodySize::new);
            size.map_err(|error| RowError { column: "body_size".to_owned(), problem: error.reason })
        };
        let pool = match (row.opt_parse("pool_id")?, row.opt_parse("pool_name")?, row.opt_parse("php")?) {
            (Some(id), Some(name), Some(version)) => Some((id, name, version)),
            _ => None,
        };
        Ok(Self {
            id: row.parse("id")?,
            account_id: row.parse("account_id")?,
            account_name: row.parse("account_name")?,
            name: row.parse("name")?,
            docroot: row.parse("docroot")?,
            body_size: row.opt_number::<u64>("body_size")?.map(size).transpose()?,
            deleting: row.opt_time("deleted_at")?.is_some(),
            pool,
        })
    }
}

impl Owned for Site {
    const KIND: &'static str = "site";

    fn account(&self) -> AccountId {
        self.account_id
    }
}

/// The key of a site in a path; any of its names will do.
pub(crate) type SiteKey = auth::Key<SiteId, DomainName>;

/// For the rules behind a proof, which act for no one.
pub(crate) async fn unscoped(tx: &mut Tx, id: SiteId) -> Result<Option<Site>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The site, for whoever holds `P` on its account.
pub(crate) async fn find<P: OnAccount>(
    tx: &mut Tx,
    actor: &Actor,
    key: &SiteKey,
) -> Result<Authorised<Site, P>, Denied> {
    let id = match key {
        SiteKey::Id(id) => Some(*id),
        SiteKey::Name(name) => {
            let id: Option<String> = tx.optional(ID_OF_NAME.bind(name.as_str())).await?;
            id.and_then(|id| id.parse().ok())
        }
    };
    let found = match id {
        Some(id) => unscoped(tx, id).await?,
        None => None,
    };
    actor.authorise(tx, found).await
}

/// The account's sites that chose something themselves.
pub(crate) async fn with_settings(tx: &mut Tx, account: AccountId) -> Result<Vec<SiteId>, StoreError> {
    let ids: Vec<String> = tx.all(WITH_SETTINGS.bind(account)).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}
