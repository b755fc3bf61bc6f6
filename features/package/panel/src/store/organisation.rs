//! What an organisation may have, with all below it.

use std::collections::BTreeMap;

use auth::{Actor, Denied, Key, ManageOrganisations, OrganisationKey, ViewOrganisations};
use limits::{Amount, Ceiling, Feature, From, Kind, Limit};
use names::{Label, Micros, OrganisationId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::store::account::{FeatureView, LimitView};

const FIND: Statement = Statement::new("SELECT name, oversell, version FROM organisation WHERE id = $1");
const LIMITS: Statement =
    Statement::new("SELECT name, most, used FROM organisation_limit WHERE organisation_id = $1");
const SET_LIMIT: Statement = Statement::new(
    "INSERT INTO organisation_limit (organisation_id, name, most, used) VALUES ($1, $2, $3, 0)
     ON CONFLICT (organisation_id, name) DO UPDATE SET most = excluded.most",
);
const TURN_ON: Statement =
    Statement::new("DELETE FROM organisation_feature_off WHERE organisation_id = $1 AND feature = $2");
const TURN_OFF: Statement = Statement::new(
    "INSERT INTO organisation_feature_off (organisation_id, feature) VALUES ($1, $2)
     ON CONFLICT (organisation_id, feature) DO NOTHING",
);
const UPDATE: Statement = Statement::new(
    "UPDATE organisation SET oversell = $2, updated_at = $3, version = version + 1 WHERE id = $1",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[FIND, LIMITS, SET_LIMIT, TURN_ON, TURN_OFF, UPDATE];

/// What an organisation may have, over all its accounts and those below it, and how much of it is used or given out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct OrganisationLimits {
    /// Whose it is.
    #[schema(value_type = String)]
    organisation: Label,
    /// Whether it may give out more disk space and files than it has.
    pub(crate) oversell: bool,
    /// Each limit. Of what the host holds, it is the most for each single account.
    limits: Vec<LimitView>,
    /// Each feature.
    features: Vec<FeatureView>,
    /// Its ETag.
    pub(crate) version: u64,
}

struct Row {
    name: Label,
    oversell: bool,
    version: u64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            name: row.parse("name")?,
            oversell: row.flag("oversell")?,
            version: row.number("version")?,
        })
    }
}

struct Kept {
    name: String,
    most: Option<i64>,
    used: i64,
}

impl FromRow for Kept {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { name: row.text("name")?, most: row.opt_int("most")?, used: row.int("used")? })
    }
}

impl OrganisationLimits {
    /// How much it may have, and how much is used.
    pub(crate) fn stands(&self) -> BTreeMap<Limit, (Amount, i64)> {
        self.limits.iter().map(|view| (view.name, (view.most, view.used.unwrap_or(0)))).collect()
    }

    /// The features that it has.
    pub(crate) fn on(&self) -> BTreeMap<Feature, bool> {
        self.features.iter().map(|view| (view.name, view.on)).collect()
    }
}

/// What the organisation behind a proof may have.
pub(crate) async fn view(
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<Option<OrganisationLimits>, StoreError> {
    let Some(row) = tx.optional::<Row>(FIND.bind(organisation)).await? else { return Ok(None) };
    let kept: Vec<Kept> = tx.all(LIMITS.bind(organisation)).await?;
    let kept: BTreeMap<Limit, Kept> =
        kept.into_iter().filter_map(|kept| Some((Limit::from_stored(&kept.name)?, kept))).collect();
    let Ceiling { limits, off } = limits::ceiling(tx, organisation).await?;
    let limits = Limit::ALL.iter().map(|&limit| {
        let own = kept.get(&limit).and_then(|kept| kept.most);
        let most = limits.get(&limit).copied();
        let from = match (most, own) {
            (None, _) => From::Usual,
            (most, own) if most == own => From::Own,
            _ => From::Organisation,
        };
        let used = kept.get(&limit).map_or(0, |kept| kept.used);
        LimitView {
            name: limit,
            kind: limit.kind(),
            unit: limit.unit(),
            most: Amount::of_stored(most),
            from,
            used: matches!(limit.kind(), Kind::Counted | Kind::Given).then_some(used),
        }
    });
    Ok(Some(OrganisationLimits {
        organisation: row.name,
        oversell: row.oversell,
        limits: limits.collect(),
        features: Feature::ALL
            .iter()
            .map(|&feature| FeatureView { name: feature, on: !off.contains(&feature) })
            .collect(),
        version: row.version,
    }))
}

/// Proof that the actor rules over what the organisation may have: they manage the organisations of the one above it. Nothing outside this
/// module makes one, and nobody raises their own limits.
#[derive(Debug, Clone)]
pub(crate) struct Ruled {
    pub(crate) id: OrganisationId,
    pub(crate) name: Label,
    /// The one above; none for the root, whose limits are ruled by who manages the root itself.
    pub(crate) parent: Option<OrganisationId>,
}

/// The organisation, for whoever rules over its limits.
pub(crate) async fn find_to_rule(tx: &mut Tx, actor: &Actor, key: &OrganisationKey) -> Result<Ruled, Denied> {
    let organisation = auth::organisation::<ViewOrganisations>(tx, actor, key).await?;
    let above = Key::Id(organisation.parent.unwrap_or(organisation.id));
    match auth::organisation::<ManageOrganisations>(tx, actor, &above).await {
        Ok(_) => {}
        Err(Denied::NotFound(_)) => return Err(Denied::NotAllowed),
        Err(other) => return Err(other),
    }
    let organisation = organisation.into_inner();
    Ok(Ruled { id: organisation.id, name: organisation.name, parent: organisation.parent })
}

/// Says how much of a limit it has.
pub(crate) async fn set_limit(
    tx: &mut WriteTx,
    organisation: &Ruled,
    limit: Limit,
    amount: Amount,
) -> Result<(), StoreError> {
    tx.execute(SET_LIMIT.bind(organisation.id).bind(limit.as_str()).bind(amount.stored())).await?;
    Ok(())
}

/// Turns a feature on or off.
pub(crate) async fn set_feature(
    tx: &mut WriteTx,
    organisation: &Ruled,
    feature: Feature,
    on: bool,
) -> Result<(), StoreError> {
    let statement = if on { TURN_ON } else { TURN_OFF };
    tx.execute(statement.bind(organisation.id).bind(feature.as_str())).await?;
    Ok(())
}

/// Gives it a new version.
pub(crate) async fn update(
    tx: &mut WriteTx,
    organisation: &Ruled,
    oversell: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(UPDATE.bind(organisation.id).bind(oversell).bind(now)).await?;
    Ok(())
}
