//! People: who may sign in.
//!
//! A person that may more than the caller, anywhere, is not touched by them. What a person had, sessions, links, tokens, roles, goes with
//! the row, so a new person of the same login has nothing of it.

use api_kit::{ApiError, Edit as Field, FieldError, IfMatch};
use auth::person::{self as persons, NewPerson, Person as Found};
use auth::{
    Actor, Authorised, Login, ManagePersons, OrganisationKey, PersonKey, Place, StoredHash, ViewMembers,
    held, invited,
};
use desired::event::Code;
use desired::{Draft, Key, Rules, setting};
use names::{EmailAddress, Micros, OpaqueToken, Password, PersonId};
use serde::{Deserialize, Serialize};
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::rules::{Told, check_administrators};
use crate::store::organisation;
use crate::store::person::{self, Person};

/// A new person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePerson {
    /// The name to sign in with, unique in the whole installation: 2 to 64 lower-case letters, digits, `.`, `-`, `_` and `@`.
    #[schema(value_type = String)]
    pub(crate) login: Login,
    /// Where to write to.
    #[schema(value_type = Option<String>)]
    pub(crate) email: Option<EmailAddress>,
    /// The organisation that they belong to: its name or id; left out: your own.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<OrganisationKey>,
    /// The password; without one, a link that signs them in once is answered.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
}

/// What may be changed of a person. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditPerson {
    /// Where to write to; null: nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) email: Field<EmailAddress>,
    /// A new password; all their sessions end.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
}

/// A link that signs a new person in, once and within a week. It is shown this one time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Link {
    /// The address to open. The token behind `#` is not sent to any server by itself.
    pub(crate) url: String,
    /// The token alone, for `POST /session/link`.
    pub(crate) token: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Micros,
}

impl Link {
    /// Makes a link for a person who was just made.
    pub(crate) async fn make(
        tx: &mut WriteTx,
        person: PersonId,
        port: u16,
        now: Micros,
    ) -> Result<Self, ApiError> {
        let token: OpaqueToken = invited::make_link(tx, person, now).await?;
        let hostname: Option<String> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
        let host = hostname.unwrap_or_else(|| "localhost".to_owned());
        let text = token.expose();
        Ok(Self {
            url: format!("https://{host}:{port}/login#{}", text.expose()),
            token: text.expose().clone(),
            expires_at: now.plus(invited::LASTS),
        })
    }
}

/// A person who was made, and the way in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct MadePerson {
    /// The person.
    #[serde(flatten)]
    pub(crate) person: Person,
    /// The way in, where there is no password.
    pub(crate) link: Option<Link>,
}

/// That a login is taken.
pub(crate) fn login_taken() -> ApiError {
    let reason = "Somebody has this login.";
    ApiError::invalid(FieldError::new("/login", "login_taken", reason, "Choose another one."))
}

async fn view(
    tx: &mut Tx,
    actor: &Actor,
    proof: &Authorised<Found, ManagePersons>,
    now: Micros,
) -> Result<Person, ApiError> {
    let row = person::find(tx, proof, now).await?;
    let roles = person::roles(tx, proof, &actor.scope::<ViewMembers>()).await?;
    Ok(Person::of(&row, Some(roles)))
}

/// One person, as the caller may see them.
pub(crate) async fn show(
    tx: &mut Tx,
    actor: &Actor,
    key: &PersonKey,
    now: Micros,
) -> Result<Person, ApiError> {
    let proof = persons::find::<ManagePersons>(tx, actor, key).await?;
    view(tx, actor, &proof, now).await
}

/// The person, where they may no more than the caller.
async fn find_covered(
    tx: &mut Tx,
    actor: &Actor,
    key: &PersonKey,
) -> Result<Authorised<Found, ManagePersons>, ApiError> {
    let proof = persons::find::<ManagePersons>(tx, actor, key).await?;
    if !persons::is_covered(tx, actor, proof.id).await? {
        let detail = "This person may more than you do elsewhere. Whoever manages all of it does that.";
        return Err(ApiError::forbidden(detail));
    }
    Ok(proof)
}

async fn tell(
    tx: &mut WriteTx,
    draft: &Draft,
    (action, code): (&str, Code),
    before: Option<&Person>,
    after: Option<&Person>,
) -> Result<Key, ApiError> {
    let Some(person) = after.or(before) else { return Err(ApiError::internal("a change of nothing")) };
    let id = person.id.to_string();
    let place = organisation::id_of(tx, &person.organisation).await?.map(Place::Organisation);
    let told = Told { kind: "person", id, name: person.login.as_str(), place, action, code };
    told.write(tx, draft, before, after).await
}

/// Makes a person, who holds nothing yet.
pub(crate) struct Create {
    pub(crate) actor: Actor,
    pub(crate) new: NewPerson,
    pub(crate) organisation: Option<OrganisationKey>,
    pub(crate) port: u16,
}

impl Rules for Create {
    type Value = MadePerson;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(MadePerson, Key), ApiError> {
        let Self { actor, new, organisation, port } = self;
        let proof = match organisation {
            Some(key) => auth::organisation::<ManagePersons>(tx, actor, key).await?,
            None => auth::own_organisation::<ManagePersons>(tx, actor).await?,
        };
        let id = persons::create(tx, &proof, new, draft.now).await?.ok_or_else(login_taken)?;
        let link = match new.password {
            Some(_) => None,
            None => Some(Link::make(tx, id, *port, draft.now).await?),
        };
        let proof = persons::find(tx, actor, &PersonKey::Id(id)).await?;
        let person = view(tx, actor, &proof, draft.now).await?;
        let key = tell(tx, draft, ("person.create", Code::Created), None, Some(&person)).await?;
        Ok((MadePerson { person, link }, key))
    }
}

/// Changes a person.
pub(crate) struct Edit {
    pub(crate) actor: Actor,
    pub(crate) key: PersonKey,
    pub(crate) if_match: IfMatch,
    pub(crate) email: Field<EmailAddress>,
    pub(crate) password: Option<StoredHash>,
}

impl Rules for Edit {
    type Value = Person;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Person, Key), ApiError> {
        let Self { actor, key, if_match, email, password } = self;
        let proof = find_covered(tx, actor, key).await?;
        let before = view(tx, actor, &proof, draft.now).await?;
        if_match.require(before.version)?;
        let email = email.clone().or(before.email.clone());
        person::set_email(tx, &proof, email.as_ref(), draft.now).await?;
        if let Some(password) = password {
            persons::set_password(tx, proof.id, password, draft.now).await?;
        }
        let after = view(tx, actor, &proof, draft.now).await?;
        let action = if password.is_some() { "person.set_password" } else { "person.edit" };
        let key = tell(tx, draft, (action, Code::Changed), Some(&before), Some(&after)).await?;
        Ok((after, key))
    }
}

/// Suspends a person, or lets them in again.
pub(crate) struct SetSuspended {
    pub(crate) actor: Actor,
    pub(crate) key: PersonKey,
    pub(crate) if_match: IfMatch,
    pub(crate) suspended: bool,
}

impl Rules for SetSuspended {
    type Value = Person;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Person, Key), ApiError> {
        let Self { actor, key, if_match, suspended } = self;
        let proof = find_covered(tx, actor, key).await?;
        let before = view(tx, actor, &proof, draft.now).await?;
        if_match.check(before.version)?;
        if before.suspended != *suspended {
            let administrators = held::administrators(tx).await?;
            persons::set_suspended(tx, &proof, *suspended, draft.now).await?;
            check_administrators(tx, administrators).await?;
        }
        let after = view(tx, actor, &proof, draft.now).await?;
        let action = if *suspended { "person.suspend" } else { "person.unsuspend" };
        let key = tell(tx, draft, (action, Code::Changed), Some(&before), Some(&after)).await?;
        Ok((after, key))
    }
}

/// Deletes a person, with all that they had.
pub(crate) struct Delete {
    pub(crate) actor: Actor,
    pub(crate) key: PersonKey,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        let Self { actor, key, if_match } = self;
        let proof = find_covered(tx, actor, key).await?;
        let before = view(tx, actor, &proof, draft.now).await?;
        if_match.check(before.version)?;
        if let Some(account) = person::owned_account(tx, &proof).await? {
            let detail = format!(
                "The account {account} was made with this person, who goes with it. Delete the account, or suspend the person."
            );
            return Err(ApiError::conflict("person_has_account", detail));
        }
        let key = tell(tx, draft, ("person.delete", Code::Removed), Some(&before), None).await?;
        let administrators = held::administrators(tx).await?;
        persons::delete(tx, &proof).await?;
        check_administrators(tx, administrators).await?;
        Ok(((), key))
    }
}
