//! Rows of certificates, and how the API shows them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use auth::{Actor, Authorised, Denied, OnAccount, Owned};
use cert_spec::{Der, Issued, KeyKind};
use desired::{Block, Convergence};
use names::{AccountId, AccountName, CertName, CertificateId, Digest, DomainName, Micros, SiteId};
use serde::{Deserialize, Serialize};
use store::{Bound, FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::chain::{Chain, Shown};
use crate::order::CertificateOrder;

// A site that is on its way to another certificate, or out, shows this one until the host says otherwise. One that waits for its names'
// approval shows nothing.
const FIND: Statement = Statement::new(
    "SELECT c.id, c.account_id, a.name AS account_name, c.site_id, c.source, c.key_kind, c.names, c.key_digest, c.shown, c.not_before,
            c.not_after, c.created_at, c.updated_at,
            c.generation, c.observed_generation, c.spec_digest, c.condition, c.reason, c.message, c.since, c.attempts,
            c.next_attempt_at, c.deleted_at, c.expect_plan, c.overwrite,
            (SELECT COUNT(*) FROM site s WHERE s.account_id = c.account_id
                AND (s.certificate_id = c.id
                     OR (s.observed_generation > 0 AND s.observed_generation < s.generation AND COALESCE(s.reason, '') <> 'not_approved')))
                AS holding
     FROM certificate c JOIN account a ON a.id = c.account_id
     WHERE c.id = $1",
);
const ISSUED: Statement =
    Statement::new("SELECT chain, key_digest FROM certificate WHERE id = $1 AND chain IS NOT NULL");
const OF_SITE: Statement = Statement::new("SELECT id AS value FROM certificate WHERE site_id = $1");
const OF_ACCOUNT: Statement = Statement::new(
    "SELECT id AS value FROM certificate WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id",
);
// So many certificates are asked about at once; where there are fewer, the last is named again.
const SHOWING: Statement = Statement::new(
    "SELECT s.certificate_id, s.id, n.name FROM site s JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
     WHERE s.deleted_at IS NULL
       AND s.certificate_id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                                $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46,
                                $47, $48, $49, $50, $51)
     ORDER BY n.name",
);
/// How many certificates [`SHOWING`] asks about: a usual page.
const AT_ONCE: usize = 51;
const INSERT: Statement = Statement::new(
    "INSERT INTO certificate (id, account_id, node_id, site_id, source, key_kind, names, chain, key_digest, shown, not_before, not_after,
                              created_at, updated_at, since)
     SELECT CAST($1 AS TEXT), a.id, a.node_id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS TEXT),
            CAST($8 AS TEXT), CAST($9 AS TEXT), CAST($10 AS BIGINT), CAST($11 AS BIGINT), CAST($12 AS BIGINT), CAST($12 AS BIGINT),
            CAST($12 AS BIGINT)
     FROM account a WHERE a.id = $2 AND a.deleted_at IS NULL",
);
const INSERT_ORDER: Statement = Statement::new("INSERT INTO certificate_order (certificate_id) VALUES ($1)");
const NAMES_MOVED: Statement = Statement::new(
    "UPDATE certificate_order SET renew_at = NULL, renew_because = 'names', failures = 0 WHERE certificate_id = $1",
);
const SET_NAMES: Statement =
    Statement::new("UPDATE certificate SET names = $2, updated_at = $3 WHERE id = $1");
const SET_ISSUED: Statement = Statement::new(
    "UPDATE certificate SET key_kind = $2, chain = $3, key_digest = $4, shown = $5, not_before = $6, not_after = $7, updated_at = $8
     WHERE id = $1",
);
const SET_DELETED: Statement =
    Statement::new("UPDATE certificate SET deleted_at = $2, updated_at = $3 WHERE id = $1");
const DETACH: Statement =
    Statement::new("UPDATE certificate SET site_id = NULL, updated_at = $2 WHERE id = $1");
const ACCOUNT_OF_NAME: Statement =
    Statement::new("SELECT id AS value FROM account WHERE name = $1 AND deleted_at IS NULL");
const SITE_BY_HTTPS: Statement = Statement::new(
    "SELECT n.name AS value FROM site s JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
     WHERE s.id = $1 AND s.deleted_at IS NULL AND s.https = 1",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    ISSUED,
    OF_SITE,
    OF_ACCOUNT,
    SHOWING,
    INSERT,
    INSERT_ORDER,
    NAMES_MOVED,
    SET_NAMES,
    SET_ISSUED,
    SET_DELETED,
    DETACH,
    ACCOUNT_OF_NAME,
    SITE_BY_HTTPS,
];

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An authority issues it, again and again.
    Authority,
    /// An owner brought it with its key.
    Brought,
}

impl Source {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Brought => "brought",
        }
    }
}

impl FromStr for Source {
    type Err = NoSuchWord;

    fn from_str(word: &str) -> Result<Self, NoSuchWord> {
        [Self::Authority, Self::Brought].into_iter().find(|source| source.as_str() == word).ok_or(NoSuchWord)
    }
}

/// A column holds a word that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchWord;

impl fmt::Display for NoSuchWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such word")
    }
}

/// The stored word.
fn key_word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Ecdsa => "ecdsa",
        KeyKind::Rsa => "rsa",
    }
}

fn key_kind(row: &store::Row) -> Result<KeyKind, RowError> {
    match row.text("key_kind")?.as_str() {
        "ecdsa" => Ok(KeyKind::Ecdsa),
        "rsa" => Ok(KeyKind::Rsa),
        _ => Err(RowError { column: "key_kind".to_owned(), problem: NoSuchWord.to_string() }),
    }
}

/// One row, but for the chain.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: CertificateId,
    pub(crate) account_id: AccountId,
    pub(crate) account_name: AccountName,
    /// The site that it was made for.
    pub(crate) site_id: Option<SiteId>,
    pub(crate) source: Source,
    pub(crate) key_kind: KeyKind,
    /// The names that it is wanted for, sorted; none while none of the site's is approved.
    pub(crate) names: Vec<CertName>,
    /// None: it signs itself.
    pub(crate) key_digest: Option<Digest>,
    pub(crate) shown: Option<Shown>,
    pub(crate) not_before: Option<Micros>,
    pub(crate) not_after: Option<Micros>,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
    pub(crate) block: Block,
    /// Sites that may still show it on the host.
    pub(crate) holding: i64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            account_id: row.parse("account_id")?,
            account_name: row.parse("account_name")?,
            site_id: row.opt_parse("site_id")?,
            source: row.parse("source")?,
            key_kind: key_kind(row)?,
            names: row.json("names")?,
            key_digest: row.opt_parse("key_digest")?,
            shown: row.opt_json("shown")?,
            not_before: row.opt_time("not_before")?,
            not_after: row.opt_time("not_after")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            block: Block::from_row(row)?,
            holding: row.int("holding")?,
        })
    }
}

impl Row {
    /// What people know it by: its names.
    pub(crate) fn title(&self) -> String {
        title(&self.names)
    }
}

/// The first name, and how many there are besides.
pub(crate) fn title(names: &[CertName]) -> String {
    match names {
        [] => "of no name yet".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

impl Owned for Row {
    const KIND: &'static str = "certificate";

    fn account(&self) -> AccountId {
        self.account_id
    }
}

/// The chain of a row and the key that goes with it.
struct IssuedRow(Issued);

impl FromRow for IssuedRow {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self(Issued { chain: row.json::<Vec<Der>>("chain")?, key: row.parse("key_digest")? }))
    }
}

/// A certificate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: CertificateId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub account: AccountName,
    /// The names that it is wanted for.
    #[schema(value_type = Vec<String>, example = json!(["example.test", "www.example.test"]))]
    pub names: Vec<CertName>,
    /// Where it comes from.
    pub source: Source,
    /// `ecdsa` or `rsa`.
    #[schema(value_type = String, example = "ecdsa")]
    pub key_kind: KeyKind,
    /// It signs itself: no authority has issued it yet, and browsers warn of it.
    pub self_signed: bool,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Begin of its validity.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Micros>,
    /// End of its validity.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Micros>,
    /// The names that the issued one is for.
    #[schema(value_type = Vec<String>)]
    pub covers: Vec<CertName>,
    /// The site that it was made for, whose names are its names; null: it was made by somebody.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub site: Option<SiteId>,
    /// The sites that show it.
    pub sites: Vec<ShowingSite>,
    /// How the getting of it stands; null where it was brought.
    pub order: Option<CertificateOrder>,
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

/// A site that shows a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShowingSite {
    /// The site's id.
    #[schema(value_type = String, format = "uuid")]
    pub id: SiteId,
    /// Its primary name.
    #[schema(value_type = String, example = "www.example.test")]
    pub name: DomainName,
}

/// A site, and which certificate it shows.
struct Showing(CertificateId, ShowingSite);

impl FromRow for Showing {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        let site = ShowingSite { id: row.parse("id")?, name: row.parse("name")? };
        Ok(Self(row.parse("certificate_id")?, site))
    }
}

impl Certificate {
    /// The same with how the getting of it stands.
    pub(crate) fn ordered(self, order: Option<CertificateOrder>) -> Self {
        Self { order, ..self }
    }

    /// The certificate of a row and the sites that show it.
    pub(crate) fn of(row: &Row, sites: Vec<ShowingSite>) -> Self {
        let shown = row.shown.as_ref();
        Self {
            id: row.id,
            account: row.account_name.clone(),
            names: row.names.clone(),
            source: row.source,
            key_kind: row.key_kind,
            self_signed: row.key_digest.is_none(),
            issuer: shown.map(|shown| shown.issuer.clone()),
            serial: shown.map(|shown| shown.serial.clone()),
            not_before: row.not_before,
            not_after: row.not_after,
            covers: shown.map(|shown| shown.names.clone()).unwrap_or_default(),
            site: row.site_id,
            sites,
            order: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
            convergence: Convergence::from(&row.block),
        }
    }
}

/// For the driver and the rules behind a proof, which act for no one.
pub(crate) async fn unscoped(tx: &mut Tx, id: &str) -> Result<Option<Row>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The certificate, for whoever holds `P` on its account.
pub(crate) async fn find<P: OnAccount>(
    tx: &mut Tx,
    actor: &Actor,
    id: CertificateId,
) -> Result<Authorised<Row, P>, Denied> {
    let found = unscoped(tx, &id.to_string()).await?;
    actor.authorise(tx, found).await
}

/// The chain and its key; none while it signs itself.
pub(crate) async fn issued(tx: &mut Tx, id: CertificateId) -> Result<Option<Issued>, StoreError> {
    Ok(tx.optional::<IssuedRow>(ISSUED.bind(id)).await?.map(|row| row.0))
}

/// The certificate that was made for a site, also one on its way out.
pub(crate) async fn of_site(tx: &mut Tx, site: SiteId) -> Result<Option<Row>, StoreError> {
    match tx.optional::<String>(OF_SITE.bind(site)).await? {
        Some(id) => unscoped(tx, &id).await,
        None => Ok(None),
    }
}

/// The account's certificates that are to stay.
pub(crate) async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Vec<Row>, StoreError> {
    let ids: Vec<String> = tx.all(OF_ACCOUNT.bind(account)).await?;
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(unscoped(tx, &id).await?);
    }
    Ok(rows)
}

/// The sites that show these certificates and are to stay, those of each by name. The caller was found to see the certificates.
pub(crate) async fn showing(
    tx: &mut Tx,
    certificates: &[CertificateId],
) -> Result<HashMap<CertificateId, Vec<ShowingSite>>, StoreError> {
    let mut sites: HashMap<CertificateId, Vec<ShowingSite>> = HashMap::new();
    for some in certificates.chunks(AT_ONCE) {
        let Some(last) = some.last() else { continue };
        let padded = some.iter().chain(std::iter::repeat(last)).take(AT_ONCE);
        let statement = padded.fold(Bound::from(SHOWING), |bound, id| bound.bind(*id));
        for Showing(id, site) in tx.all::<Showing>(statement).await? {
            sites.entry(id).or_default().push(site);
        }
    }
    Ok(sites)
}

/// The account of this name, for what the server holds.
pub(crate) async fn account_of_name(
    tx: &mut Tx,
    name: &AccountName,
) -> Result<Option<AccountId>, StoreError> {
    let id: Option<String> = tx.optional(ACCOUNT_OF_NAME.bind(name.as_str())).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// The primary name of a site that is to stay and answers by HTTPS.
pub(crate) async fn site_by_https(tx: &mut Tx, site: SiteId) -> Result<Option<String>, StoreError> {
    tx.optional(SITE_BY_HTTPS.bind(site)).await
}

/// What a row is made of.
pub(crate) struct New<'a> {
    pub(crate) id: CertificateId,
    pub(crate) account: AccountId,
    pub(crate) site: Option<SiteId>,
    pub(crate) key_kind: KeyKind,
    pub(crate) names: &'a [CertName],
    /// Brought by an owner; none: an authority is to issue it.
    pub(crate) brought: Option<&'a Chain>,
}

/// Makes a row, and that of its order where an authority is to issue it; `false` where the account is being removed.
pub(crate) async fn insert(tx: &mut WriteTx, new: &New<'_>, now: Micros) -> Result<bool, StoreError> {
    let source = if new.brought.is_some() { Source::Brought } else { Source::Authority };
    let chain = new.brought;
    let insert = INSERT
        .bind(new.id)
        .bind(new.account)
        .bind(new.site)
        .bind(source.as_str())
        .bind(key_word(new.key_kind))
        .bind(json(&new.names))
        .bind(chain.map(|chain| json(&chain.ders())))
        .bind(chain.map(Chain::key))
        .bind(chain.map(|chain| json(chain.shown())))
        .bind(chain.map(Chain::not_before))
        .bind(chain.map(Chain::not_after))
        .bind(now);
    if tx.execute(insert).await? == 0 {
        return Ok(false);
    }
    if source == Source::Authority {
        tx.execute(INSERT_ORDER.bind(new.id)).await?;
    }
    Ok(true)
}

/// The names that it is wanted for. Where the chain that is there lacks one of them, a new one is ordered as soon as may be.
pub(crate) async fn set_names(
    tx: &mut WriteTx,
    row: &Row,
    names: &[CertName],
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_NAMES.bind(row.id).bind(json(&names)).bind(now)).await?;
    let covered = row.shown.as_ref().is_some_and(|shown| covers(&shown.names, names));
    if !covered && row.source == Source::Authority {
        tx.execute(NAMES_MOVED.bind(row.id)).await?;
    }
    Ok(())
}

/// Whether a certificate for `have` serves visitors of all of `wanted`.
pub(crate) fn covers(have: &[CertName], wanted: &[CertName]) -> bool {
    let fits = |name: &CertName| {
        have.contains(name) || (!name.is_wildcard() && have.iter().any(|own| own.covers(name.base())))
    };
    wanted.iter().all(fits)
}

/// The chain that is shown from now on, with its key. The caller raises the generation.
pub(crate) async fn set_issued(
    tx: &mut WriteTx,
    id: CertificateId,
    chain: &Chain,
    now: Micros,
) -> Result<(), StoreError> {
    let set = SET_ISSUED
        .bind(id)
        .bind(key_word(chain.kind()))
        .bind(json(&chain.ders()))
        .bind(chain.key())
        .bind(json(chain.shown()))
        .bind(chain.not_before())
        .bind(chain.not_after())
        .bind(now);
    tx.execute(set).await?;
    Ok(())
}

/// There or on its way out.
pub(crate) async fn set_deleted(
    tx: &mut WriteTx,
    id: CertificateId,
    at: Option<Micros>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_DELETED.bind(id).bind(at).bind(now)).await?;
    Ok(())
}

/// It no longer goes with the site that it was made for.
pub(crate) async fn detach(tx: &mut WriteTx, id: CertificateId, now: Micros) -> Result<(), StoreError> {
    tx.execute(DETACH.bind(id).bind(now)).await?;
    Ok(())
}

/// Texts and lists of them, which are always JSON.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
