//! Names of sites. The table's primary key makes a name unique across all sites of all accounts.

use auth::TenantScope;
use limits::{Count, Given, Limit, Names, Taken};
use names::{AccountId, DomainName, Micros, SiteId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::store::site::Which;

const OF_SITE: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership FROM site_name WHERE site_id = $1 ORDER BY is_primary DESC, name",
);
const ALIASES_BETWEEN: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership FROM site_name
     WHERE is_primary = 0 AND site_id IN
           (SELECT site_id FROM site_name
            WHERE is_primary = 1 AND name > $1 AND name <= $2 AND (name LIKE $3 OR $3 IS NULL))
     ORDER BY name",
);
const ALIASES_GRANTED: Statement = Statement::new(
    "SELECT n.site_id, n.name, n.is_primary, n.ownership FROM site s CROSS JOIN site_name n
     WHERE s.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $1 AND permission = $2)
       AND n.site_id = s.id AND n.is_primary = 0
     ORDER BY n.name",
);
const ALIASES_OF_ACCOUNT: Statement = Statement::new(
    "SELECT n.site_id, n.name, n.is_primary, n.ownership FROM site s CROSS JOIN site_name n
     WHERE s.account_id = $1 AND n.site_id = s.id AND n.is_primary = 0
     ORDER BY n.name",
);
const HOLDER: Statement = Statement::new(
    "SELECT s.account_id, n.ownership, s.deleted_at FROM site_name n JOIN site s ON s.id = n.site_id WHERE n.name = $1",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO site_name (name, site_id, is_primary, ownership, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name) DO NOTHING",
);
const REMOVE: Statement = Statement::new("DELETE FROM site_name WHERE site_id = $1 AND name = $2");
const DEMOTE: Statement = Statement::new("UPDATE site_name SET is_primary = 0 WHERE site_id = $1");
const PROMOTE: Statement =
    Statement::new("UPDATE site_name SET is_primary = 1 WHERE site_id = $1 AND name = $2");
const APPROVE: Statement = Statement::new("UPDATE site_name SET ownership = 'approved' WHERE site_id = $1");
const COUNT: Statement = Statement::new(
    "SELECT s.account_id AS id, 'names' AS name, COUNT(*) AS used FROM site_name n JOIN site s ON s.id = n.site_id
     WHERE s.deleted_at IS NULL GROUP BY s.account_id",
);
const NODE_NAMED: Statement = Statement::new("SELECT COUNT(*) AS value FROM node WHERE name = $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    OF_SITE,
    ALIASES_BETWEEN,
    ALIASES_GRANTED,
    ALIASES_OF_ACCOUNT,
    HOLDER,
    INSERT,
    REMOVE,
    DEMOTE,
    PROMOTE,
    APPROVE,
    COUNT,
    NODE_NAMED,
];

/// How names of sites are counted.
pub(crate) const NAMES: Count = Count { limit: Limit::Names, rows: COUNT };

/// Whether a name may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// It may.
    Approved,
    /// Not before an administrator approves it.
    Pending,
}

impl Ownership {
    fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
        }
    }

    pub(crate) fn read(row: &Row) -> Result<Self, RowError> {
        match row.text("ownership")?.as_str() {
            "approved" => Ok(Self::Approved),
            "pending" => Ok(Self::Pending),
            _ => Err(RowError { column: "ownership".to_owned(), problem: "no such word".to_owned() }),
        }
    }
}

/// One name of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) site: SiteId,
    pub(crate) name: DomainName,
    pub(crate) is_primary: bool,
    pub(crate) ownership: Ownership,
}

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            site: row.parse("site_id")?,
            name: row.parse("name")?,
            is_primary: row.flag("is_primary")?,
            ownership: Ownership::read(row)?,
        })
    }
}

/// Who holds a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) account: AccountId,
    pub(crate) ownership: Ownership,
    pub(crate) leaving: bool,
}

impl FromRow for Holder {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            account: row.parse("account_id")?,
            ownership: Ownership::read(row)?,
            leaving: row.opt_int("deleted_at")?.is_some(),
        })
    }
}

/// All names of a site, the primary one first.
pub(crate) async fn of_site(tx: &mut Tx, site: SiteId) -> Result<Vec<Named>, StoreError> {
    tx.all(OF_SITE.bind(site)).await
}

/// The aliases of a page of [`site::list`](crate::store::site::list), and of few others. `last` is the page's last primary name.
pub(crate) async fn aliases(
    tx: &mut Tx,
    scope: &TenantScope,
    which: &Which<'_>,
    last: &str,
) -> Result<Vec<Named>, StoreError> {
    match (which.account, scope) {
        (Some(account), _) => tx.all(ALIASES_OF_ACCOUNT.bind(account)).await,
        (None, TenantScope::All) => {
            tx.all(ALIASES_BETWEEN.bind(which.after).bind(last).bind(which.like.as_deref())).await
        }
        (None, TenantScope::Granted { holder, permission }) => {
            tx.all(ALIASES_GRANTED.bind(holder).bind(*permission)).await
        }
    }
}

/// Who holds the name.
pub(crate) async fn holder(tx: &mut Tx, name: &str) -> Result<Option<Holder>, StoreError> {
    tx.optional(HOLDER.bind(name)).await
}

/// Gives the site a name; `false` where someone has it.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    site: SiteId,
    _one: Taken<Names>,
    (name, is_primary): (&DomainName, bool),
    ownership: Ownership,
    now: Micros,
) -> Result<bool, StoreError> {
    let insert = INSERT.bind(name.as_str()).bind(site).bind(is_primary).bind(ownership.as_str()).bind(now);
    Ok(tx.execute(insert).await? == 1)
}

/// Takes a name away.
pub(crate) async fn remove(
    tx: &mut WriteTx,
    site: SiteId,
    name: &DomainName,
    _one: Given<Names>,
) -> Result<(), StoreError> {
    tx.execute(REMOVE.bind(site).bind(name.as_str())).await?;
    Ok(())
}

/// Makes one of the site's names its primary one.
pub(crate) async fn set_primary(tx: &mut WriteTx, site: SiteId, name: &DomainName) -> Result<(), StoreError> {
    tx.execute(DEMOTE.bind(site)).await?;
    tx.execute(PROMOTE.bind(site).bind(name.as_str())).await?;
    Ok(())
}

/// Approves all names of the site.
pub(crate) async fn approve(tx: &mut WriteTx, site: SiteId) -> Result<(), StoreError> {
    tx.execute(APPROVE.bind(site)).await?;
    Ok(())
}

/// Whether a server has this name.
pub(crate) async fn is_node(tx: &mut Tx, name: &DomainName) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(NODE_NAMED.bind(name.as_str())).await? > 0)
}
