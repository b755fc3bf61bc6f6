//! What was last seen of names.

use std::time::Duration;

use names::{DomainName, Micros, SiteId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::pointing::Observed;

const OF_SITE: Statement = Statement::new(
    "SELECT c.name, c.checked_at, c.next_at, c.troubles, c.seen FROM name_check c JOIN site_name n ON n.name = c.name
     WHERE n.site_id = $1",
);
const FIND: Statement =
    Statement::new("SELECT name, checked_at, next_at, troubles, seen FROM name_check WHERE name = $1");
// A name may have gone meanwhile, or be another site's.
const PUT: Statement = Statement::new(
    "INSERT INTO name_check (name, checked_at, next_at, troubles, seen)
     SELECT name, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), $6 FROM site_name WHERE name = $1 AND site_id = $2
     ON CONFLICT (name) DO UPDATE SET checked_at = excluded.checked_at, next_at = excluded.next_at,
                                      troubles = excluded.troubles, seen = excluded.seen",
);
// Names that nobody has looked at come first.
const DUE: Statement = Statement::new(
    "SELECT n.name, n.site_id FROM site_name n JOIN site s ON s.id = n.site_id LEFT JOIN name_check c ON c.name = n.name
     WHERE s.deleted_at IS NULL AND (c.next_at IS NULL OR c.next_at <= $1)
     ORDER BY COALESCE(c.next_at, 0), n.name LIMIT $2",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[OF_SITE, FIND, PUT, DUE];

/// One look.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) name: DomainName,
    pub(crate) checked_at: Micros,
    pub(crate) next_at: Micros,
    /// How often in a row it was not as it should be.
    pub(crate) troubles: i64,
    /// None where an older release wrote it differently: then it is as if nobody had looked.
    pub(crate) seen: Option<Observed>,
}

impl FromRow for Check {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            name: row.parse("name")?,
            checked_at: row.time("checked_at")?,
            next_at: row.time("next_at")?,
            troubles: row.int("troubles")?,
            seen: row.json("seen").ok(),
        })
    }
}

/// A name whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) name: DomainName,
    pub(crate) site: SiteId,
}

impl FromRow for Due {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { name: row.parse("name")?, site: row.parse("site_id")? })
    }
}

/// What was seen of a site's names. The caller was found to see the site.
pub(crate) async fn of_site(tx: &mut Tx, site: SiteId) -> Result<Vec<Check>, StoreError> {
    tx.all(OF_SITE.bind(site)).await
}

/// What was seen of a name. The caller was found to see its site.
pub(crate) async fn find(tx: &mut Tx, name: &DomainName) -> Result<Option<Check>, StoreError> {
    tx.optional(FIND.bind(name.as_str())).await
}

/// Keeps a look at a name of this site; nothing where it is another's by now.
pub(crate) async fn put(
    tx: &mut WriteTx,
    site: SiteId,
    name: &DomainName,
    (now, again): (Micros, Duration),
    (troubles, seen): (i64, &Observed),
) -> Result<(), StoreError> {
    // numbers and texts, which are always JSON
    let seen = serde_json::to_string(seen).unwrap_or_else(|_| "null".to_owned());
    let put = PUT.bind(name.as_str()).bind(site).bind(now).bind(now.plus(again)).bind(troubles).bind(seen);
    tx.execute(put).await?;
    Ok(())
}

/// Names whose time has come, those that nobody looked at first.
pub(crate) async fn due(tx: &mut Tx, now: Micros, rows: i64) -> Result<Vec<Due>, StoreError> {
    tx.all(DUE.bind(now).bind(rows)).await
}
