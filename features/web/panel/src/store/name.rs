//! Names of sites. The table's primary key makes a name unique across all sites of all accounts.

use std::collections::HashMap;

use limits::{Count, Given, Limit, Names, Taken};
use names::{AccountId, DomainName, Micros, SiteId};
use serde::{Deserialize, Serialize};
use store::{Bound, FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use web_spec::Redirect;

const OF_SITE: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership, proof, proven_at, proof_token, redirected FROM site_name WHERE site_id = $1 ORDER BY is_primary DESC, name",
);
// So many sites are asked about at once; where there are fewer, the last is named again.
const OF_SITES: Statement = Statement::new(
    "SELECT site_id, name, is_primary, ownership, proof, proven_at, proof_token, redirected FROM site_name
     WHERE site_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                       $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46,
                       $47, $48, $49, $50, $51)
     ORDER BY is_primary DESC, name",
);
/// How many sites [`OF_SITES`] asks about: a usual page.
const AT_ONCE: usize = 51;
const HOLDER: Statement = Statement::new(
    "SELECT s.account_id, n.ownership, n.proof, s.deleted_at FROM site_name n JOIN site s ON s.id = n.site_id WHERE n.name = $1",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO site_name (name, site_id, is_primary, ownership, proof_token, created_at) VALUES ($1, $2, $3, $4, $5, $6)
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
const APPROVE: Statement = Statement::new(
    "UPDATE site_name SET ownership = 'approved' WHERE site_id = $1 AND ownership = 'pending'",
);
const PROVE: Statement = Statement::new(
    "UPDATE site_name SET ownership = 'proven', proof = $3, proven_at = $4
     WHERE site_id = $1 AND name = $2 AND ownership = 'pending'",
);
// Names from before there were proofs, and those whose token is gone.
const TOKENLESS: Statement = Statement::new(
    "SELECT name AS value FROM site_name WHERE ownership = 'pending' AND proof_token IS NULL ORDER BY name LIMIT 100",
);
const SET_TOKEN: Statement = Statement::new(
    "UPDATE site_name SET proof_token = $2 WHERE name = $1 AND ownership = 'pending' AND proof_token IS NULL",
);
const COUNT: Statement = Statement::new(
    "SELECT s.account_id AS id, 'names' AS name, COUNT(*) AS used FROM site_name n JOIN site s ON s.id = n.site_id
     WHERE s.deleted_at IS NULL GROUP BY s.account_id",
);
// A pattern with a star at its front is looked for in all names; they are short, and only a new name asks.
const BELOW: Statement = Statement::new(
    "SELECT DISTINCT s.account_id AS value FROM site_name n JOIN site s ON s.id = n.site_id
     WHERE n.name LIKE $1 AND n.ownership <> 'pending'",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    OF_SITE, OF_SITES, HOLDER, INSERT, REMOVE, DEMOTE, PROMOTE, REDIRECT, LEADS_ON, APPROVE, PROVE,
    TOKENLESS, SET_TOKEN, COUNT, BELOW,
];

/// How names of sites are counted.
pub(crate) const NAMES: Count = Count { limit: Limit::Names, rows: COUNT };

/// Whose a name is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// The account's, by the word of whoever may approve names, or since it lies below one of the account's.
    Approved,
    /// The account's, as it has shown.
    Proven(Proof),
    /// That is not known yet, and so it is not served.
    Pending,
}

/// How an account shows that a name is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NameProof)]
pub enum Proof {
    /// By a text in the DNS that was made for this account and this name.
    Dns,
    /// By leading the name here.
    Pointing,
}

impl Proof {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Pointing => "pointing",
        }
    }
}

impl Ownership {
    /// The word in the database and the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Proven(_) => "proven",
            Self::Pending => "pending",
        }
    }

    /// Whether the name is the account's, and so is served.
    pub(crate) const fn is_known(self) -> bool {
        !matches!(self, Self::Pending)
    }

    pub(crate) fn read(row: &Row) -> Result<Self, RowError> {
        let unknown =
            |column: &str| RowError { column: column.to_owned(), problem: "no such word".to_owned() };
        match (row.text("ownership")?.as_str(), row.opt_text("proof")?.as_deref()) {
            ("approved", None) => Ok(Self::Approved),
            ("pending", None) => Ok(Self::Pending),
            ("proven", Some("dns")) => Ok(Self::Proven(Proof::Dns)),
            ("proven", Some("pointing")) => Ok(Self::Proven(Proof::Pointing)),
            ("approved" | "pending" | "proven", _) => Err(unknown("proof")),
            _ => Err(unknown("ownership")),
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
    /// When it was proven; none where it was not.
    pub(crate) proven_at: Option<Micros>,
    /// What its owner is to publish in the DNS; none where nothing was made for it.
    pub(crate) proof_token: Option<String>,
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
            proven_at: row.opt_time("proven_at")?,
            proof_token: row.opt_text("proof_token")?,
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

/// Gives the site a name; `false` where someone has it. `ownership` comes with the text that proves a name that waits.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    site: SiteId,
    _one: Taken<Names>,
    (name, is_primary): (&DomainName, bool),
    (ownership, proof_token): (Ownership, Option<&str>),
    now: Micros,
) -> Result<bool, StoreError> {
    let insert = INSERT.bind(name.as_str()).bind(site).bind(is_primary).bind(ownership.as_str());
    let insert = insert.bind(proof_token.map(str::to_owned)).bind(now);
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

/// Approves all names of the site that wait.
pub(crate) async fn approve(tx: &mut WriteTx, site: SiteId) -> Result<(), StoreError> {
    tx.execute(APPROVE.bind(site)).await?;
    Ok(())
}

/// One of the site's names is proven; `false` where it is not pending any longer.
pub(crate) async fn prove(
    tx: &mut WriteTx,
    (site, name): (SiteId, &DomainName),
    proof: Proof,
    now: Micros,
) -> Result<bool, StoreError> {
    let prove = PROVE.bind(site).bind(name.as_str()).bind(proof.as_str()).bind(now);
    Ok(tx.execute(prove).await? == 1)
}

/// Some pending names for which nothing was made that proves them.
pub(crate) async fn tokenless(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    tx.all(TOKENLESS).await
}

/// What proves a pending name from now on.
pub(crate) async fn set_token(tx: &mut WriteTx, name: &str, token: &str) -> Result<(), StoreError> {
    tx.execute(SET_TOKEN.bind(name).bind(token)).await?;
    Ok(())
}

/// The accounts with names below this one that are known to be theirs.
pub(crate) async fn accounts_below(tx: &mut Tx, name: &DomainName) -> Result<Vec<AccountId>, StoreError> {
    // a name has none of the characters that a pattern gives a meaning to
    let ids: Vec<String> = tx.all(BELOW.bind(format!("%.{name}"))).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}
