//! Settings: one row per name, JSON as value. Their types and defaults are told by whoever reads them.

use auth::Policy;
use names::Micros;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

const FIND: Statement = Statement::new("SELECT name, value, updated_at FROM setting WHERE name = $1");
const PUT: Statement = Statement::new(
    "INSERT INTO setting (name, value, updated_at) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
);

pub(crate) const STATEMENTS: &[Statement] = &[FIND, PUT];

/// The public name of this panel, as a JSON text; no site may have it.
pub const PANEL_HOSTNAME: &str = "panel.hostname";

/// The least number of characters of a password, as a JSON number.
pub const PASSWORD_LEAST: &str = "password.least_length";

/// What this installation asks of a password.
pub async fn password_policy(tx: &mut Tx) -> Result<Policy, StoreError> {
    let least: Option<usize> = get(tx, PASSWORD_LEAST).await?;
    Ok(Policy { least: least.unwrap_or(Policy::LEAST), panel: get(tx, PANEL_HOSTNAME).await? })
}

/// One row.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The value, as JSON.
    pub value: serde_json::Value,
    /// When it was last set.
    pub updated_at: Micros,
}

impl FromRow for Stored {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { value: row.json("value")?, updated_at: row.time("updated_at")? })
    }
}

/// The row of a setting, if it was ever set.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<Stored>, StoreError> {
    tx.optional(FIND.bind(name)).await
}

/// The value of a setting; none where it was never set, or does not read as this type.
pub async fn get<T: DeserializeOwned>(tx: &mut Tx, name: &str) -> Result<Option<T>, StoreError> {
    let found = find(tx, name).await?;
    Ok(found.and_then(|stored| serde_json::from_value(stored.value).ok()))
}

/// Sets a setting.
pub async fn put(
    tx: &mut WriteTx,
    name: &str,
    value: &impl Serialize,
    now: Micros,
) -> Result<(), StoreError> {
    // Values are texts, numbers and lists of them, which are always JSON.
    let text = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    tx.execute(PUT.bind(name).bind(text).bind(now)).await?;
    Ok(())
}
