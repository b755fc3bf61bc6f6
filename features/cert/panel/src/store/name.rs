//! Names of sites, as far as certificates are about them.

use names::{AccountId, DomainName};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

const HOLDER: Statement = Statement::new(
    "SELECT s.account_id, n.ownership FROM site_name n JOIN site s ON s.id = n.site_id WHERE n.name = $1",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[HOLDER];

/// Whose a name is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) account: AccountId,
    /// An administrator's word, or that of who has the domain above, stands for it.
    pub(crate) approved: bool,
}

impl FromRow for Holder {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { account: row.parse("account_id")?, approved: row.text("ownership")? == "approved" })
    }
}

/// Who holds the name, or else the nearest one above it that anyone has.
pub(crate) async fn holder_at_or_above(tx: &mut Tx, name: &DomainName) -> Result<Option<Holder>, StoreError> {
    let mut at = Some(name.as_str());
    while let Some(text) = at {
        if let Some(holder) = tx.optional(HOLDER.bind(text)).await? {
            return Ok(Some(holder));
        }
        at = text.split_once('.').map(|(_, above)| above);
    }
    Ok(None)
}
