//! The tree of organisations.
//!
//! Who manages an organisation makes others below it; to suspend it, to rename it and to delete it is for those above it. A suspended
//! organisation keeps all that its people hold, and nothing of it counts meanwhile; with its accounts, these are off on the server, too,
//! by what is above them and not by a mark of their own, so that letting go on gives back exactly what was there.

use std::sync::Arc;

use api_kit::{ApiError, FieldError, IfMatch};
use auth::{Actor, ManageOrganisations, OrganisationKey, OrganisationKind, Place, ViewOrganisations, held};
use desired::event::Code;
use desired::{Draft, Key, Note, Rules};
use names::{Label, OrganisationId};
use serde::Deserialize;
use store::WriteTx;
use utoipa::ToSchema;

use crate::Accounts;
use crate::rules::{FromAbove, Told};
use crate::store::organisation::{self, Organisation, Row};

/// The longest way from the root down, the root counted.
const DEEPEST: i64 = 8;

/// A new organisation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateOrganisation {
    /// The name: 2 to 63 lower-case letters, digits and dashes, unique in the whole installation.
    #[schema(value_type = String, example = "acme")]
    pub(crate) name: Label,
    /// The organisation above it: its name or id; left out: your own.
    #[schema(value_type = Option<String>)]
    pub(crate) parent: Option<OrganisationKey>,
    /// Whether it may have organisations below it.
    #[serde(default)]
    pub(crate) kind: NewKind,
    /// Acting as one of its people needs that person's consent.
    #[serde(default)]
    pub(crate) act_as_consent: bool,
}

/// What a new organisation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NewKind {
    /// May have organisations, packages and roles of its own.
    Reseller,
    /// Has accounts alone.
    #[default]
    Client,
}

/// What may be changed of an organisation. What is left out stays as it is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditOrganisation {
    /// Another name; for those above it.
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Label>,
    /// Acting as one of its people needs that person's consent.
    pub(crate) act_as_consent: Option<bool>,
}

/// How an organisation is suspended.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspendOrganisation {
    /// Its accounts, and those below it, go off too: no SFTP, no PHP, no pages.
    #[serde(default)]
    pub(crate) accounts: bool,
    /// Shown to whoever looks at it.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<Note>,
}

fn name_taken() -> ApiError {
    let reason = "Another organisation has this name.";
    ApiError::invalid(FieldError::new("/name", "name_taken", reason, "Choose another name."))
}

async fn tell(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    before: Option<&Row>,
    after: Option<&Row>,
) -> Result<Key, ApiError> {
    let Some(row) = after.or(before) else { return Err(ApiError::internal("a change of nothing")) };
    tell_in(tx, draft, (action, code), row.id, (before, after)).await
}

/// As [`tell`], to those of another organisation: one that goes is nobody's any longer.
async fn tell_in(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    place: OrganisationId,
    (before, after): (Option<&Row>, Option<&Row>),
) -> Result<Key, ApiError> {
    let Some(row) = after.or(before) else { return Err(ApiError::internal("a change of nothing")) };
    let name = row.name.clone();
    let place = Some(Place::Organisation(place));
    let told =
        Told { kind: "organisation", id: row.id.to_string(), name: name.as_str(), place, action, code };
    let view = |row: &Row| Organisation::of(row, None);
    told.write(tx, draft, before.map(view).as_ref(), after.map(view).as_ref()).await
}

/// Makes an organisation below another.
pub(crate) struct Create {
    pub(crate) actor: Actor,
    pub(crate) new: CreateOrganisation,
}

impl Rules for Create {
    type Value = Organisation;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Organisation, Key), ApiError> {
        let Self { actor, new } = self;
        let above = match &new.parent {
            Some(key) => auth::organisation::<ManageOrganisations>(tx, actor, key).await?,
            None => auth::own_organisation::<ManageOrganisations>(tx, actor).await?,
        };
        let refuse = |code, reason: &str, remedy: &str| {
            Err(ApiError::invalid(FieldError::new("/parent", code, reason, remedy)))
        };
        if above.kind == OrganisationKind::Client {
            let remedy = "Choose a reseller, or the provider.";
            return refuse("organisation_is_client", "A client has no organisations below it.", remedy);
        }
        if organisation::depth(tx, &above).await? >= DEEPEST {
            let remedy = "Choose an organisation further up.";
            return refuse("organisation_too_deep", "The tree is 8 organisations deep at most.", remedy);
        }
        let kind = match new.kind {
            NewKind::Reseller => OrganisationKind::Reseller,
            NewKind::Client => OrganisationKind::Client,
        };
        let id = draft.new_id();
        if !organisation::insert(tx, &above, (id, &new.name, kind, new.act_as_consent), draft.now).await? {
            return Err(name_taken());
        }
        let scope = actor.scope::<ViewOrganisations>();
        let row = organisation::find_made(tx, &above, id, &scope).await?;
        let key = tell(tx, draft, ("organisation.create", Code::Created), None, Some(&row)).await?;
        Ok((Organisation::of(&row, Some(organisation::below(tx, id).await?)), key))
    }
}

/// Changes an organisation.
pub(crate) struct Edit {
    pub(crate) actor: Actor,
    pub(crate) key: OrganisationKey,
    pub(crate) if_match: IfMatch,
    pub(crate) to: EditOrganisation,
}

impl Rules for Edit {
    type Value = Organisation;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Organisation, Key), ApiError> {
        let Self { actor, key, if_match, to: edit } = self;
        let scope = actor.scope::<ViewOrganisations>();
        let mut proof = auth::organisation::<ManageOrganisations>(tx, actor, key).await?;
        let before = organisation::find_to_manage(tx, &proof, &scope).await?;
        if_match.require(before.version)?;
        let name = edit.name.as_ref().unwrap_or(&before.name);
        if *name != before.name {
            proof = FromAbove::of(tx, actor, proof).await?.organisation;
            if organisation::is_taken(tx, name, before.id).await? {
                return Err(name_taken());
            }
        }
        let consent = edit.act_as_consent.unwrap_or(before.act_as_consent);
        organisation::update(tx, &proof, name, consent, draft.now).await?;
        let after = organisation::find_to_manage(tx, &proof, &scope).await?;
        let key = tell(tx, draft, ("organisation.edit", Code::Changed), Some(&before), Some(&after)).await?;
        Ok((Organisation::of(&after, Some(organisation::below(tx, after.id).await?)), key))
    }
}

/// Suspends an organisation, or lets it go on.
pub(crate) struct SetSuspended {
    pub(crate) actor: Actor,
    pub(crate) key: OrganisationKey,
    pub(crate) if_match: IfMatch,
    pub(crate) accounts: Arc<dyn Accounts>,
    /// None: it goes on.
    pub(crate) suspend: Option<SuspendOrganisation>,
}

impl Rules for SetSuspended {
    type Value = Organisation;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Organisation, Key), ApiError> {
        let Self { actor, key, if_match, accounts, suspend } = self;
        let scope = actor.scope::<ViewOrganisations>();
        let from_above = FromAbove::find(tx, actor, key).await?;
        let proof = &from_above.organisation;
        let before = organisation::find_to_manage(tx, proof, &scope).await?;
        if_match.check(before.version)?;
        let states = organisation::accounts(tx, &from_above).await?;
        let with_accounts = suspend.as_ref().is_some_and(|suspend| suspend.accounts);
        let reason = suspend.as_ref().and_then(|suspend| suspend.reason.as_ref()).map(Note::as_str);
        let how = (suspend.is_some(), with_accounts);
        organisation::set_suspended(tx, &from_above, how, reason, draft.now).await?;
        let states_now = organisation::accounts(tx, &from_above).await?;
        for (was, is) in states.iter().zip(&states_now) {
            if was.suspended != is.suspended {
                accounts.changed(tx, draft, is.id).await?;
            }
        }
        if suspend.is_some() {
            held::end_powerless_below(tx, proof, draft.now).await?;
        }
        let after = organisation::find_to_manage(tx, proof, &scope).await?;
        let action = if suspend.is_some() { "organisation.suspend" } else { "organisation.unsuspend" };
        let key = tell(tx, draft, (action, Code::Changed), Some(&before), Some(&after)).await?;
        Ok((Organisation::of(&after, Some(organisation::below(tx, after.id).await?)), key))
    }
}

/// Deletes an organisation that has nothing any more.
pub(crate) struct Delete {
    pub(crate) actor: Actor,
    pub(crate) key: OrganisationKey,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        let Self { actor, key, if_match } = self;
        let scope = actor.scope::<ViewOrganisations>();
        let from_above = FromAbove::find(tx, actor, key).await?;
        let row = organisation::find_to_manage(tx, &from_above.organisation, &scope).await?;
        if_match.check(row.version)?;
        let held = organisation::held(tx, &from_above).await?;
        let count = |count: i64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let there = [
            count(held.accounts, "account", "accounts"),
            count(held.organisations, "organisation below it", "organisations below it"),
            count(held.people, "person", "people"),
            count(held.packages, "package", "packages"),
        ];
        let there: Vec<_> = there.into_iter().flatten().collect();
        if !there.is_empty() {
            let detail = format!("The organisation still has {}. Delete these first.", there.join(", "));
            return Err(ApiError::conflict("organisation_not_empty", detail));
        }
        let what = ("organisation.delete", Code::Removed);
        let key = tell_in(tx, draft, what, from_above.above.id, (Some(&row), None)).await?;
        organisation::delete(tx, &from_above).await?;
        Ok(((), key))
    }
}
