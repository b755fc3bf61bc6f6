//! Rows of packages, and how the API shows them.

use std::collections::BTreeMap;

use auth::{Actor, Authorised, Denied, ManagePackages, OrganisationRef, TenantScope, ViewPackages};
use limits::{Amount, Feature, Limit, PackageKey, PackageRef};
use names::{Label, Micros, PackageId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

// Whoever sees an organisation's packages sees those of the organisations above too, which it may give to its accounts; but not how many
// accounts of others have them.
const FIND: Statement = Statement::new(
    "SELECT p.id, p.name, p.organisation_id, o.name AS organisation, p.created_at, p.updated_at, p.version,
            (SELECT COUNT(*) FROM account a WHERE a.package_id = p.id
              AND ($2 = 'all' OR a.organisation_id IN
                   (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))) AS accounts
     FROM package p JOIN organisation o ON o.id = p.organisation_id
     WHERE p.id = $1
       AND ($2 = 'all' OR p.organisation_id IN
            (SELECT up.above_id FROM organisation_permission h JOIN organisation_above up ON up.organisation_id = h.organisation_id
             WHERE h.holder_id = $2 AND h.permission = $3))",
);
const NAMED: Statement = Statement::new(
    "SELECT p.id AS value FROM package p
     WHERE p.name = $1
       AND ($2 = 'all' OR p.organisation_id IN
            (SELECT up.above_id FROM organisation_permission h JOIN organisation_above up ON up.organisation_id = h.organisation_id
             WHERE h.holder_id = $2 AND h.permission = $3))
     ORDER BY p.id LIMIT 2",
);
const LIST: Statement = Statement::new(
    "SELECT p.id, p.name, p.organisation_id, o.name AS organisation, p.created_at, p.updated_at, p.version,
            (SELECT COUNT(*) FROM account a WHERE a.package_id = p.id
              AND ($2 = 'all' OR a.organisation_id IN
                   (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))) AS accounts
     FROM package p JOIN organisation o ON o.id = p.organisation_id
     WHERE p.id > $1
       AND ($2 = 'all' OR p.organisation_id IN
            (SELECT up.above_id FROM organisation_permission h JOIN organisation_above up ON up.organisation_id = h.organisation_id
             WHERE h.holder_id = $2 AND h.permission = $3))
       AND (p.name LIKE $4 ESCAPE '\\' OR $4 IS NULL)
     ORDER BY p.id LIMIT $5",
);
const LIMITS: Statement = Statement::new("SELECT name, most FROM package_limit WHERE package_id = $1");
const FEATURES: Statement =
    Statement::new("SELECT feature AS value FROM package_feature WHERE package_id = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO package (id, organisation_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT (organisation_id, name) DO NOTHING",
);
const TAKEN: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM package WHERE organisation_id = $1 AND name = $2 AND id <> $3",
);
const UPDATE: Statement =
    Statement::new("UPDATE package SET name = $2, updated_at = $3, version = version + 1 WHERE id = $1");
const DELETE: Statement = Statement::new("DELETE FROM package WHERE id = $1");
const DROP_LIMIT: Statement = Statement::new("DELETE FROM package_limit WHERE package_id = $1 AND name = $2");
const ADD_LIMIT: Statement =
    Statement::new("INSERT INTO package_limit (package_id, name, most) VALUES ($1, $2, $3)");
const DROP_FEATURE: Statement =
    Statement::new("DELETE FROM package_feature WHERE package_id = $1 AND feature = $2");
const ADD_FEATURE: Statement =
    Statement::new("INSERT INTO package_feature (package_id, feature) VALUES ($1, $2)");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    NAMED,
    LIST,
    LIMITS,
    FEATURES,
    INSERT,
    TAKEN,
    UPDATE,
    DELETE,
    DROP_LIMIT,
    ADD_LIMIT,
    DROP_FEATURE,
    ADD_FEATURE,
];

/// What accounts are sold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Package {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: PackageId,
    /// The name, unique within its organisation.
    #[schema(value_type = String)]
    pub(crate) name: Label,
    /// Whose it is: it and all below may give it to their accounts.
    #[schema(value_type = String)]
    pub(crate) organisation: Label,
    /// The limits that it has: a number, or the word `unlimited`. What is left out is as usual.
    #[schema(value_type = serde_json::Value)]
    pub(crate) limits: BTreeMap<Limit, Amount>,
    /// The features that it has.
    #[schema(value_type = Vec<String>)]
    pub(crate) features: Vec<Feature>,
    /// How many accounts have it, of those that the caller may know.
    pub(crate) accounts: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
    /// Its ETag.
    pub(crate) version: u64,
}

/// A row, without what hangs on it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) reference: PackageRef,
    pub(crate) organisation: Label,
    accounts: i64,
    created_at: Micros,
    updated_at: Micros,
    pub(crate) version: u64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            reference: PackageRef::from_row(row)?,
            organisation: row.parse("organisation")?,
            accounts: row.int("accounts")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.number("version")?,
        })
    }
}

struct Kept {
    name: String,
    most: Option<i64>,
}

impl FromRow for Kept {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { name: row.text("name")?, most: row.opt_int("most")? })
    }
}

/// The package of a row.
pub(crate) async fn whole(tx: &mut Tx, row: Row) -> Result<Package, StoreError> {
    let id = row.reference.id;
    let limits: Vec<Kept> = tx.all(LIMITS.bind(id)).await?;
    let features: Vec<String> = tx.all(FEATURES.bind(id)).await?;
    let mut features: Vec<_> = features.iter().filter_map(|name| Feature::from_stored(name)).collect();
    features.sort_unstable();
    Ok(Package {
        id,
        name: row.reference.name,
        organisation: row.organisation,
        limits: limits
            .iter()
            .filter_map(|kept| Some((Limit::from_stored(&kept.name)?, Amount::of_stored(kept.most))))
            .collect(),
        features,
        accounts: row.accounts,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Which package a key means to this actor: by name, that of their own organisation or of the nearest above it, else the only one of this
/// name that they may see. None where there is none, or there are several.
pub(crate) async fn id_of(tx: &mut Tx, actor: &Actor, key: &PackageKey) -> Result<Option<PackageId>, Denied> {
    let PackageKey::Name(name) = key else {
        let PackageKey::Id(id) = key else { return Ok(None) };
        return Ok(Some(*id));
    };
    if let Ok(own) = auth::own_organisation::<ViewPackages>(tx, actor).await
        && let Some(found) = limits::usable(tx, own.id, key).await?
    {
        return Ok(Some(found.id));
    }
    let scope = actor.scope::<ViewPackages>();
    let found: Vec<String> = tx.all(scope.bind(NAMED.bind(name.as_str()))).await?;
    match found.as_slice() {
        [only] => Ok(only.parse().ok()),
        _ => Ok(None),
    }
}

/// The package, for whoever may see it.
pub(crate) async fn find(tx: &mut Tx, scope: &TenantScope, id: PackageId) -> Result<Option<Row>, StoreError> {
    tx.optional(scope.bind(FIND.bind(id))).await
}

/// The package, for whoever may change it.
pub(crate) async fn find_to_manage(
    tx: &mut Tx,
    actor: &Actor,
    key: &PackageKey,
) -> Result<Authorised<PackageRef, ManagePackages>, Denied> {
    let found = match id_of(tx, actor, key).await? {
        Some(id) => find(tx, &TenantScope::All, id).await?,
        None => None,
    };
    actor.authorise_organisation(tx, found.map(|row| row.reference)).await
}

/// As it is in this transaction; the proof's may be older.
pub(crate) async fn now(
    tx: &mut Tx,
    package: &Authorised<PackageRef, ManagePackages>,
) -> Result<Option<Row>, StoreError> {
    find(tx, &TenantScope::All, package.id).await
}

/// Packages in the order in which they were made. `like` is a pattern of `Part::like`.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    after: &str,
    like: Option<String>,
    rows: i64,
) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(LIST.bind(after)).bind(like).bind(rows)).await
}

/// Makes a package; `false` where the organisation has one of this name.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    organisation: &Authorised<OrganisationRef, ManagePackages>,
    id: PackageId,
    name: &Label,
    now: Micros,
) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT.bind(id).bind(organisation.id).bind(name.as_str()).bind(now)).await? == 1)
}

/// The row that was just made.
pub(crate) async fn made(
    tx: &mut Tx,
    _organisation: &Authorised<OrganisationRef, ManagePackages>,
    id: PackageId,
) -> Result<Row, StoreError> {
    tx.one(TenantScope::All.bind(FIND.bind(id))).await
}

/// Gives it a name and a new version; `false` where the organisation has another of this name.
pub(crate) async fn update(
    tx: &mut WriteTx,
    package: &Authorised<PackageRef, ManagePackages>,
    name: &Label,
    now: Micros,
) -> Result<bool, StoreError> {
    let taken = TAKEN.bind(package.organisation).bind(name.as_str()).bind(package.id);
    if tx.one::<i64>(taken).await? > 0 {
        return Ok(false);
    }
    tx.execute(UPDATE.bind(package.id).bind(name.as_str()).bind(now)).await?;
    Ok(true)
}

/// Removes the package.
pub(crate) async fn delete(
    tx: &mut WriteTx,
    package: &Authorised<PackageRef, ManagePackages>,
) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(package.id)).await?;
    Ok(())
}

/// Says how much of a limit it has; none: as usual.
pub(crate) async fn set_limit(
    tx: &mut WriteTx,
    id: PackageId,
    limit: Limit,
    amount: Option<Amount>,
) -> Result<(), StoreError> {
    tx.execute(DROP_LIMIT.bind(id).bind(limit.as_str())).await?;
    if let Some(amount) = amount {
        tx.execute(ADD_LIMIT.bind(id).bind(limit.as_str()).bind(amount.stored())).await?;
    }
    Ok(())
}

/// Turns a feature on or off.
pub(crate) async fn set_feature(
    tx: &mut WriteTx,
    id: PackageId,
    feature: Feature,
    on: bool,
) -> Result<(), StoreError> {
    tx.execute(DROP_FEATURE.bind(id).bind(feature.as_str())).await?;
    if on {
        tx.execute(ADD_FEATURE.bind(id).bind(feature.as_str())).await?;
    }
    Ok(())
}
