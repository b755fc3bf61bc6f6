//! How the getting of each certificate stands.

use names::{AuthorityId, CertName, CertificateId, JobId, Micros};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use super::choose::LeftOut;

const FIND: Statement = Statement::new(
    "SELECT certificate_id, authority_id, names_at, job_id, left_out, error, remedy, failures, renew_at, renew_because, ordered_at,
            issued_at
     FROM certificate_order WHERE certificate_id = $1",
);
// Of its own sites: those that were served, since the authority looks there.
const DUE: Statement = Statement::new(
    "SELECT c.id AS value
     FROM certificate_order o JOIN certificate c ON c.id = o.certificate_id
     WHERE (o.renew_at IS NULL OR o.renew_at <= $1)
       AND c.source = 'authority' AND c.deleted_at IS NULL AND c.names <> '[]'
       AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'certificate.order' AND j.job_key = c.id AND j.state IN ('queued', 'running'))
       AND (c.site_id IS NULL
            OR EXISTS (SELECT 1 FROM site s WHERE s.id = c.site_id AND s.deleted_at IS NULL AND s.observed_generation > 0))
     ORDER BY CASE WHEN c.not_after < $2 THEN 0 ELSE 1 END, COALESCE(o.renew_at, 0), c.id LIMIT $3",
);
const OPEN: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM job WHERE kind = 'certificate.order' AND state IN ('queued', 'running')",
);
const LATELY: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM certificate_order WHERE authority_id = $1 AND ordered_at > $2",
);
// A job that ended without a word of its own: it was cancelled before it began, or the panel ended it.
const LEFT: Statement = Statement::new(
    "SELECT o.certificate_id, j.state, j.problem
     FROM certificate_order o LEFT JOIN job j ON j.id = o.job_id
     WHERE o.job_id IS NOT NULL AND (j.id IS NULL OR j.state NOT IN ('queued', 'running')) LIMIT 100",
);
const ISSUED: Statement = Statement::new(
    "SELECT o.certificate_id, o.authority_id, o.renew_at, o.left_out, c.key_digest, c.not_before, c.not_after
     FROM certificate_order o JOIN certificate c ON c.id = o.certificate_id
     WHERE c.chain IS NOT NULL AND c.source = 'authority' AND c.deleted_at IS NULL
       AND o.failures = 0 AND o.job_id IS NULL AND o.renew_at > $1 AND o.authority_id IS NOT NULL
     ORDER BY o.certificate_id",
);
const WEB_SERVER: Statement = Statement::new(
    "SELECT CASE WHEN n.observed_generation >= n.generation THEN 1 ELSE 0 END AS value
     FROM certificate c JOIN node n ON n.id = c.node_id WHERE c.id = $1",
);
const SITE: Statement = Statement::new(
    "SELECT CASE WHEN s.observed_generation >= s.generation THEN 1 ELSE 0 END AS value
     FROM certificate c JOIN site s ON s.id = c.site_id WHERE c.id = $1",
);
const SET_JOB: Statement =
    Statement::new("UPDATE certificate_order SET job_id = $2 WHERE certificate_id = $1");
const SET_ASKED: Statement = Statement::new(
    "UPDATE certificate_order SET job_id = $2, renew_because = 'asked' WHERE certificate_id = $1",
);
const ORDERED: Statement = Statement::new(
    "UPDATE certificate_order SET authority_id = $2, names_at = $3, ordered_at = $4, job_id = $5 WHERE certificate_id = $1",
);
const SET: Statement = Statement::new(
    "UPDATE certificate_order SET job_id = NULL, left_out = $2, error = $3, remedy = $4, failures = $5, renew_at = $6,
            renew_because = $7, issued_at = COALESCE($8, issued_at)
     WHERE certificate_id = $1",
);
const SET_RENEWAL: Statement = Statement::new(
    "UPDATE certificate_order SET renew_at = $2, renew_because = $3
     WHERE certificate_id = $1 AND failures = 0 AND job_id IS NULL AND renew_at > $4",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[FIND, DUE, OPEN, LATELY, LEFT, ISSUED, WEB_SERVER, SITE, SET_JOB, SET_ASKED, ORDERED, SET, SET_RENEWAL];

/// Why it is ordered when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because {
    /// The authority would have it so.
    Authority,
    /// Two thirds of its life are over.
    Age,
    /// It lacks a name.
    Names,
    /// The order before failed.
    Failed,
}

impl Because {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Age => "age",
            Self::Names => "names",
            Self::Failed => "failed",
        }
    }
}

impl From<crate::acme::renewal::Because> for Because {
    fn from(because: crate::acme::renewal::Because) -> Self {
        match because {
            crate::acme::renewal::Because::Authority => Self::Authority,
            crate::acme::renewal::Because::Age => Self::Age,
        }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct OrderRow {
    pub(crate) authority: Option<AuthorityId>,
    pub(crate) job: Option<JobId>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) error: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) failures: i64,
    pub(crate) renew_at: Option<Micros>,
    pub(crate) renew_because: Option<String>,
    pub(crate) ordered_at: Option<Micros>,
    pub(crate) issued_at: Option<Micros>,
}

impl FromRow for OrderRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            authority: row.opt_parse("authority_id")?,
            job: row.opt_parse("job_id")?,
            left_out: row.json("left_out")?,
            error: row.opt_text("error")?,
            remedy: row.opt_text("remedy")?,
            failures: row.int("failures")?,
            renew_at: row.opt_time("renew_at")?,
            renew_because: row.opt_text("renew_because")?,
            ordered_at: row.opt_time("ordered_at")?,
            issued_at: row.opt_time("issued_at")?,
        })
    }
}

/// A certificate whose job ended without a word of its own.
pub(crate) struct Left {
    pub(crate) certificate: CertificateId,
    pub(crate) was_cancelled: bool,
    /// The job's problem, as JSON.
    pub(crate) problem: Option<String>,
}

impl FromRow for Left {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            certificate: row.parse("certificate_id")?,
            was_cancelled: row.opt_text("state")?.as_deref() == Some("cancelled"),
            problem: row.opt_text("problem")?,
        })
    }
}

/// A certificate that was issued, for the look at when it is renewed.
#[derive(Debug, Clone)]
pub(crate) struct IssuedRow {
    pub(crate) certificate: CertificateId,
    pub(crate) authority: AuthorityId,
    pub(crate) renew_at: Micros,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) key: names::Digest,
    pub(crate) not_before: Micros,
    pub(crate) not_after: Micros,
}

impl FromRow for IssuedRow {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            certificate: row.parse("certificate_id")?,
            authority: row.parse("authority_id")?,
            renew_at: row.time("renew_at")?,
            left_out: row.json("left_out")?,
            key: row.parse("key_digest")?,
            not_before: row.time("not_before")?,
            not_after: row.time("not_after")?,
        })
    }
}

pub(crate) async fn find(tx: &mut Tx, id: CertificateId) -> Result<Option<OrderRow>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// Certificates that are to be ordered now; those that end before `soon` first.
pub(crate) async fn due(
    tx: &mut Tx,
    (now, soon): (Micros, Micros),
    rows: i64,
) -> Result<Vec<CertificateId>, StoreError> {
    let ids: Vec<String> = tx.all(DUE.bind(now).bind(soon).bind(rows)).await?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// How many orders are queued or under way.
pub(crate) async fn open(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(OPEN).await
}

/// How many certificates were ordered at an authority since then.
pub(crate) async fn lately(tx: &mut Tx, authority: AuthorityId, since: Micros) -> Result<i64, StoreError> {
    tx.one(LATELY.bind(authority).bind(since)).await
}

/// Some of those whose job ended without a word of its own.
pub(crate) async fn left(tx: &mut Tx) -> Result<Vec<Left>, StoreError> {
    tx.all(LEFT).await
}

/// Those that were issued and are to be renewed after this moment.
pub(crate) async fn issued(tx: &mut Tx, after: Micros) -> Result<Vec<IssuedRow>, StoreError> {
    tx.all(ISSUED.bind(after)).await
}

/// Whether the web server is as the panel wants it, and so answers challenges.
pub(crate) async fn web_server_is_up(tx: &mut Tx, id: CertificateId) -> Result<bool, StoreError> {
    Ok(tx.optional::<i64>(WEB_SERVER.bind(id)).await? == Some(1))
}

/// Whether the site that the certificate was made for is served as it is wanted now; of one that was made for none, it is.
pub(crate) async fn site_is_up(tx: &mut Tx, id: CertificateId) -> Result<bool, StoreError> {
    Ok(tx.optional::<i64>(SITE.bind(id)).await?.is_none_or(|up| up == 1))
}

/// A job orders it; with `asked`, since a person asked.
pub(crate) async fn set_job(
    tx: &mut WriteTx,
    id: CertificateId,
    job: JobId,
    asked: bool,
) -> Result<(), StoreError> {
    let set = if asked { SET_ASKED } else { SET_JOB };
    tx.execute(set.bind(id).bind(job)).await?;
    Ok(())
}

/// An order is made at an authority, for these names.
pub(crate) async fn ordered(
    tx: &mut WriteTx,
    id: CertificateId,
    (authority, job): (AuthorityId, JobId),
    names: &[CertName],
    now: Micros,
) -> Result<(), StoreError> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let names = serde_json::Value::from(names);
    tx.execute(ORDERED.bind(id).bind(authority).bind(names).bind(now).bind(job)).await?;
    Ok(())
}

/// How an order ended, and what comes next.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) error: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) failures: i64,
    /// None: as soon as may be.
    pub(crate) renew_at: Option<Micros>,
    pub(crate) because: Because,
    pub(crate) issued_at: Option<Micros>,
}

impl Ended {
    /// Where other names were wished for meanwhile, it is ordered again at once.
    pub(crate) fn unless_moved(self, moved: bool) -> Self {
        if moved { Self { renew_at: None, because: Because::Names, ..self } } else { self }
    }
}

pub(crate) async fn end(tx: &mut WriteTx, id: CertificateId, ended: &Ended) -> Result<(), StoreError> {
    let left_out =
        serde_json::to_value(&ended.left_out).unwrap_or_else(|_| serde_json::Value::Array(Vec::new()));
    let set = SET
        .bind(id)
        .bind(left_out)
        .bind(ended.error.clone())
        .bind(ended.remedy.clone())
        .bind(ended.failures)
        .bind(ended.renew_at)
        .bind(ended.because.as_str())
        .bind(ended.issued_at);
    tx.execute(set).await?;
    Ok(())
}

/// It is renewed at another time; nothing where it is due by now, failed, or is ordered.
pub(crate) async fn set_renewal(
    tx: &mut WriteTx,
    id: CertificateId,
    (renew_at, because): (Micros, Because),
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_RENEWAL.bind(id).bind(renew_at).bind(because.as_str()).bind(now)).await?;
    Ok(())
}
