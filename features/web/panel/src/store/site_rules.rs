//! Typed rules of sites: one document for each site that has some.

use names::SiteId;
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use web_spec::Rule;

const OF_SITE: Statement = Statement::new("SELECT rules FROM site_rules WHERE site_id = $1");
const REMOVE: Statement = Statement::new("DELETE FROM site_rules WHERE site_id = $1");
const INSERT: Statement = Statement::new("INSERT INTO site_rules (site_id, rules) VALUES ($1, $2)");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[OF_SITE, REMOVE, INSERT];

struct Document(Vec<Rule>);

impl FromRow for Document {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self(row.json("rules")?))
    }
}

/// The rules of a site, in order.
pub(crate) async fn of_site(tx: &mut Tx, site: SiteId) -> Result<Vec<Rule>, StoreError> {
    let document: Option<Document> = tx.optional(OF_SITE.bind(site)).await?;
    Ok(document.map(|document| document.0).unwrap_or_default())
}

/// Puts others in their place. Whoever may change the site was asked before. Raising its generation is the caller's.
pub(crate) async fn set(tx: &mut WriteTx, site: SiteId, rules: &[Rule]) -> Result<(), StoreError> {
    tx.execute(REMOVE.bind(site)).await?;
    // Objects of texts and numbers, which are always JSON.
    if let Some(document) = serde_json::to_string(rules).ok().filter(|_| !rules.is_empty()) {
        tx.execute(INSERT.bind(site).bind(document)).await?;
    }
    Ok(())
}
