//! Roles that a provider's groups give, and take.
//!
//! What a provider gave is remembered with the identity that it came by, so that it alone is taken. Each mapping is judged anew at each
//! sign-in: whoever made it must hold, at that moment, all that it gives, and may give it.

use std::collections::BTreeSet;

use api_kit::ApiError;
use audit::{Entry, Object, Outcome, Who};
use auth::{Actor, Login, PermissionId, held};
use desired::Key;
use desired::event::{self, Code, Event};
use names::{IdentityId, Label, Micros, PersonId};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};

use crate::store::given::{self, Given};
use crate::store::identity::Known;
use crate::store::mapping::{self, MappingRow};

/// Whether a mapping gives anything at this moment.
pub(crate) async fn is_in_force(tx: &mut Tx, row: &MappingRow) -> Result<bool, StoreError> {
    let allowed = mapping::allowed(tx, row.role, row.place()).await?;
    let Some(made_by) = row.made_by else { return Ok(!allowed.is_empty()) };
    let held = held::in_force(tx, made_by, row.place()).await?;
    let may_give =
        [PermissionId::ManageMembers, PermissionId::ManagePersons].iter().all(|p| held.contains(p));
    Ok(!allowed.is_empty() && may_give && allowed.is_subset(&held))
}

/// Those of a provider's mappings that give something to whoever has these groups, in their order.
pub(crate) async fn of_groups(
    tx: &mut Tx,
    mappings: Vec<MappingRow>,
    groups: &BTreeSet<String>,
) -> Result<Vec<MappingRow>, StoreError> {
    let mut wanted = Vec::new();
    for row in mappings {
        if groups.contains(row.group.as_str()) && is_in_force(tx, &row).await? {
            wanted.push(row);
        }
    }
    Ok(wanted)
}

/// Whose roles change, and by whom they are given.
pub(crate) struct Of<'a> {
    pub(crate) identity: IdentityId,
    pub(crate) person: PersonId,
    pub(crate) login: &'a Login,
    pub(crate) provider: &'a Label,
}

impl<'a> Of<'a> {
    pub(crate) fn known(known: &'a Known, provider: &'a Label) -> Self {
        Self { identity: known.id, person: known.person, login: &known.login, provider }
    }
}

/// Gives what is wanted, and takes what this identity gave before and is wanted no more. The last administrator's role is never taken.
pub(crate) async fn apply(
    tx: &mut WriteTx,
    of: &Of<'_>,
    wanted: &[MappingRow],
    now: Micros,
) -> Result<(), ApiError> {
    for row in wanted {
        if given::give(tx, of.identity, of.person, (row.role, row.organisation), now).await? {
            let (role, at) = (row.role_name.to_string(), row.organisation_name.to_string());
            tell(tx, of, "member.add", (row.organisation, &role, &at), now).await?;
        }
    }
    for old in given::list(tx, of.identity).await? {
        if !wanted.iter().any(|row| row.gives(old.role, old.organisation)) {
            take(tx, of, &old, now).await?;
        }
    }
    held::end_powerless(tx, of.person, now).await?;
    Ok(())
}

/// Takes one role; whether it may be, which it may not of the last administrator.
async fn take(tx: &mut WriteTx, of: &Of<'_>, old: &Given, now: Micros) -> Result<bool, ApiError> {
    if is_last_administrator(tx, of.person, old).await? {
        tracing::warn!(login = %of.login, provider = %of.provider, "the last administrator keeps the role that the provider would take");
        return Ok(false);
    }
    if given::take(tx, of.identity, old).await? {
        tell(tx, of, "member.remove", (old.organisation, &old.role_name, &old.organisation_name), now)
            .await?;
    }
    Ok(true)
}

async fn is_last_administrator(tx: &mut Tx, person: PersonId, old: &Given) -> Result<bool, StoreError> {
    let is_one = old.role.to_string() == store::fixed::ADMINISTRATOR_ROLE
        && old.organisation.to_string() == store::fixed::ROOT_ORGANISATION;
    if !is_one || held::administrators(tx).await? > 1 {
        return Ok(false);
    }
    // somebody who is suspended counts for none
    Ok(auth::person::by_id(tx, person).await?.is_some_and(|person| person.suspended_at.is_none()))
}

/// Takes all that came by an identity which is about to go; refuses where that is the last administrator's role.
pub(crate) async fn take_all(tx: &mut WriteTx, of: &Of<'_>, now: Micros) -> Result<(), ApiError> {
    take_unless(tx, of, |_| false, now).await
}

/// Takes what came by an identity and is in none of these mappings any more.
pub(crate) async fn take_unmapped(
    tx: &mut WriteTx,
    of: &Of<'_>,
    mappings: &[MappingRow],
    now: Micros,
) -> Result<(), ApiError> {
    take_unless(tx, of, |old| mappings.iter().any(|row| row.gives(old.role, old.organisation)), now).await
}

async fn take_unless(
    tx: &mut WriteTx,
    of: &Of<'_>,
    stays: impl Fn(&Given) -> bool,
    now: Micros,
) -> Result<(), ApiError> {
    for old in given::list(tx, of.identity).await? {
        if !stays(&old) && !take(tx, of, &old, now).await? {
            let detail = "The installation's last administrator has the role by this provider. Make another one first: \
                          `holdfast login-link LOGIN --administrator`.";
            return Err(ApiError::conflict("last_administrator", detail));
        }
    }
    held::end_powerless(tx, of.person, now).await?;
    Ok(())
}

async fn tell(
    tx: &mut WriteTx,
    of: &Of<'_>,
    action: &str,
    (organisation, role, at): (names::OrganisationId, &str, &str),
    now: Micros,
) -> Result<(), ApiError> {
    let told = json!({ "login": of.login, "role": role, "at": at, "provider": of.provider });
    let is_given = action == "member.add";
    let (before, after) = if is_given { (None, Some(told)) } else { (Some(told), None) };
    let entry = Entry {
        who: Who::from(&Actor::system()),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action,
        object: Object::of_organisation("member", organisation, organisation),
        before,
        after,
        plan_hash: None,
        outcome: Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    let scope = Key { kind: "member", id: organisation.to_string() };
    let code = if is_given { Code::Created } else { Code::Removed };
    event::note(tx, now, &Event::of(scope, None, code, of.login.as_str())).await?;
    Ok(())
}
