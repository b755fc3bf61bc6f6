//! Names of sites. The table's primary key makes a name unique across all sites of all accounts.

use std::collections::HashMap;

use limits::{Count, Given, Limit, Names, Taken};
use names::{AccountId, DomainName, Micros, SiteId};
use store::{Bound, FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use web_spec::Redirect;

const OF_SITE: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership, redirected FROM site_name WHERE site_id = $1 ORDER BY is_primary DESC, name",
);
// So many sites are asked about at once; where there are fewer, the last is named again.
const OF_SITES: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership, redirected FROM site_name
     WHERE site_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                       $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46,
                       $47, $48, $49, $50, $51)
     ORDER BY is_primary DESC, name",
);
/// How many sites [`OF_SITES`] asks about: a usual page.
const AT_ONCE: usize = 51;
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
    Statement::new("UPDATE site_name SET is_primary = 1, redirected = 0 WHERE site_id = $1 AND name = $2");
const REDIRECT: Statement = Statement::new(
    "UPDATE site_name SET redirected = $3 WHERE site_id = $1 AND name = $2 AND is_primary = 0",
);
const LEADS_ON: Statement = Statement::new(
    "SELECT n.site_id, s.redirect FROM site_name n JOIN site s ON s.id = n.site_id WHERE n.name = $1 AND s.deleted_at IS NULL",
);
const APPROVE: Statement = Statement::new("UPDATE site_name SET ownership = 'approved' WHERE site_id = $1");
const COUNT: Statement = Statement::new(
    "SELECT s.account_id AS id, 'names' AS name, COUNT(*) AS used FROM site_name n JOIN site s ON s.id = n.site_id
     WHERE s.deleted_at IS NULL GROUP BY s.account_id",
);
// A pattern with a star at its front is looked for in all names; they are short, and only a new name asks.
const BELOW: Statement = Statement::new(
    "SELECT DISTINCT s.account_id AS value FROM site_name n JOIN site s ON s.id = n.site_id
     WHERE n.name LIKE $1 AND n.ownership = 'approved'",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[OF_SITE, OF_SITES, HOLDER, INSERT, REMOVE, DEMOTE, PROMOTE, REDIRECT, LEADS_ON, APPROVE, COUNT, BELOW];

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
    /// Its visitors are sent on to the primary name.
    pub(crate) redirected: bool,
}

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            site: row.parse("site_id")?,
            name: row.parse("name")?,
            is_primary: row.flag("is_primary")?,
            ownership: Ownership::read(row)?,
            redirected: row.flag("redirected")?,
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

/// All names of these sites, those of each in order, the primary one first. The caller was found to see the sites.
pub(crate) async fn of_sites(
    tx: &mut Tx,
    sites: &[SiteId],
) -> Result<HashMap<SiteId, Vec<Named>>, StoreError> {
    let mut by_site: HashMap<SiteId, Vec<Named>> = HashMap::new();
    for some in sites.chunks(AT_ONCE) {
        let Some(last) = some.last() else { continue };
        let padded = some.iter().chain(std::iter::repeat(last)).take(AT_ONCE);
        let statement = padded.fold(Bound::from(OF_SITES), |bound, site| bound.bind(*site));
        for named in tx.all::<Named>(statement).await? {
            by_site.entry(named.site).or_default().push(named);
        }
    }
    Ok(by_site)
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

/// Says of one of the site's further names whether its visitors are sent on to the primary one.
pub(crate) async fn set_redirected(
    tx: &mut WriteTx,
    site: SiteId,
    name: &DomainName,
    redirected: bool,
) -> Result<(), StoreError> {
    tx.execute(REDIRECT.bind(site).bind(name.as_str()).bind(redirected)).await?;
    Ok(())
}

/// The site that has a name, and where it sends all its visitors on to.
#[derive(Debug, Clone)]
pub(crate) struct LeadsOn {
    pub(crate) site: SiteId,
    pub(crate) redirect: Option<Redirect>,
}

impl FromRow for LeadsOn {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { site: row.parse("site_id")?, redirect: row.opt_json("redirect")? })
    }
}

/// Where a name leads, whoever has it.
pub(crate) async fn leads_on(tx: &mut Tx, name: &str) -> Result<Option<LeadsOn>, StoreError> {
    tx.optional(LEADS_ON.bind(name)).await
}

/// Approves all names of the site.
pub(crate) async fn approve(tx: &mut WriteTx, site: SiteId) -> Result<(), StoreError> {
    tx.execute(APPROVE.bind(site)).await?;
    Ok(())
}

/// The accounts with approved names below this one.
pub(crate) async fn accounts_below(tx: &mut Tx, name: &DomainName) -> Result<Vec<AccountId>, StoreError> {
    // a name has none of the characters that a pattern gives a meaning to
    let ids: Vec<String> = tx.all(BELOW.bind(format!("%.{name}"))).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}
