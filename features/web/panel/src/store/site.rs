//! Rows of sites, and how the API shows them.

use auth::{AccountRef, Actor, Authorised, Denied, EditSites, OnAccount, Owned};
use desired::{Block, Convergence};
use limits::{Count, Given, Limit, Names, Sites, Taken};
use names::{
    AccountId, AccountName, BodySize, ByteSize, DomainName, IndexOrder, Micros, PhpVersion, PoolId, PoolName,
    RelPath, SiteId,
};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use web_spec::{Maintenance, Redirect};

use crate::https::SiteHttps;
use crate::serving::{SiteMaintenance, SiteRedirect};
use crate::store::name::{Named, Ownership};
use crate::store::site_https::Https;

const FIND: Statement = Statement::new(
    "SELECT s.id, s.account_id, a.name AS account_name, (SELECT t.suspended FROM account_state t WHERE t.account_id = a.id) AS account_suspended, n.name AS name, s.docroot,
            s.body_size, s.index_order, s.suspended, s.disabled, s.maintenance, s.redirect, s.created_at, s.updated_at, p.name AS pool_name, p.version AS php,
            s.https, s.force_https, s.hsts, s.certificate_id, c.site_id AS certificate_site,
            s.generation, s.observed_generation, s.spec_digest, s.condition, s.reason, s.message, s.since, s.attempts,
            s.next_attempt_at, s.deleted_at, s.expect_plan, s.overwrite
     FROM site s JOIN account a ON a.id = s.account_id
          JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
          LEFT JOIN pool p ON p.id = s.pool_id LEFT JOIN certificate c ON c.id = s.certificate_id
     WHERE s.id = $1",
);
const ID_OF_NAME: Statement = Statement::new("SELECT site_id AS value FROM site_name WHERE name = $1");
pub(super) const INSERT: Statement = Statement::new(
    "INSERT INTO site (id, account_id, node_id, pool_id, docroot, body_size, index_order, maintenance, redirect, created_at, updated_at, since)
     SELECT CAST($1 AS TEXT), a.id, a.node_id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS TEXT),
            CAST($7 AS TEXT), CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($9 AS BIGINT), CAST($9 AS BIGINT)
     FROM account a WHERE a.id = $2 AND a.deleted_at IS NULL",
);
pub(super) const UPDATE: Statement = Statement::new(
    "UPDATE site SET pool_id = $2, docroot = $3, body_size = $4, index_order = $5, maintenance = $6, redirect = $7, updated_at = $8
     WHERE id = $1",
);
pub(super) const SUSPEND: Statement =
    Statement::new("UPDATE site SET suspended = $2, updated_at = $3 WHERE id = $1");
pub(super) const DISABLE: Statement =
    Statement::new("UPDATE site SET disabled = $2, updated_at = $3 WHERE id = $1");
const DELETE: Statement = Statement::new("UPDATE site SET deleted_at = $2, updated_at = $2 WHERE id = $1");
const OF_ACCOUNT: Statement =
    Statement::new("SELECT id AS value FROM site WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id");
const COUNT: Statement = Statement::new(
    "SELECT account_id AS id, 'sites' AS name, COUNT(*) AS used FROM site WHERE deleted_at IS NULL GROUP BY account_id",
);
const WITH_PHP: Statement = Statement::new(
    "SELECT n.name AS value FROM site s JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
     WHERE s.account_id = $1 AND s.pool_id IS NOT NULL AND s.deleted_at IS NULL ORDER BY n.name",
);

/// How sites are counted.
pub(crate) const SITES: Count = Count { limit: Limit::Sites, rows: COUNT };

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[FIND, ID_OF_NAME, INSERT, UPDATE, SUSPEND, DISABLE, DELETE, OF_ACCOUNT, COUNT, WITH_PHP];

/// One row, with what it names of other rows.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: SiteId,
    pub(crate) account_id: AccountId,
    pub(crate) account_name: AccountName,
    pub(crate) account_suspended: bool,
    pub(crate) name: DomainName,
    pub(crate) docroot: RelPath,
    pub(crate) body_size: Option<BodySize>,
    pub(crate) index: Option<IndexOrder>,
    pub(crate) suspended: bool,
    pub(crate) disabled: bool,
    pub(crate) maintenance: Option<Maintenance>,
    pub(crate) redirect: Option<Redirect>,
    /// None: it answers by HTTP alone.
    pub(crate) https: Option<Https>,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
    pub(crate) pool_name: Option<PoolName>,
    pub(crate) php: Option<PhpVersion>,
    pub(crate) block: Block,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        let bad_size = |problem: String| RowError { column: "body_size".to_owned(), problem };
        let size = |bytes: u64| -> Result<BodySize, RowError> {
            let size = ByteSize::new(bytes).map_err(|error| bad_size(error.reason))?;
            BodySize::new(size).map_err(|error| bad_size(error.reason))
        };
        Ok(Self {
            id: row.parse("id")?,
            account_id: row.parse("account_id")?,
            account_name: row.parse("account_name")?,
            account_suspended: row.flag("account_suspended")?,
            name: row.parse("name")?,
            docroot: row.parse("docroot")?,
            body_size: row.opt_number::<u64>("body_size")?.map(size).transpose()?,
            index: row.opt_json("index_order")?,
            suspended: row.flag("suspended")?,
            disabled: row.flag("disabled")?,
            maintenance: row.opt_json("maintenance")?,
            redirect: row.opt_json("redirect")?,
            https: Https::from_site(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            pool_name: row.opt_parse("pool_name")?,
            php: row.opt_parse("php")?,
            block: Block::from_row(row)?,
        })
    }
}

impl Owned for Row {
    const KIND: &'static str = "site";

    fn account(&self) -> AccountId {
        self.account_id
    }
}

/// A site.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: SiteId,
    /// The primary name.
    #[schema(value_type = String, example = "www.example.test")]
    pub name: DomainName,
    /// Further names.
    #[schema(value_type = Vec<String>)]
    pub aliases: Vec<DomainName>,
    /// Those of the further names whose visitors are sent on to the primary one.
    #[schema(value_type = Vec<String>)]
    pub redirected: Vec<DomainName>,
    /// Names that are not served before an administrator approves them.
    #[schema(value_type = Vec<String>)]
    pub pending_names: Vec<DomainName>,
    /// Whose it is.
    #[schema(value_type = String)]
    pub account: AccountName,
    /// The PHP version; null: no PHP.
    #[schema(value_type = Option<String>, example = "8.4")]
    pub php: Option<PhpVersion>,
    /// The pool that runs its PHP.
    #[schema(value_type = Option<String>)]
    pub pool: Option<PoolName>,
    /// Below the account's home.
    #[schema(value_type = String)]
    pub docroot: RelPath,
    /// The largest request body; null: as usual.
    #[schema(value_type = Option<String>, example = "64M")]
    pub body_size: Option<BodySize>,
    /// The order of index files; null: as usual.
    #[schema(value_type = Option<Vec<String>>)]
    pub index: Option<IndexOrder>,
    /// Where all its visitors are sent on to; null: it shows its files.
    pub redirect: Option<SiteRedirect>,
    /// How it answers by HTTPS; null: not at all.
    pub https: Option<SiteHttps>,
    /// It answers 503, by its own or by its account's state.
    pub suspended: bool,
    /// Its owner has switched it off: it answers as if nobody knew its names.
    pub disabled: bool,
    /// It is being worked on: it answers 503 to all but the allowed networks; null: it is not.
    pub maintenance: Option<SiteMaintenance>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Micros,
    /// How it stands.
    #[serde(flatten)]
    pub convergence: Convergence,
}

impl Site {
    /// The site of a row and its names.
    pub(crate) fn of(row: &Row, names: &[Named]) -> Self {
        let pick =
            |wanted: fn(&Named) -> bool| names.iter().filter(|n| wanted(n)).map(|n| n.name.clone()).collect();
        Self {
            id: row.id,
            name: row.name.clone(),
            aliases: pick(|named| !named.is_primary),
            redirected: pick(|named| named.redirected),
            pending_names: pick(|named| named.ownership == Ownership::Pending),
            account: row.account_name.clone(),
            php: row.php,
            pool: row.pool_name.clone(),
            docroot: row.docroot.clone(),
            body_size: row.body_size,
            index: row.index.clone(),
            redirect: row.redirect.clone().map(SiteRedirect::from),
            https: row.https.as_ref().map(SiteHttps::from),
            suspended: row.suspended || row.account_suspended,
            disabled: row.disabled,
            maintenance: row.maintenance.clone().map(SiteMaintenance::from),
            created_at: row.created_at,
            updated_at: row.updated_at,
            convergence: Convergence::from(&row.block),
        }
    }
}

/// The key of a site in a path; any of its names will do.
pub type SiteKey = auth::Key<SiteId, DomainName>;

/// For the driver and the rules behind a proof, which act for no one.
pub(crate) async fn unscoped(tx: &mut Tx, id: &str) -> Result<Option<Row>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The site, for whoever holds `P` on its account.
pub(crate) async fn find<P: OnAccount>(
    tx: &mut Tx,
    actor: &Actor,
    key: &SiteKey,
) -> Result<Authorised<Row, P>, Denied> {
    let id = match key {
        SiteKey::Id(id) => Some(id.to_string()),
        SiteKey::Name(name) => tx.optional::<String>(ID_OF_NAME.bind(name.as_str())).await?,
    };
    let found = match id {
        Some(id) => unscoped(tx, &id).await?,
        None => None,
    };
    actor.authorise(tx, found).await
}

/// What a row is made of.
pub(crate) struct Values<'a> {
    pub(crate) pool: Option<PoolId>,
    pub(crate) docroot: &'a RelPath,
    pub(crate) body_size: Option<BodySize>,
    pub(crate) index: Option<&'a IndexOrder>,
    pub(crate) maintenance: Option<&'a Maintenance>,
    pub(crate) redirect: Option<&'a Redirect>,
}

impl Values<'_> {
    pub(super) fn body_size(&self) -> Option<i64> {
        // At most 10 GiB.
        self.body_size.and_then(|size| i64::try_from(size.bytes()).ok())
    }

    pub(super) fn index(&self) -> Option<String> {
        // A list of texts, which is always JSON.
        self.index.and_then(|index| serde_json::to_string(index).ok())
    }

    pub(super) fn maintenance(&self) -> Option<String> {
        // As with the index: an object of texts.
        self.maintenance.and_then(|maintenance| serde_json::to_string(maintenance).ok())
    }

    pub(super) fn redirect(&self) -> Option<String> {
        self.redirect.and_then(|redirect| serde_json::to_string(redirect).ok())
    }
}

/// Makes a row; `false` where the account is being removed.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, EditSites>,
    id: SiteId,
    values: &Values<'_>,
    _one: Taken<Sites>,
    now: Micros,
) -> Result<bool, StoreError> {
    let insert = INSERT
        .bind(id)
        .bind(account.id)
        .bind(values.pool)
        .bind(values.docroot.as_str())
        .bind(values.body_size())
        .bind(values.index())
        .bind(values.maintenance())
        .bind(values.redirect())
        .bind(now);
    Ok(tx.execute(insert).await? == 1)
}

/// Changes a row.
pub(crate) async fn update(
    tx: &mut WriteTx,
    site: &Authorised<Row, EditSites>,
    values: &Values<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    let update = UPDATE
        .bind(site.id)
        .bind(values.pool)
        .bind(values.docroot.as_str())
        .bind(values.body_size())
        .bind(values.index())
        .bind(values.maintenance())
        .bind(values.redirect())
        .bind(now);
    tx.execute(update).await?;
    Ok(())
}

/// Suspends the site, or lets it go on.
pub(crate) async fn set_suspended(
    tx: &mut WriteTx,
    site: &Authorised<Row, auth::ManageSites>,
    suspended: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SUSPEND.bind(site.id).bind(suspended).bind(now)).await?;
    Ok(())
}

/// Switches the site off, or on again.
pub(crate) async fn set_disabled(
    tx: &mut WriteTx,
    site: &Authorised<Row, EditSites>,
    disabled: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(DISABLE.bind(site.id).bind(disabled).bind(now)).await?;
    Ok(())
}

/// Marks the site for removal.
pub(crate) async fn delete(
    tx: &mut WriteTx,
    site: &Authorised<Row, EditSites>,
    _given: (Given<Sites>, Given<Names>),
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(site.id).bind(now)).await?;
    Ok(())
}

/// The account's sites that are to stay, for other features' rules.
pub(crate) async fn ids_of_account(tx: &mut Tx, account: AccountId) -> Result<Vec<SiteId>, StoreError> {
    let ids: Vec<String> = tx.all(OF_ACCOUNT.bind(account)).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// The primary names of the account's sites with PHP that are to stay.
pub(crate) async fn with_php(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, StoreError> {
    tx.all(WITH_PHP.bind(account)).await
}
