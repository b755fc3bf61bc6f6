//! Roles of an organisation's own: permissions under a name, to be given at that organisation and below it.

use std::collections::BTreeSet;

use api_kit::{ApiError, FieldError, IfMatch};
use auth::ViewMembers;
use auth::{Actor, Authorised, ManageRoles, OrganisationKey, OrganisationKind, PermissionId, Place, held};
use desired::event::Code;
use desired::{Draft, Key, Rules};
use names::{Label, NameError, OrganisationId, RoleId};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::rules::Told;
use crate::store::organisation;
use crate::store::role::{self, Own, Role, RoleKey};

/// A permission by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named(PermissionId);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        PermissionId::from_stored(&text).map(Self).ok_or_else(|| {
            let remedy = "`holdfast permission list` names all";
            let error = NameError::new("permission_unknown", "there is no such permission", remedy);
            D::Error::custom(format!("{error} [{}]", error.code))
        })
    }
}

fn set(named: &[Named]) -> BTreeSet<PermissionId> {
    named.iter().map(|named| named.0).collect()
}

/// A new role.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRole {
    /// The name, unique within the organisation, and no built-in role's.
    #[schema(value_type = String, example = "editor")]
    pub(crate) name: Label,
    /// The organisation that it belongs to: its name or id; left out: your own.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<OrganisationKey>,
    /// What it allows, of what you hold there yourself.
    #[schema(value_type = Vec<String>, example = json!(["account.view", "site.view"]))]
    pub(crate) permissions: Vec<Named>,
}

/// What may be changed of a role. What is left out stays as it is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditRole {
    /// Another name.
    #[schema(value_type = Option<String>)]
    pub(crate) name: Option<Label>,
    /// All that it allows, of what you hold there yourself.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) permissions: Option<Vec<Named>>,
}

fn name_taken() -> ApiError {
    let reason = "A role of this organisation, or a built-in one, has this name.";
    ApiError::invalid(FieldError::new("/name", "name_taken", reason, "Choose another name."))
}

/// What is put into a role is held by whoever does it, on the role's organisation, and means something there.
async fn check_permissions(
    tx: &mut Tx,
    actor: &Actor,
    organisation: OrganisationId,
    wanted: &BTreeSet<PermissionId>,
) -> Result<(), ApiError> {
    let place = Place::Organisation(organisation);
    if let Some(beyond) = wanted.iter().find(|&&permission| !place.counts(permission)) {
        let reason =
            format!("{beyond} is about the whole installation, and counts at the root of the tree alone.");
        let error = FieldError::new("/permissions", "permission_out_of_reach", reason, "Leave it out.");
        return Err(ApiError::invalid(error));
    }
    let held = actor.held_on(tx, place).await?;
    match wanted.difference(&held).next() {
        None => Ok(()),
        Some(missing) => Err(ApiError::forbidden(format!(
            "A role holds what you hold there yourself at most, and you do not hold {missing}."
        ))),
    }
}

/// A role of this name or id that the caller may see.
pub(crate) async fn find(tx: &mut Tx, actor: &Actor, key: &RoleKey) -> Result<role::Row, ApiError> {
    let mut found = role::find(tx, &actor.scope::<ViewMembers>(), key).await?;
    if found.len() > 1 {
        let detail = "Several organisations have a role of this name. Name it by its id.";
        return Err(ApiError::conflict("role_ambiguous", detail));
    }
    found.pop().ok_or_else(|| ApiError::not_found("role"))
}

async fn find_own(
    tx: &mut Tx,
    actor: &Actor,
    key: &RoleKey,
) -> Result<Authorised<Own, ManageRoles>, ApiError> {
    let Some(own) = find(tx, actor, key).await?.into_own() else {
        let detail = "This role comes with Holdfast and stays as it is. Make one of your own.";
        return Err(ApiError::conflict("role_built_in", detail));
    };
    Ok(role::authorise(tx, actor, own).await?)
}

async fn tell(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    before: Option<&Role>,
    after: Option<&Role>,
) -> Result<Key, ApiError> {
    let Some(role) = after.or(before) else { return Err(ApiError::internal("a change of nothing")) };
    let place = match &role.organisation {
        Some(organisation) => organisation::id_of(tx, organisation).await?.map(Place::Organisation),
        None => None,
    };
    let told = Told { kind: "role", id: role.id.to_string(), name: role.name.as_str(), place, action, code };
    told.write(tx, draft, before, after).await
}

/// Makes a role.
pub(crate) struct Create {
    pub(crate) actor: Actor,
    pub(crate) new: CreateRole,
}

impl Rules for Create {
    type Value = Role;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Role, Key), ApiError> {
        let Self { actor, new } = self;
        let organisation = match &new.organisation {
            Some(key) => auth::organisation::<ManageRoles>(tx, actor, key).await?,
            None => auth::own_organisation::<ManageRoles>(tx, actor).await?,
        };
        if organisation.kind == OrganisationKind::Client {
            let reason = "A client has no roles of its own.";
            let remedy = "Make the role in an organisation above it.";
            let error = FieldError::new("/organisation", "organisation_is_client", reason, remedy);
            return Err(ApiError::invalid(error));
        }
        let permissions = set(&new.permissions);
        check_permissions(tx, actor, organisation.id, &permissions).await?;
        let id: RoleId = draft.new_id();
        if role::is_taken(tx, &new.name, organisation.id, id).await? {
            return Err(name_taken());
        }
        role::insert(tx, &organisation, (id, &new.name), &permissions, draft.now).await?;
        let row = role::by_id(tx, id).await?;
        let role = role::view(tx, &row).await?;
        let key = tell(tx, draft, ("role.create", Code::Created), None, Some(&role)).await?;
        Ok((role, key))
    }
}

/// Changes a role, and with it what all who have it may do.
pub(crate) struct Edit {
    pub(crate) actor: Actor,
    pub(crate) key: RoleKey,
    pub(crate) if_match: IfMatch,
    pub(crate) to: EditRole,
}

impl Rules for Edit {
    type Value = Role;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Role, Key), ApiError> {
        let Self { actor, key, if_match, to: edit } = self;
        let proof = find_own(tx, actor, key).await?;
        if_match.require(proof.row.version)?;
        let organisation = auth::OfOrganisation::organisation(&*proof);
        let before = role::view(tx, &proof.row).await?;
        let held = role::permissions(tx, proof.row.id).await?;
        let wanted = edit.permissions.as_deref().map_or_else(|| held.clone(), set);
        // What it holds now, too: else whoever holds less could take away from those who may more.
        check_permissions(tx, actor, organisation, &held.union(&wanted).copied().collect()).await?;
        let name = edit.name.as_ref().unwrap_or(&proof.row.name);
        if role::is_taken(tx, name, organisation, proof.row.id).await? {
            return Err(name_taken());
        }
        role::update(tx, &proof, name, &wanted, draft.now).await?;
        let row = role::by_id(tx, proof.row.id).await?;
        let after = role::view(tx, &row).await?;
        let key = tell(tx, draft, ("role.edit", Code::Changed), Some(&before), Some(&after)).await?;
        for person in role::holders(tx, &proof).await? {
            held::end_powerless(tx, person, draft.now).await?;
        }
        Ok((after, key))
    }
}

/// Deletes a role that nobody has.
pub(crate) struct Delete {
    pub(crate) actor: Actor,
    pub(crate) key: RoleKey,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        let Self { actor, key, if_match } = self;
        let proof = find_own(tx, actor, key).await?;
        if_match.check(proof.row.version)?;
        let holders = role::holders(tx, &proof).await?.len();
        if holders > 0 {
            let who = if holders == 1 { "1 person has".to_owned() } else { format!("{holders} people have") };
            let detail = format!("{who} this role. Take it from them first.");
            return Err(ApiError::conflict("role_in_use", detail));
        }
        let before = role::view(tx, &proof.row).await?;
        let key = tell(tx, draft, ("role.delete", Code::Removed), Some(&before), None).await?;
        role::delete(tx, &proof).await?;
        Ok(((), key))
    }
}
