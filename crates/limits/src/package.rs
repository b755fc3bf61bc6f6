//! What an account was sold, and what it has otherwise.

use auth::{AccountRef, Authorised, Key, ManageAccounts, OfOrganisation, OrganisationRef};
use names::{AccountId, Label, OrganisationId, PackageId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::amount::Amount;
use crate::feature::Feature;
use crate::limit::Limit;

const USABLE_BY_ID: Statement = Statement::new(
    "SELECT p.id, p.name, p.organisation_id FROM organisation_above up JOIN package p ON p.organisation_id = up.above_id
     WHERE up.organisation_id = $1 AND p.id = $2",
);
const USABLE_BY_NAME: Statement = Statement::new(
    "SELECT p.id, p.name, p.organisation_id FROM organisation_above up JOIN package p ON p.organisation_id = up.above_id
     WHERE up.organisation_id = $1 AND p.name = $2 ORDER BY up.depth LIMIT 1",
);
const ASSIGN: Statement = Statement::new("UPDATE account SET package_id = $2 WHERE id = $1");
const DROP_OVERRIDE: Statement =
    Statement::new("DELETE FROM account_override WHERE account_id = $1 AND name = $2");
const ADD_OVERRIDE: Statement =
    Statement::new("INSERT INTO account_override (account_id, name, most) VALUES ($1, $2, $3)");
const DROP_FEATURE: Statement =
    Statement::new("DELETE FROM account_feature WHERE account_id = $1 AND feature = $2");
const ADD_FEATURE: Statement =
    Statement::new("INSERT INTO account_feature (account_id, feature, enabled) VALUES ($1, $2, $3)");

pub(crate) const STATEMENTS: &[Statement] =
    &[USABLE_BY_ID, USABLE_BY_NAME, ASSIGN, DROP_OVERRIDE, ADD_OVERRIDE, DROP_FEATURE, ADD_FEATURE];

/// The setting that names the package of new accounts that nobody gives one: one of the root's, or null.
pub const DEFAULT_PACKAGE: &str = "package.default";

/// The key of a package in a path or a body.
pub type PackageKey = Key<PackageId, Label>;

/// A package that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRef {
    /// Its id.
    pub id: PackageId,
    /// Its name.
    pub name: Label,
    /// Whose it is.
    pub organisation: OrganisationId,
}

impl OfOrganisation for PackageRef {
    const KIND: &'static str = "package";

    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

impl FromRow for PackageRef {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            organisation: row.parse("organisation_id")?,
        })
    }
}

/// The package of this key that the organisation may give to its accounts: of its own or of one above, the nearest of a name.
pub async fn usable(
    tx: &mut Tx,
    organisation: OrganisationId,
    key: &PackageKey,
) -> Result<Option<PackageRef>, StoreError> {
    let statement = match key {
        Key::Id(id) => USABLE_BY_ID.bind(organisation).bind(*id),
        Key::Name(name) => USABLE_BY_NAME.bind(organisation).bind(name.as_str()),
    };
    tx.optional(statement).await
}

/// Who may say what an account was sold; each kind of proof allows it.
pub trait MaySell {}

impl MaySell for Authorised<AccountRef, ManageAccounts> {}
impl MaySell for Authorised<OrganisationRef, ManageAccounts> {}

/// Gives the account a package; none: it has none.
pub async fn assign(
    tx: &mut WriteTx,
    _proof: &impl MaySell,
    account: AccountId,
    package: Option<PackageId>,
) -> Result<(), StoreError> {
    tx.execute(ASSIGN.bind(account).bind(package)).await?;
    Ok(())
}

/// What the account has otherwise than its package says; none: as the package says.
pub async fn set_override(
    tx: &mut WriteTx,
    _proof: &impl MaySell,
    account: AccountId,
    limit: Limit,
    amount: Option<Amount>,
) -> Result<(), StoreError> {
    tx.execute(DROP_OVERRIDE.bind(account).bind(limit.as_str())).await?;
    if let Some(amount) = amount {
        tx.execute(ADD_OVERRIDE.bind(account).bind(limit.as_str()).bind(amount.stored())).await?;
    }
    Ok(())
}

/// As [`set_override`], for a feature.
pub async fn set_feature(
    tx: &mut WriteTx,
    _proof: &impl MaySell,
    account: AccountId,
    feature: Feature,
    on: Option<bool>,
) -> Result<(), StoreError> {
    tx.execute(DROP_FEATURE.bind(account).bind(feature.as_str())).await?;
    if let Some(on) = on {
        tx.execute(ADD_FEATURE.bind(account).bind(feature.as_str()).bind(on)).await?;
    }
    Ok(())
}
