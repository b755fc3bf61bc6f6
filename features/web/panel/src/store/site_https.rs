//! How sites answer by HTTPS: columns of their rows.

use names::{CertificateId, NodeId, SiteId};
use store::{RowError, Statement, StoreError, Tx, WriteTx};
use web_spec::{Hsts, SiteTls};

const SET: Statement = Statement::new(
    "UPDATE site SET https = $2, certificate_id = $3, force_https = $4, hsts = $5 WHERE id = $1",
);
const LISTENS: Statement = Statement::new(
    "SELECT CASE WHEN n.listen_tls = '[]' THEN 0 ELSE 1 END AS value FROM site s JOIN node n ON n.id = s.node_id WHERE s.id = $1",
);
const FORCED: Statement = Statement::new(
    "SELECT n.name AS value FROM site s JOIN site_name n ON n.site_id = s.id AND n.is_primary = 1
     WHERE s.node_id = $1 AND s.force_https = 1 AND s.deleted_at IS NULL ORDER BY n.name LIMIT $2",
);
const KNOWN: Statement = Statement::new(
    "SELECT c.id AS value FROM certificate c JOIN site s ON s.account_id = c.account_id
     WHERE c.id = $1 AND s.id = $2 AND c.deleted_at IS NULL",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[SET, LISTENS, FORCED, KNOWN];

/// How a site answers by HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Https {
    /// What it shows; none: its own is made when one of its names is approved.
    pub(crate) shown: Option<Shown>,
    /// Visitors by HTTP are sent on to HTTPS.
    pub(crate) force: bool,
    pub(crate) hsts: Option<Hsts>,
}

/// The certificate that a site shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: CertificateId,
    /// It was made for this site.
    pub(crate) own: bool,
}

impl Https {
    /// Of the columns of a site that is joined with its certificate.
    pub(crate) fn from_site(row: &store::Row) -> Result<Option<Self>, RowError> {
        if !row.flag("https")? {
            return Ok(None);
        }
        let shown = match row.opt_parse("certificate_id")? {
            None => None,
            Some(id) => Some(Shown { id, own: row.opt_text("certificate_site")? == Some(row.text("id")?) }),
        };
        Ok(Some(Self { shown, force: row.flag("force_https")?, hsts: row.opt_json("hsts")? }))
    }

    /// The certificate that was chosen; none: its own.
    pub(crate) fn chosen(&self) -> Option<CertificateId> {
        self.shown.as_ref().filter(|shown| !shown.own).map(|shown| shown.id)
    }

    /// Its own certificate.
    pub(crate) fn own(&self) -> Option<&Shown> {
        self.shown.as_ref().filter(|shown| shown.own)
    }

    /// What is asked of the agent.
    pub(crate) fn spec(&self) -> Option<SiteTls> {
        let shown = self.shown.as_ref()?;
        Some(SiteTls { certificate: shown.id, force_https: self.force, hsts: self.hsts })
    }
}

/// What a row says of HTTPS, where it says something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values {
    /// None: its own, as soon as one of its names is approved.
    pub(crate) certificate: Option<CertificateId>,
    pub(crate) force: bool,
    pub(crate) hsts: Option<Hsts>,
}

/// Changes a row; none: it answers by HTTP alone. Whoever may change the site was asked before.
pub(crate) async fn set(tx: &mut WriteTx, site: SiteId, values: Option<Values>) -> Result<(), StoreError> {
    let certificate = values.and_then(|values| values.certificate);
    // An object of numbers, which is always JSON.
    let hsts = values.and_then(|values| values.hsts).and_then(|hsts| serde_json::to_string(&hsts).ok());
    let force = values.is_some_and(|values| values.force);
    tx.execute(SET.bind(site).bind(values.is_some()).bind(certificate).bind(force).bind(hsts)).await?;
    Ok(())
}

/// Whether the site's server listens for HTTPS.
pub(crate) async fn is_listened(tx: &mut Tx, site: SiteId) -> Result<bool, StoreError> {
    Ok(tx.optional::<i64>(LISTENS.bind(site)).await? == Some(1))
}

/// The primary names of the first sites whose visitors are sent on to HTTPS.
pub(crate) async fn forced(tx: &mut Tx, node: NodeId, most: i64) -> Result<Vec<String>, StoreError> {
    tx.all(FORCED.bind(node).bind(most)).await
}

/// Whether the site's account has this certificate, for what the server holds.
pub(crate) async fn is_known(
    tx: &mut Tx,
    certificate: CertificateId,
    site: SiteId,
) -> Result<bool, StoreError> {
    Ok(tx.optional::<String>(KNOWN.bind(certificate).bind(site)).await?.is_some())
}
