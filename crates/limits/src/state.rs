//! What is in force for accounts, worked out from what was said about it.
//!
//! What an account may have of something is the least of: its own value, or else its package's, or else what is usual; and of what each
//! organisation above it has. So an organisation whose limit is lowered rewrites nothing of what it gave: less of it is in force, and all of
//! it again once the limit is raised. Features likewise: on where its own word, or else its package, says so, and no organisation above has
//! it off.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use api_kit::FieldError;
use names::{AccountId, AccountName, OrganisationId, PackageId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};

use crate::amount::Amount;
use crate::feature::Feature;
use crate::limit::Limit;

// One id says which accounts: that of an account, of a package, or of an organisation with all below it. No two objects have the same id.
const ACCOUNTS: Statement = Statement::new(
    "SELECT id, name, organisation_id, package_id FROM account
     WHERE (id = $1 OR package_id = $1
            OR organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1))
       AND deleted_at IS NULL
     ORDER BY name",
);
const ROWS: Statement = Statement::new(
    "SELECT l.account_id, l.name, l.most, l.used FROM account_limit l
     WHERE l.account_id IN
       (SELECT id FROM account
        WHERE id = $1 OR package_id = $1
           OR organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1))",
);
const ROWS_OFF: Statement = Statement::new(
    "SELECT f.account_id, f.feature AS name FROM account_feature_off f
     WHERE f.account_id IN
       (SELECT id FROM account
        WHERE id = $1 OR package_id = $1
           OR organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1))",
);
const OVERRIDES: Statement = Statement::new(
    "SELECT o.account_id, o.name, o.most FROM account_override o
     WHERE o.account_id IN
       (SELECT id FROM account
        WHERE id = $1 OR package_id = $1
           OR organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1))",
);
const FEATURES: Statement = Statement::new(
    "SELECT f.account_id, f.feature AS name, f.enabled FROM account_feature f
     WHERE f.account_id IN
       (SELECT id FROM account
        WHERE id = $1 OR package_id = $1
           OR organisation_id IN (SELECT organisation_id FROM organisation_above WHERE above_id = $1))",
);
const PACKAGE_LIMITS: Statement =
    Statement::new("SELECT name, most FROM package_limit WHERE package_id = $1");
const PACKAGE_FEATURES: Statement =
    Statement::new("SELECT feature AS value FROM package_feature WHERE package_id = $1");
const CEILING: Statement = Statement::new(
    "SELECT l.name, MIN(l.most) AS most FROM organisation_above up JOIN organisation_limit l ON l.organisation_id = up.above_id
     WHERE up.organisation_id = $1 AND l.most IS NOT NULL GROUP BY l.name",
);
const CEILING_OFF: Statement = Statement::new(
    "SELECT DISTINCT f.feature AS value FROM organisation_above up
            JOIN organisation_feature_off f ON f.organisation_id = up.above_id
     WHERE up.organisation_id = $1",
);

pub(crate) const STATEMENTS: &[Statement] =
    &[ACCOUNTS, ROWS, ROWS_OFF, OVERRIDES, FEATURES, PACKAGE_LIMITS, PACKAGE_FEATURES, CEILING, CEILING_OFF];

/// Which accounts: one, all of a package, or all of an organisation and below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// One.
    Account(AccountId),
    /// All that have this package.
    Package(PackageId),
    /// All of this organisation and of all below it.
    Organisation(OrganisationId),
}

impl Within {
    pub(crate) fn id(self) -> String {
        match self {
            Self::Account(id) => id.to_string(),
            Self::Package(id) => id.to_string(),
            Self::Organisation(id) => id.to_string(),
        }
    }
}

/// Who said how much it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// It has a value of its own.
    Own,
    /// Its package.
    Package,
    /// Nobody: it is as usual.
    Usual,
    /// An organisation above has no more.
    Organisation,
}

/// What is in force for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: AccountName,
    /// The organisation that it belongs to.
    pub organisation: OrganisationId,
    /// What it was sold.
    pub package: Option<PackageId>,
    /// Each limit that accounts have, with who said so.
    pub limits: BTreeMap<Limit, (Amount, From)>,
    /// Features that are off.
    pub off: BTreeSet<Feature>,
    /// What is used of what is counted.
    pub used: BTreeMap<Limit, i64>,
    /// Values of its own.
    pub overrides: BTreeMap<Limit, Amount>,
    /// Features of its own: on or off.
    pub features: BTreeMap<Feature, bool>,
    /// As it is written down.
    pub(crate) written: BTreeMap<Limit, Amount>,
    pub(crate) written_off: BTreeSet<Feature>,
}

impl State {
    /// How much there may be.
    pub fn most(&self, limit: Limit) -> Amount {
        self.limits.get(&limit).map_or(limit.usual(), |(most, _)| *most)
    }

    /// How much there may be, as it is written down.
    pub(crate) fn most_written(&self, limit: Limit) -> Amount {
        self.written.get(&limit).copied().unwrap_or(limit.usual())
    }

    /// The same account, with what is written down in the place of what should be.
    pub(crate) fn as_written(&self) -> Self {
        let limits = Limit::of_accounts().map(|limit| {
            let from = self.limits.get(&limit).map_or(From::Usual, |(_, from)| *from);
            (limit, (self.most_written(limit), from))
        });
        Self { limits: limits.collect(), off: self.written_off.clone(), ..self.clone() }
    }

    /// The number of what the host holds, which always has one.
    pub fn number(&self, limit: Limit) -> i64 {
        match (self.most(limit), limit.usual()) {
            (Amount::Of(number), _) | (Amount::Unlimited, Amount::Of(number)) => number,
            (Amount::Unlimited, Amount::Unlimited) => *limit.range().end(),
        }
    }

    /// Whether it may be used.
    pub fn is_on(&self, feature: Feature) -> bool {
        !self.off.contains(&feature)
    }

    /// How much is used of what is counted.
    pub fn used(&self, limit: Limit) -> i64 {
        self.used.get(&limit).copied().unwrap_or(0)
    }
}

/// What an organisation has at most, of itself and of all above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// What is not here is unlimited.
    pub limits: BTreeMap<Limit, i64>,
    /// Features that it has not.
    pub off: BTreeSet<Feature>,
}

impl Ceiling {
    /// How much it has.
    pub fn most(&self, limit: Limit) -> Amount {
        Amount::of_stored(self.limits.get(&limit).copied())
    }

    /// Why no more than this may be given of a limit: it is out of its range, or nobody gives what they have not.
    pub fn refuses(&self, limit: Limit, amount: Amount, pointer: String) -> Option<FieldError> {
        let range = limit.range();
        let fits = match amount {
            Amount::Of(number) => range.contains(&number),
            Amount::Unlimited => limit.may_be_unlimited(),
        };
        if !fits {
            let (words, from, to) = (limit.words(), range.start(), range.end());
            let remedy = format!("Choose {from} to {to} {words}.");
            return Some(FieldError::new(pointer, "out_of_range", "The limit is out of range.", remedy));
        }
        let own = self.most(limit);
        (amount > own).then(|| {
            let reason = format!("The organisation itself has {own} {}.", limit.words());
            FieldError::new(pointer, "above_own", reason, format!("Choose {own} at most."))
        })
    }

    /// Why a feature may not be given.
    pub fn refuses_feature(&self, feature: Feature, pointer: String) -> Option<FieldError> {
        self.off.contains(&feature).then(|| {
            let reason = "The organisation itself does not have this feature.";
            FieldError::new(pointer, "above_own", reason, "Leave it off.")
        })
    }
}

struct Named {
    account: Option<AccountId>,
    name: String,
    most: Option<i64>,
    number: i64,
}

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            account: row.opt_parse("account_id").unwrap_or(None),
            name: row.text("name")?,
            most: row.opt_int("most").unwrap_or(None),
            number: row.opt_int("used").or_else(|_| row.opt_int("enabled")).unwrap_or(None).unwrap_or(0),
        })
    }
}

struct Bare {
    id: AccountId,
    name: AccountName,
    organisation: OrganisationId,
    package: Option<PackageId>,
}

impl FromRow for Bare {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            organisation: row.parse("organisation_id")?,
            package: row.opt_parse("package_id")?,
        })
    }
}

/// What the organisation has at most.
pub async fn ceiling(tx: &mut Tx, organisation: OrganisationId) -> Result<Ceiling, StoreError> {
    let rows: Vec<Named> = tx.all(CEILING.bind(organisation)).await?;
    let limits = rows.iter().filter_map(|row| Some((Limit::from_stored(&row.name)?, row.most?))).collect();
    let off: Vec<String> = tx.all(CEILING_OFF.bind(organisation)).await?;
    Ok(Ceiling { limits, off: off.iter().filter_map(|name| Feature::from_stored(name)).collect() })
}

struct Package {
    limits: BTreeMap<Limit, Amount>,
    features: BTreeSet<Feature>,
}

async fn package(tx: &mut Tx, id: PackageId) -> Result<Package, StoreError> {
    let rows: Vec<Named> = tx.all(PACKAGE_LIMITS.bind(id)).await?;
    let limits =
        rows.iter().filter_map(|row| Some((Limit::from_stored(&row.name)?, Amount::of_stored(row.most))));
    let features: Vec<String> = tx.all(PACKAGE_FEATURES.bind(id)).await?;
    Ok(Package {
        limits: limits.collect(),
        features: features.iter().filter_map(|name| Feature::from_stored(name)).collect(),
    })
}

fn by_account(rows: Vec<Named>) -> HashMap<AccountId, Vec<Named>> {
    let mut all: HashMap<AccountId, Vec<Named>> = HashMap::new();
    for row in rows {
        if let Some(account) = row.account {
            all.entry(account).or_default().push(row);
        }
    }
    all
}

fn limits_of(rows: Option<Vec<Named>>) -> Vec<(Limit, Named)> {
    let rows = rows.unwrap_or_default().into_iter();
    rows.filter_map(|row| Some((Limit::from_stored(&row.name)?, row))).collect()
}

/// What is in force for these accounts, those that are to stay, in the order of their names.
pub async fn states(tx: &mut Tx, within: Within) -> Result<Vec<State>, StoreError> {
    let id = within.id();
    let accounts: Vec<Bare> = tx.all(ACCOUNTS.bind(&id)).await?;
    let mut rows = by_account(tx.all(ROWS.bind(&id)).await?);
    let mut rows_off = by_account(tx.all(ROWS_OFF.bind(&id)).await?);
    let mut overrides = by_account(tx.all(OVERRIDES.bind(&id)).await?);
    let mut features = by_account(tx.all(FEATURES.bind(&id)).await?);
    let (mut ceilings, mut packages) = (HashMap::new(), HashMap::new());
    let mut all = Vec::with_capacity(accounts.len());
    for account in accounts {
        if let Entry::Vacant(place) = ceilings.entry(account.organisation) {
            place.insert(ceiling(tx, account.organisation).await?);
        }
        if let Some(id) = account.package
            && let Entry::Vacant(place) = packages.entry(id)
        {
            place.insert(package(tx, id).await?);
        }
        let kept = limits_of(rows.remove(&account.id));
        let off = rows_off.remove(&account.id).unwrap_or_default();
        let own = limits_of(overrides.remove(&account.id));
        let words = features.remove(&account.id).unwrap_or_default();
        let mut state = State {
            account: account.id,
            name: account.name,
            organisation: account.organisation,
            package: account.package,
            limits: BTreeMap::new(),
            off: BTreeSet::new(),
            used: kept.iter().map(|(limit, row)| (*limit, row.number)).collect(),
            overrides: own.iter().map(|(limit, row)| (*limit, Amount::of_stored(row.most))).collect(),
            features: words
                .iter()
                .filter_map(|row| Some((Feature::from_stored(&row.name)?, row.number == 1)))
                .collect(),
            written: kept.iter().map(|(limit, row)| (*limit, Amount::of_stored(row.most))).collect(),
            written_off: off.iter().filter_map(|row| Feature::from_stored(&row.name)).collect(),
        };
        let package = account.package.and_then(|id| packages.get(&id));
        work_out(&mut state, package, ceilings.get(&account.organisation));
        all.push(state);
    }
    Ok(all)
}

fn work_out(state: &mut State, package: Option<&Package>, ceiling: Option<&Ceiling>) {
    for limit in Limit::of_accounts() {
        let said = if let Some(own) = state.overrides.get(&limit) {
            (*own, From::Own)
        } else if let Some(sold) = package.and_then(|package| package.limits.get(&limit)) {
            (*sold, From::Package)
        } else {
            (limit.usual(), From::Usual)
        };
        let above = ceiling.map_or(Amount::Unlimited, |ceiling| ceiling.most(limit));
        let in_force = if above < said.0 { (above, From::Organisation) } else { said };
        state.limits.insert(limit, in_force);
    }
    for &feature in Feature::ALL {
        let said = state.features.get(&feature).copied();
        let on = said.unwrap_or_else(|| package.is_none_or(|package| package.features.contains(&feature)));
        if !on || ceiling.is_some_and(|ceiling| ceiling.off.contains(&feature)) {
            state.off.insert(feature);
        }
    }
}

/// A limit of an account that is another one now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitChange {
    /// Which.
    pub limit: Limit,
    /// How much it was.
    pub before: Amount,
    /// How much it is.
    pub after: Amount,
    /// How much is used of what is counted.
    pub used: i64,
}

/// A feature of an account that was turned on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureChange {
    /// Which.
    pub feature: Feature,
    /// Whether it is on now.
    pub on: bool,
}

/// What is otherwise for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As it was.
    pub before: State,
    /// As it is.
    pub after: State,
    /// Limits.
    pub limits: Vec<LimitChange>,
    /// Features.
    pub features: Vec<FeatureChange>,
}

/// What is otherwise than before; accounts of which nothing is are not here.
pub fn changes(before: Vec<State>, after: Vec<State>) -> Vec<Change> {
    let mut old: HashMap<AccountId, State> = before.into_iter().map(|state| (state.account, state)).collect();
    let mut all = Vec::new();
    for after in after {
        let Some(before) = old.remove(&after.account) else { continue };
        let limits: Vec<_> = Limit::of_accounts()
            .filter(|limit| before.most(*limit) != after.most(*limit))
            .map(|limit| LimitChange {
                limit,
                before: before.most(limit),
                after: after.most(limit),
                used: after.used(limit),
            })
            .collect();
        let features: Vec<_> = Feature::ALL
            .iter()
            .filter(|feature| before.is_on(**feature) != after.is_on(**feature))
            .map(|&feature| FeatureChange { feature, on: after.is_on(feature) })
            .collect();
        if !limits.is_empty() || !features.is_empty() {
            all.push(Change { before, after, limits, features });
        }
    }
    all
}
