//! What may be asked of packages, and of what accounts and organisations may have.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{
    AccountRef, Actor, Authorised, ManageAccounts, ManagePackages, OrganisationKind, OrganisationRef,
};
use desired::event::{Code, Event};
use desired::{Draft, Effect, EffectChange, Key, Rules, setting};
use limits::{Amount, Ceiling, DEFAULT_PACKAGE, Feature, Limit, PackageKey, PackageRef, State, Within};
use names::{AccountId, Label, OrganisationId, PackageId};
use serde::Deserialize;
use serde_json::Value;
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::hosted::Hosted;
use crate::store::account::{self, LimitsOfAccount};
use crate::store::organisation::{self, OrganisationLimits, Ruled};
use crate::store::package::{self, Package};

/// Sites that are named where a feature is in use.
const NAMED: usize = 10;

/// Limits in a body: a number, the word `unlimited`, or null for what is usual.
pub(crate) type LimitsBody = BTreeMap<Limit, Option<Amount>>;
/// Features in a body: on, off, or null for what is usual.
pub(crate) type FeaturesBody = BTreeMap<Feature, Option<bool>>;

/// What a new package is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePackage {
    /// The name: 2 to 63 small letters, digits and dashes; unique within the organisation.
    #[schema(value_type = String, example = "basic")]
    pub(crate) name: Label,
    /// Whose it is, by name or id; left out: the caller's own organisation.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<auth::OrganisationKey>,
    /// Limits by name: a number, or the word `unlimited`. What is left out is as usual.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) limits: LimitsBody,
    /// Features by name: true or false. What is left out is on, where the organisation has it.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) features: FeaturesBody,
}

/// What is to be otherwise of a package; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditPackage {
    /// The name.
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Label>,
    /// Limits by name: a number, the word `unlimited`, or null for what is usual.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) limits: LimitsBody,
    /// Features by name: true or false.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) features: FeaturesBody,
}

/// What an account is to be sold; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a package are three different wishes")]
pub(crate) struct EditAccountLimits {
    /// The name or id of a package of its organisation or of one above; null: none.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>)]
    pub(crate) package: Option<Option<PackageKey>>,
    /// Limits of its own by name: a number, the word `unlimited`, or null for what its package says.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) limits: LimitsBody,
    /// Features of its own by name: true, false, or null for what its package says.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) features: FeaturesBody,
}

/// What an organisation is to have; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditOrganisationLimits {
    /// Limits by name: a number; the word `unlimited` or null: as much as the organisation above has.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) limits: LimitsBody,
    /// Features by name: false takes it from the organisation and all below it; true or null gives it back.
    #[serde(default)]
    #[schema(value_type = Option<serde_json::Value>)]
    pub(crate) features: FeaturesBody,
    /// Whether it may give out more disk space and files than it has.
    pub(crate) oversell: Option<bool>,
}

/// The key of a package; packages do not converge, the accounts that have them do.
fn package_key(id: PackageId) -> Key {
    Key { kind: "package", id: id.to_string() }
}

/// The account, as its own feature names it.
fn account_key(id: AccountId) -> Key {
    Key { kind: "account", id: id.to_string() }
}

fn json(value: &impl serde::Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value).map_err(ApiError::internal)
}

fn name_taken() -> ApiError {
    let reason = "The organisation has a package of this name.";
    ApiError::invalid(FieldError::new("/name", "name_taken", reason, "Choose another name."))
}

/// Refuses what the organisation has not, and what no account has.
fn check(ceiling: &Ceiling, limits: &LimitsBody, features: &FeaturesBody) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    for (limit, amount) in limits {
        let pointer = format!("/limits/{limit}");
        if limit.is_of_accounts() {
            errors.extend(amount.and_then(|amount| ceiling.refuses(*limit, amount, pointer)));
        } else {
            let reason = "This is a limit of organisations, and no account has it.";
            errors.push(FieldError::new(pointer, "not_of_accounts", reason, "Leave it out."));
        }
    }
    for (feature, on) in features {
        if *on == Some(true) {
            errors.extend(ceiling.refuses_feature(*feature, format!("/features/{feature}")));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_all(errors)) }
}

/// Makes a package.
pub(crate) struct Create {
    pub(crate) proof: Authorised<OrganisationRef, ManagePackages>,
    pub(crate) body: CreatePackage,
}

impl Rules for Create {
    type Value = Package;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Package, Key), ApiError> {
        let Self { proof, body } = self;
        if proof.kind == OrganisationKind::Client {
            let detail =
                "This organisation has accounts alone. Packages are those of the organisation above it.";
            return Err(ApiError::conflict("no_packages", detail));
        }
        let ceiling = limits::ceiling(tx, proof.id).await?;
        check(&ceiling, &body.limits, &body.features)?;
        let id = draft.new_id();
        if !package::insert(tx, proof, id, &body.name, draft.now).await? {
            return Err(name_taken());
        }
        for (limit, amount) in &body.limits {
            package::set_limit(tx, id, *limit, *amount).await?;
        }
        for feature in Feature::ALL.iter().filter(|feature| !ceiling.off.contains(feature)) {
            let on = body.features.get(feature).copied().flatten().unwrap_or(true);
            package::set_feature(tx, id, *feature, on).await?;
        }
        let row = package::made(tx, proof, id).await?;
        let made = package::whole(tx, row).await?;
        told(tx, draft, ("package.create", Code::Created), proof.id, (None, &made)).await?;
        Ok((made, package_key(id)))
    }
}

/// Changes a package, and what all accounts that have it may have.
pub(crate) struct Edit {
    pub(crate) hosted: Arc<dyn Hosted>,
    pub(crate) actor: Actor,
    pub(crate) proof: Authorised<PackageRef, ManagePackages>,
    pub(crate) if_match: IfMatch,
    pub(crate) body: EditPackage,
}

impl Rules for Edit {
    type Value = Package;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Package, Key), ApiError> {
        let Self { hosted, actor, proof, if_match, body } = self;
        let row = now(tx, proof).await?;
        if_match.require(row.version)?;
        let old_name = row.reference.name.clone();
        let before = package::whole(tx, row).await?;
        let ceiling = limits::ceiling(tx, proof.organisation).await?;
        check(&ceiling, &body.limits, &body.features)?;
        let within = Within::Package(proof.id);
        let states = limits::states(tx, within).await?;
        for (limit, amount) in &body.limits {
            package::set_limit(tx, proof.id, *limit, *amount).await?;
        }
        for (feature, on) in &body.features {
            package::set_feature(tx, proof.id, *feature, on.unwrap_or(true)).await?;
        }
        let name = body.name.as_ref().unwrap_or(&old_name);
        if !package::update(tx, proof, name, draft.now).await? {
            return Err(name_taken());
        }
        if *name != old_name && is_default(tx, proof, &old_name).await? {
            setting::put(tx, DEFAULT_PACKAGE, name, draft.now).await?;
        }
        let after = limits::settle(tx, actor, within).await?;
        consequences(tx, draft, &**hosted, states, after).await?;
        let row = now(tx, proof).await?;
        let after = package::whole(tx, row).await?;
        let what = ("package.edit", Code::Changed);
        told(tx, draft, what, proof.organisation, (Some(&before), &after)).await?;
        Ok((after, package_key(proof.id)))
    }
}

async fn now(tx: &mut Tx, proof: &Authorised<PackageRef, ManagePackages>) -> Result<package::Row, ApiError> {
    package::now(tx, proof).await?.ok_or_else(|| ApiError::not_found("package"))
}

/// Whether new accounts get it where nobody says otherwise.
async fn is_default(
    tx: &mut Tx,
    proof: &Authorised<PackageRef, ManagePackages>,
    name: &Label,
) -> Result<bool, ApiError> {
    let of_root = proof.organisation.to_string() == store::fixed::ROOT_ORGANISATION;
    Ok(of_root && setting::get::<Label>(tx, DEFAULT_PACKAGE).await?.as_ref() == Some(name))
}

/// Removes a package that no account has.
pub(crate) struct Delete {
    pub(crate) proof: Authorised<PackageRef, ManagePackages>,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = Package;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Package, Key), ApiError> {
        let Self { proof, if_match } = self;
        let row = now(tx, proof).await?;
        if_match.check(row.version)?;
        let before = package::whole(tx, row).await?;
        if before.accounts > 0 {
            let detail = match before.accounts {
                1 => "An account has this package. Give it another one first.".to_owned(),
                accounts => format!("{accounts} accounts have this package. Give them another one first."),
            };
            return Err(ApiError::conflict("package_in_use", detail));
        }
        if is_default(tx, proof, &before.name).await? {
            let detail = "New accounts get this package where nobody says otherwise. Set package.default to another one first.";
            return Err(ApiError::conflict("package_is_default", detail));
        }
        package::delete(tx, proof).await?;
        let object = audit::Object::of_organisation("package", before.id, proof.organisation);
        draft.audit(tx, "package.delete", object, Some(json(&before)?), None).await?;
        let event = Event::of(package_key(before.id), None, Code::Removed, before.name.as_str())
            .in_organisation(Some(proof.organisation));
        draft.event(tx, &event).await?;
        Ok((before, package_key(proof.id)))
    }
}

/// The audit and the event of a change of a package.
async fn told(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    organisation: OrganisationId,
    (before, after): (Option<&Package>, &Package),
) -> Result<(), ApiError> {
    let object = audit::Object::of_organisation("package", after.id, organisation);
    draft.audit(tx, action, object, before.map(json).transpose()?, Some(json(after)?)).await?;
    let event = Event::of(package_key(after.id), None, code, after.name.as_str());
    draft.event(tx, &event.in_organisation(Some(organisation))).await
}

/// Gives an account a package, and values of its own.
pub(crate) struct Sell {
    pub(crate) hosted: Arc<dyn Hosted>,
    pub(crate) actor: Actor,
    pub(crate) proof: Authorised<AccountRef, ManageAccounts>,
    pub(crate) if_match: IfMatch,
    pub(crate) body: EditAccountLimits,
}

impl Rules for Sell {
    type Value = LimitsOfAccount;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(LimitsOfAccount, Key), ApiError> {
        let Self { hosted, actor, proof, if_match, body } = self;
        let missing = || ApiError::not_found("account");
        let row = account::row(tx, proof.id).await?.ok_or_else(missing)?;
        if_match.require(row.block.generation)?;
        if row.block.deleted_at.is_some() {
            return Err(ApiError::conflict("deleting", "The account is being removed."));
        }
        let (before, _) = account::view(tx, proof.id).await?.ok_or_else(missing)?;
        let within = Within::Account(proof.id);
        let states = limits::states(tx, within).await?;
        let organisation = states.first().ok_or_else(missing)?.organisation;
        check(&limits::ceiling(tx, organisation).await?, &body.limits, &body.features)?;
        if let Some(key) = &body.package {
            let package = match key {
                None => None,
                Some(key) => {
                    Some(limits::usable(tx, organisation, key).await?.ok_or_else(no_such_package)?.id)
                }
            };
            limits::assign(tx, proof, proof.id, package).await?;
        }
        for (limit, amount) in &body.limits {
            limits::set_override(tx, proof, proof.id, *limit, *amount).await?;
        }
        for (feature, on) in &body.features {
            limits::set_feature(tx, proof, proof.id, *feature, *on).await?;
        }
        let after = limits::settle(tx, actor, within).await?;
        consequences(tx, draft, &**hosted, states, after).await?;
        hosted.touched(tx, draft, proof.id).await?;
        let (after, _) = account::view(tx, proof.id).await?.ok_or_else(missing)?;
        let object = audit::Object::of_account("account", proof.id, proof.id);
        draft.audit(tx, "account.limits", object, Some(json(&before)?), Some(json(&after)?)).await?;
        // No kind that converges: the caller waits for the account and its pools.
        Ok((after, Key { kind: "limits", id: proof.id.to_string() }))
    }
}

fn no_such_package() -> ApiError {
    let reason = "The account's organisation has no such package, and none above it has.";
    let remedy = "`holdfast package list` shows those that there are.";
    ApiError::invalid(FieldError::new("/package", "no_such_package", reason, remedy))
}

/// Says what an organisation may have, with all below it.
pub(crate) struct Rule {
    pub(crate) hosted: Arc<dyn Hosted>,
    pub(crate) actor: Actor,
    pub(crate) ruled: Ruled,
    pub(crate) if_match: IfMatch,
    pub(crate) body: EditOrganisationLimits,
}

impl Rules for Rule {
    type Value = OrganisationLimits;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(OrganisationLimits, Key), ApiError> {
        let Self { hosted, actor, ruled, if_match, body } = self;
        let missing = || ApiError::not_found("organisation");
        let before = organisation::view(tx, ruled.id).await?.ok_or_else(missing)?;
        if_match.require(before.version)?;
        let above = match ruled.parent {
            Some(parent) => limits::ceiling(tx, parent).await?,
            None => Ceiling::default(),
        };
        let mut errors = Vec::new();
        for (limit, amount) in &body.limits {
            if let Some(number @ Amount::Of(_)) = amount {
                errors.extend(above.refuses(*limit, *number, format!("/limits/{limit}")));
            }
        }
        if !errors.is_empty() {
            return Err(ApiError::invalid_all(errors));
        }
        let within = Within::Organisation(ruled.id);
        let states = limits::states(tx, within).await?;
        for (limit, amount) in &body.limits {
            organisation::set_limit(tx, ruled, *limit, amount.unwrap_or(Amount::Unlimited)).await?;
        }
        for (feature, on) in &body.features {
            organisation::set_feature(tx, ruled, *feature, on.unwrap_or(true)).await?;
        }
        let oversell = body.oversell.unwrap_or(before.oversell);
        organisation::update(tx, ruled, oversell, draft.now).await?;
        let settled = limits::settle(tx, actor, within).await?;
        let after = organisation::view(tx, ruled.id).await?.ok_or_else(missing)?;
        effect_on(draft, ruled, &before, &after);
        consequences(tx, draft, &**hosted, states, settled).await?;
        let object = audit::Object::of_organisation("organisation", ruled.id, ruled.id);
        draft.audit(tx, "organisation.limits", object, Some(json(&before)?), Some(json(&after)?)).await?;
        let scope = Key { kind: "organisation", id: ruled.id.to_string() };
        let event = Event::of(scope.clone(), None, Code::Changed, ruled.name.as_str());
        draft.event(tx, &event.in_organisation(Some(ruled.id))).await?;
        Ok((after, scope))
    }
}

fn effect_on(draft: &mut Draft, ruled: &Ruled, before: &OrganisationLimits, after: &OrganisationLimits) {
    let (old, new) = (before.stands(), after.stands());
    let mut changes = Vec::new();
    for (limit, (most, used)) in &new {
        let (was, _) = old.get(limit).copied().unwrap_or((Amount::Unlimited, 0));
        if was != *most {
            changes.push(EffectChange {
                what: limit.as_str().to_owned(),
                before: value(was),
                after: value(*most),
                used: Some(*used),
                over: most.is_exceeded_by(*used),
            });
        }
    }
    let (old, new) = (before.on(), after.on());
    changes.extend(new.iter().filter(|(feature, on)| old.get(feature) != Some(on)).map(|(feature, on)| {
        EffectChange {
            what: feature.as_str().to_owned(),
            before: (!on).into(),
            after: (*on).into(),
            used: None,
            over: false,
        }
    }));
    if !changes.is_empty() {
        let (id, name) = (ruled.id.to_string(), ruled.name.to_string());
        draft.effect(Effect { kind: "organisation".to_owned(), id, name, changes });
    }
}

pub(crate) fn value(amount: Amount) -> Value {
    match amount {
        Amount::Of(number) => number.into(),
        Amount::Unlimited => amount.to_string().into(),
    }
}

/// What follows for each account of which something is otherwise now: part of the plan, told to the host's features, and in the account's
/// events. A feature that is in use is not taken away.
async fn consequences(
    tx: &mut WriteTx,
    draft: &mut Draft,
    hosted: &dyn Hosted,
    before: Vec<State>,
    after: Vec<State>,
) -> Result<(), ApiError> {
    let mut in_use = Vec::new();
    for change in limits::changes(before, after) {
        let (account, name) = (change.after.account, change.after.name.clone());
        let mut changes = Vec::new();
        for one in &change.limits {
            changes.push(EffectChange {
                what: one.limit.as_str().to_owned(),
                before: value(one.before),
                after: value(one.after),
                used: (one.limit.kind() == limits::Kind::Counted).then_some(one.used),
                over: one.after.is_exceeded_by(one.used),
            });
        }
        for one in &change.features {
            if !one.on {
                let names = hosted.uses(tx, account, one.feature).await?;
                in_use.extend(names.into_iter().map(|site| (one.feature, name.clone(), site)));
            }
            changes.push(EffectChange {
                what: one.feature.as_str().to_owned(),
                before: (!one.on).into(),
                after: one.on.into(),
                used: None,
                over: false,
            });
        }
        draft.effect(Effect {
            kind: "account".to_owned(),
            id: account.to_string(),
            name: name.to_string(),
            changes,
        });
        hosted.limits_changed(tx, draft, &change.before, &change.after).await?;
        let event = Event::of(account_key(account), Some(account), Code::Changed, name.as_str());
        draft.event(tx, &event).await?;
    }
    let Some((feature, _, _)) = in_use.first() else { return Ok(()) };
    let named: Vec<_> =
        in_use.iter().take(NAMED).map(|(_, account, site)| format!("{site} of account {account}")).collect();
    let more = match in_use.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let detail = format!(
        "{feature} is in use by {}{more}. Nothing that runs is taken away: change these first, or leave {feature} on for their accounts by a value of their own.",
        named.join(", ")
    );
    Err(ApiError::conflict("feature_in_use", detail))
}
