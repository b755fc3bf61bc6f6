//! Who has which role on an account or in an organisation.
//!
//! A role is given to a login that the caller knows, or to a new person, at once. To any other login it is offered, and the answer is the
//! same whether somebody has that login or not; whoever has it accepts (`docs/adr/0012-invitations.md`).

use std::collections::BTreeSet;

use api_kit::{ApiError, FieldError};
use auth::person::{self, NewPerson};
use auth::{
    AccountKey, Actor, Login, ManageAccounts, ManageMembers, ManagePersons, OrganisationKey, PermissionId,
    PersonKey, Place, ViewMembers, held, invited,
};
use desired::event::Code;
use desired::{Draft, Key, Rules};
use names::{AccountId, EmailAddress, Micros, PersonId};
use serde::{Deserialize, Serialize};
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::rules::person::{Link, login_taken};
use crate::rules::{Told, check_administrators};
use crate::store::invitation::{self, New};
use crate::store::member::{self, GiveRoles, Member, OnPlace};
use crate::store::role::{self, RoleKey};

/// How many offers wait on one place at most.
const MOST_INVITATIONS: usize = 100;

/// Where the members are.
#[derive(Debug, Clone)]
pub(crate) enum At {
    Account(AccountKey),
    Organisation(OrganisationKey),
}

/// Who is to have which role.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddMember {
    /// The login.
    #[schema(value_type = String)]
    pub(crate) login: Login,
    /// The role: its name or id.
    #[schema(value_type = String, example = "developer")]
    pub(crate) role: RoleKey,
    /// Make the person, who is answered with a link that signs them in once. Whoever does not manage the organisation's people makes
    /// logins that end in `@` and the account's name; it is added where it is missing.
    #[serde(default)]
    pub(crate) new: bool,
    /// Where to write to a new person.
    #[schema(value_type = Option<String>)]
    pub(crate) email: Option<EmailAddress>,
}

/// A member that was added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct AddedMember {
    /// The member.
    #[serde(flatten)]
    pub(crate) member: Member,
    /// The way in of a new person, shown this one time.
    pub(crate) link: Option<Link>,
}

/// All members of a place, and who was invited to it.
pub(crate) async fn list(tx: &mut Tx, actor: &Actor, at: &At, now: Micros) -> Result<Vec<Member>, ApiError> {
    match at {
        At::Account(key) => {
            let proof = auth::account::<ViewMembers>(tx, actor, key).await?;
            list_at(tx, &proof, now).await
        }
        At::Organisation(key) => {
            let proof = auth::organisation::<ViewMembers>(tx, actor, key).await?;
            list_at(tx, &proof, now).await
        }
    }
}

async fn list_at(tx: &mut Tx, proof: &impl OnPlace, now: Micros) -> Result<Vec<Member>, ApiError> {
    let mut members = Vec::new();
    for row in member::list(tx, proof, None, now).await? {
        let held = role::permissions(tx, row.role_id).await?;
        members.push(Member::of(&row, &counting(proof.place(), held)));
    }
    members.extend(invitation::list(tx, proof, None, now).await?.iter().map(offered));
    Ok(members)
}

fn counting(place: Place, held: BTreeSet<PermissionId>) -> BTreeSet<PermissionId> {
    held.into_iter().filter(|&permission| place.counts(permission)).collect()
}

fn offered(row: &invitation::Row) -> Member {
    Member {
        login: row.login.clone(),
        role: row.role.clone(),
        state: "invited".to_owned(),
        in_force: false,
        permissions: Vec::new(),
        since: row.created_at,
        invited_until: Some(row.expires_at),
    }
}

/// A member, as the audit and the events tell it.
pub(crate) async fn tell(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    (place, place_name): (Place, &str),
    (login, role): (&Login, &str),
) -> Result<Key, ApiError> {
    let id = match place {
        Place::Account(id) => id.to_string(),
        Place::Organisation(id) => id.to_string(),
    };
    let told = serde_json::json!({ "login": login, "role": role, "at": place_name });
    let told_of = Told { kind: "member", id, name: login.as_str(), place: Some(place), action, code };
    let (before, after) =
        if matches!(code, Code::Removed) { (Some(&told), None) } else { (None, Some(&told)) };
    told_of.write(tx, draft, before, after).await
}

/// Gives a role, or offers it.
pub(crate) struct Add {
    pub(crate) actor: Actor,
    pub(crate) at: At,
    pub(crate) new: AddMember,
    pub(crate) port: u16,
}

impl Rules for Add {
    type Value = AddedMember;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(AddedMember, Key), ApiError> {
        match &self.at {
            At::Account(key) => {
                let proof = auth::account::<ManageMembers>(tx, &self.actor, key).await?;
                self.add(tx, draft, &proof).await
            }
            At::Organisation(key) => {
                let proof = auth::organisation::<ManageMembers>(tx, &self.actor, key).await?;
                self.add(tx, draft, &proof).await
            }
        }
    }
}

impl Add {
    async fn add(
        &self,
        tx: &mut WriteTx,
        draft: &mut Draft,
        proof: &(impl GiveRoles + MakesPersons),
    ) -> Result<(AddedMember, Key), ApiError> {
        let (actor, place) = (&self.actor, proof.place());
        let role = role::at(tx, place, &self.new.role).await?.ok_or_else(|| {
            let remedy = "`holdfast role list` names those that there are.";
            ApiError::invalid(FieldError::new("/role", "role_unknown", "There is no such role here.", remedy))
        })?;
        let allowed = counting(place, role::permissions(tx, role.id).await?);
        if allowed.is_empty() {
            let reason = "The role allows nothing here.";
            let error = FieldError::new("/role", "role_means_nothing", reason, "Choose another role.");
            return Err(ApiError::invalid(error));
        }
        if let Some(missing) = allowed.difference(&actor.held_on(tx, place).await?).next() {
            let detail = format!(
                "Nobody allowed what they do not hold themselves, and you do not hold {missing} here."
            );
            return Err(ApiError::forbidden(detail));
        }
        let manages_people = actor.held_on(tx, Place::Organisation(proof.organisation())).await?;
        let manages_people = manages_people.contains(&PermissionId::ManagePersons);
        let (login, link, at_once) = if self.new.new {
            let (login, person) = self.make(tx, draft, proof, manages_people).await?;
            let link = Link::make(tx, person, self.port, draft.now).await?;
            member::give(tx, place, person, role.id, draft.now).await?;
            (login, Some(link), true)
        } else {
            let at_once = self.give_or_offer(tx, draft, proof, &role).await?;
            (self.new.login.clone(), None, at_once)
        };
        let action = if at_once { "member.add" } else { "member.invite" };
        let at = (place, proof.name());
        let key =
            tell(tx, draft, (action, Code::Created), (at.0, &at.1), (&login, role.name.as_str())).await?;
        let member = if at_once {
            let rows = member::list(tx, proof, Some(&login), draft.now).await?;
            rows.iter().find(|row| row.role_id == role.id).map(|row| Member::of(row, &allowed))
        } else {
            let rows = invitation::list(tx, proof, Some(&login), draft.now).await?;
            rows.iter().find(|row| row.role_id == role.id).map(offered)
        };
        let member = member.ok_or_else(|| ApiError::internal("a member that was added is not there"))?;
        Ok((AddedMember { member, link }, key))
    }

    /// Makes the person.
    async fn make(
        &self,
        tx: &mut WriteTx,
        draft: &Draft,
        proof: &(impl GiveRoles + MakesPersons),
        manages_people: bool,
    ) -> Result<(Login, PersonId), ApiError> {
        let login = match proof.place() {
            _ if manages_people => self.new.login.clone(),
            Place::Account(_) => login_within(&self.new.login, &proof.name())?,
            Place::Organisation(_) => {
                return Err(ApiError::forbidden(
                    "Whoever manages this organisation's people makes new ones.",
                ));
            }
        };
        let new = NewPerson { login: login.clone(), email: self.new.email.clone(), password: None };
        let person = proof.make(tx, &self.actor, &new, draft.now).await?;
        let person = person.ok_or_else(login_taken)?;
        if let (Place::Account(account), false) = (proof.place(), manages_people) {
            member::made_for(tx, proof, person, account).await?;
        }
        Ok((login, person))
    }

    /// Gives the role to whom the caller knows; whether it was given, and not merely offered.
    async fn give_or_offer(
        &self,
        tx: &mut WriteTx,
        draft: &Draft,
        proof: &impl GiveRoles,
        role: &role::Row,
    ) -> Result<bool, ApiError> {
        let (actor, place, login) = (&self.actor, proof.place(), &self.new.login);
        let here = member::list(tx, proof, Some(login), draft.now).await?;
        let mut known = here.first().map(|row| row.person);
        if known.is_none() {
            known = match person::find::<ManagePersons>(tx, actor, &PersonKey::Name(login.clone())).await {
                Ok(person) => Some(person.id),
                Err(auth::Denied::Store(error)) => return Err(error.into()),
                Err(_) => actor.person_id().filter(|_| actor.name() == login.as_str()),
            };
        }
        if let Some(person) = known {
            if !member::give(tx, place, person, role.id, draft.now).await? {
                let detail = "This person has this role here already.";
                return Err(ApiError::conflict("member_already", detail));
            }
            return Ok(true);
        }
        if actor.everywhere::<ManagePersons>().is_ok() {
            let reason = "Nobody has this login.";
            let remedy = "Send `new` to make the person.";
            return Err(ApiError::invalid(FieldError::new("/login", "login_unknown", reason, remedy)));
        }
        if invitation::list(tx, proof, None, draft.now).await?.len() >= MOST_INVITATIONS {
            let detail = format!("{MOST_INVITATIONS} invitations wait here already. Take some back first.");
            return Err(ApiError::conflict("invitations_too_many", detail));
        }
        let new = New {
            login,
            person: person::by_login(tx, login).await?.map(|person| person.id),
            role: role.id,
            invited_by: actor.person_id(),
            created_at: draft.now,
            expires_at: draft.now.plus(invited::LASTS),
        };
        invitation::put(tx, proof, &new).await?;
        Ok(false)
    }
}

/// A login of an account's own kind: whoever may not make people freely learns by it of nobody else's.
fn login_within(login: &Login, account: &str) -> Result<Login, ApiError> {
    let refuse = |reason: String| {
        let remedy = format!("Send a login without @, or one that ends in @{account}.");
        ApiError::invalid(FieldError::new("/login", "login_foreign", reason, remedy))
    };
    match login.as_str().rsplit_once('@') {
        Some((_, end)) if end == account => Ok(login.clone()),
        Some(_) => Err(refuse(format!("New people of this account have logins that end in @{account}."))),
        None => Login::parse(&format!("{login}@{account}"))
            .map_err(|_| refuse(format!("With @{account} behind it, the login is too long."))),
    }
}

/// Makes people where a place is.
pub(crate) trait MakesPersons {
    fn make(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        new: &NewPerson,
        now: Micros,
    ) -> impl Future<Output = Result<Option<PersonId>, ApiError>> + Send;
}

impl MakesPersons for auth::Authorised<auth::AccountRef, ManageMembers> {
    async fn make(
        &self,
        tx: &mut WriteTx,
        _actor: &Actor,
        new: &NewPerson,
        now: Micros,
    ) -> Result<Option<PersonId>, ApiError> {
        Ok(person::create(tx, self, new, now).await?)
    }
}

impl MakesPersons for auth::Authorised<auth::OrganisationRef, ManageMembers> {
    async fn make(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        new: &NewPerson,
        now: Micros,
    ) -> Result<Option<PersonId>, ApiError> {
        let proof = auth::organisation::<ManagePersons>(tx, actor, &OrganisationKey::Id(self.id)).await?;
        Ok(person::create(tx, &proof, new, now).await?)
    }
}

/// Takes a role away, or an offer back.
pub(crate) struct Remove {
    pub(crate) actor: Actor,
    pub(crate) at: At,
    pub(crate) login: Login,
    /// None: all that they have here.
    pub(crate) role: Option<RoleKey>,
}

impl Rules for Remove {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        match &self.at {
            At::Account(key) => {
                let proof = auth::account::<ManageMembers>(tx, &self.actor, key).await?;
                self.remove(tx, draft, &proof).await
            }
            At::Organisation(key) => {
                let proof = auth::organisation::<ManageMembers>(tx, &self.actor, key).await?;
                self.remove(tx, draft, &proof).await
            }
        }
    }
}

impl Remove {
    fn is_meant(&self, role: &names::Label, id: names::RoleId) -> bool {
        match &self.role {
            None => true,
            Some(RoleKey::Id(wanted)) => *wanted == id,
            Some(RoleKey::Name(wanted)) => wanted == role,
        }
    }

    async fn remove(
        &self,
        tx: &mut WriteTx,
        draft: &Draft,
        proof: &impl GiveRoles,
    ) -> Result<((), Key), ApiError> {
        let (actor, place, login, now) = (&self.actor, proof.place(), &self.login, draft.now);
        let at = (place, proof.name());
        let mut roles = member::list(tx, proof, Some(login), now).await?;
        roles.retain(|row| self.is_meant(&row.role, row.role_id));
        let mut offers = invitation::list(tx, proof, Some(login), now).await?;
        offers.retain(|row| self.is_meant(&row.role, row.role_id));
        let mut key = None;
        for offer in &offers {
            invitation::delete(tx, offer.id).await?;
            let what = ("member.uninvite", Code::Removed);
            key = Some(tell(tx, draft, what, (at.0, &at.1), (login, offer.role.as_str())).await?);
        }
        if let Some(person) = roles.first().map(|row| row.person) {
            let theirs = held::by_person(tx, person, place).await?;
            let mine = actor.held_on(tx, place).await?;
            if actor.person_id() != Some(person) && !theirs.is_subset(&mine) {
                let detail =
                    "This person may more than you do here. Whoever may as much takes the role away.";
                return Err(ApiError::forbidden(detail));
            }
            let administrators = held::administrators(tx).await?;
            for row in &roles {
                member::take(tx, proof, person, row.role_id).await?;
                let what = ("member.remove", Code::Removed);
                key = Some(tell(tx, draft, what, (at.0, &at.1), (login, row.role.as_str())).await?);
            }
            check_administrators(tx, administrators).await?;
            if let Place::Account(account) = place {
                self.check_owners(tx, account, &roles).await?;
                if member::delete_left_over(tx, proof, person, account).await? {
                    let told = Told {
                        kind: "person",
                        id: person.to_string(),
                        name: login.as_str(),
                        place: Some(place),
                        action: "person.delete",
                        code: Code::Removed,
                    };
                    told.write(tx, draft, Some(&serde_json::json!({ "login": login })), None::<&()>).await?;
                }
            }
            held::end_powerless(tx, person, now).await?;
        }
        Ok(((), key.ok_or_else(|| ApiError::not_found("member"))?))
    }

    /// An account keeps an owner, unless whoever rules over accounts says otherwise.
    async fn check_owners(
        &self,
        tx: &mut Tx,
        account: AccountId,
        taken: &[member::Row],
    ) -> Result<(), ApiError> {
        let took_owner = taken.iter().any(|row| row.role_id.to_string() == store::fixed::OWNER_ROLE);
        if !took_owner
            || member::owners(tx, account).await? > 0
            || self.actor.may::<ManageAccounts>(tx, account).await?
        {
            return Ok(());
        }
        let detail = "This is the last owner of the account. Make somebody else an owner first.";
        Err(ApiError::conflict("last_owner", detail))
    }
}

/// An account is to be removed: who was made for it and holds nothing elsewhere goes with it.
pub async fn account_leaving(tx: &mut WriteTx, account: AccountId) -> Result<(), ApiError> {
    Ok(member::delete_with_account(tx, account).await?)
}
