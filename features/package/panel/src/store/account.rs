//! What an account may have, as the API shows it.

use auth::{AccountRef, Authorised, ViewAccount};
use desired::{Block, Convergence};
use limits::{Amount, Feature, From, Kind, Limit, Unit, Within};
use names::{AccountId, AccountName, Label};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx};
use utoipa::ToSchema;

const STANDS: Statement = Statement::new(
    "SELECT name, (SELECT p.name FROM package p WHERE p.id = account.package_id) AS package,
            generation, observed_generation, spec_digest, condition, reason, message, since, attempts, next_attempt_at,
            deleted_at, expect_plan, overwrite
     FROM account WHERE id = $1",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[STANDS];

/// The account's row, as far as it matters here.
pub(crate) struct Row {
    name: AccountName,
    package: Option<Label>,
    pub(crate) block: Block,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            name: row.parse("name")?,
            package: row.opt_parse("package")?,
            block: Block::from_row(row)?,
        })
    }
}

/// What an account may have, and how much of it is used.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LimitsOfAccount {
    /// Whose it is.
    #[schema(value_type = String)]
    account: AccountName,
    /// What it was sold; null: as usual in all.
    #[schema(value_type = Option<String>)]
    package: Option<Label>,
    /// Each limit.
    limits: Vec<LimitView>,
    /// Each feature.
    features: Vec<FeatureView>,
    /// How the account stands.
    #[serde(flatten)]
    convergence: Convergence,
}

/// One limit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct LimitView {
    /// Its name, such as `sites`.
    #[schema(value_type = String)]
    pub(crate) name: Limit,
    /// `counted`, `given`, `measured` or `host`.
    #[schema(value_type = String)]
    pub(crate) kind: Kind,
    /// `count`, `bytes`, `bytes_per_month`, `percent` or `weight`.
    #[schema(value_type = String)]
    pub(crate) unit: Unit,
    /// How much there may be: a number, or the word `unlimited`.
    #[schema(value_type = serde_json::Value)]
    pub(crate) most: Amount,
    /// Who says so: `own`: a value of its own; `package`; `usual`: nobody; `organisation`: one above has no more.
    #[schema(value_type = String)]
    pub(crate) from: From,
    /// How much is used of what is counted; null of all else.
    pub(crate) used: Option<i64>,
}

/// One feature.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct FeatureView {
    /// Its name, such as `php`.
    #[schema(value_type = String)]
    pub(crate) name: Feature,
    /// Whether it may be used.
    pub(crate) on: bool,
}

/// The row of an account behind a proof.
pub(crate) async fn row(tx: &mut Tx, account: AccountId) -> Result<Option<Row>, StoreError> {
    tx.optional(STANDS.bind(account)).await
}

/// What the account that the proof is about may have.
pub(crate) async fn show(
    tx: &mut Tx,
    account: &Authorised<AccountRef, ViewAccount>,
) -> Result<Option<(LimitsOfAccount, names::Generation)>, StoreError> {
    view(tx, account.id).await
}

/// As [`show`], for the rules behind another proof.
pub(crate) async fn view(
    tx: &mut Tx,
    account: AccountId,
) -> Result<Option<(LimitsOfAccount, names::Generation)>, StoreError> {
    let Some(row) = row(tx, account).await? else { return Ok(None) };
    let state = limits::states(tx, Within::Account(account)).await?.pop();
    let limits = Limit::of_accounts().map(|limit| {
        let said = state.as_ref().and_then(|state| state.limits.get(&limit).copied());
        let (most, from) = said.unwrap_or((limit.usual(), From::Usual));
        let used = state.as_ref().map_or(0, |state| state.used(limit));
        LimitView {
            name: limit,
            kind: limit.kind(),
            unit: limit.unit(),
            most,
            from,
            used: (limit.kind() == Kind::Counted).then_some(used),
        }
    });
    let on = |feature| state.as_ref().is_none_or(|state| state.is_on(feature));
    let features = Feature::ALL.iter().map(|&feature| FeatureView { name: feature, on: on(feature) });
    let view = LimitsOfAccount {
        account: row.name,
        package: row.package,
        limits: limits.collect(),
        features: features.collect(),
        convergence: Convergence::from(&row.block),
    };
    Ok(Some((view, row.block.generation)))
}
