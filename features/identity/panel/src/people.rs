//! Who somebody is by a provider: a person who is linked, or one who is made at this moment.

use std::collections::BTreeSet;

use api_kit::ApiError;
use audit::{Entry, Object, Outcome, Who};
use auth::person::{self, NewPerson};
use auth::{Actor, Login, ManagePersons, OrganisationKey, Origin, sign_in};
use auth_oidc::Identified;
use desired::Key;
use desired::event::{self, Code, Event};
use names::{Digest, EmailAddress, Label, Micros, OrganisationId, PersonId};
use serde_json::json;
use store::WriteTx;

use crate::page::Refused;
use crate::roles::{self, Of};
use crate::store::identity::{self, Known};
use crate::store::mapping::{self, MappingRow};
use crate::store::provider::Provider;

/// The longest part of a login that a provider's word makes.
const LONGEST_WORD: usize = 32;
/// How often another number is tried behind a word that somebody has.
const TRIES: u32 = 20;

/// Who may go on, or why nobody may.
pub(crate) type Found = Result<PersonId, Refused>;

/// The words for whoever may not sign in, which tell nothing of why: as where a password is wrong.
pub(crate) fn not_admitted() -> Refused {
    Refused::new("not_admitted")
}

/// Finds or makes the person, and brings their roles to what their groups give. What is refused after that is kept all the same: roles that were
/// taken stay taken.
pub(crate) async fn who(
    tx: &mut WriteTx,
    provider: &Provider,
    who: &Identified,
    origin: Origin,
    now: Micros,
) -> Result<Found, ApiError> {
    let known = identity::by_subject(tx, provider.id, &who.subject).await?;
    if !sign_in::may_come(tx, known.as_ref().map(|known| known.person), origin).await? {
        return Ok(Err(not_admitted()));
    }
    let mappings =
        if provider.groups_claim.is_some() { mapping::list(tx, provider.id).await? } else { Vec::new() };
    let wanted = roles::of_groups(tx, mappings, &who.groups).await?;
    let known = match known {
        Some(known) => known,
        None => match make(tx, provider, who, &wanted, now).await? {
            Ok(known) => known,
            Err(refused) => return Ok(Err(refused)),
        },
    };
    if provider.groups_claim.is_some() {
        roles::apply(tx, &Of::known(&known, &provider.name), &wanted, now).await?;
    }
    if known.made_person && !identity::holds_anything(tx, known.person).await? {
        return Ok(Err(Refused::new("no_group").saying("no_group_now")));
    }
    identity::used(tx, known.id, now).await?;
    Ok(Ok(known.person))
}

/// Makes a person of the organisation that the first mapping is about.
async fn make(
    tx: &mut WriteTx,
    provider: &Provider,
    who: &Identified,
    wanted: &[MappingRow],
    now: Micros,
) -> Result<Result<Known, Refused>, ApiError> {
    let Some(first) = wanted.first().filter(|_| provider.makes_people) else {
        let code = if provider.makes_people { "no_group" } else { "person_unknown" };
        return Ok(Err(Refused::new(code)));
    };
    let system = Actor::system();
    let key = OrganisationKey::Id(first.organisation);
    let proof = auth::organisation::<ManagePersons>(tx, &system, &key).await?;
    let email = who.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
    let mut made = None;
    for login in logins(&provider.name, who) {
        let new = NewPerson { login: login.clone(), email: email.clone(), password: None };
        if let Some(person) = person::create(tx, &proof, &new, now).await? {
            made = Some((person, login));
            break;
        }
    }
    let (person, login) = made.ok_or_else(|| ApiError::internal("no login is free"))?;
    let id = identity::insert(tx, (provider.id, who.subject.as_str()), person, true, now).await?;
    let id = id.ok_or_else(|| ApiError::internal("a subject that nobody has is taken"))?;
    tell(tx, (person, &login), first.organisation, provider, now).await?;
    Ok(Ok(Known { id, provider: provider.id, person, login, made_person: true }))
}

/// Logins to be tried, each behind `@` and the provider's name: so that nobody takes a name that an account or a person of the panel's own has, or
/// will have.
fn logins(provider: &Label, who: &Identified) -> Vec<Login> {
    let called = who.called.as_deref().unwrap_or_default();
    let before_at = called.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let plain =
        |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) { c } else { '-' };
    let word: String = before_at.chars().map(plain).collect();
    let word: String = word.trim_matches(|c: char| "._-".contains(c)).chars().take(LONGEST_WORD).collect();
    let hash = Digest::of(&who.subject).short();
    // the provider's name may be long, a login is not
    let provider: String = provider.as_str().chars().take(24).collect();
    let provider = provider.trim_end_matches('-');
    let mut texts: Vec<String> = Vec::new();
    if !word.is_empty() {
        texts.push(format!("{word}@{provider}"));
        texts.extend((2..=TRIES).map(|number| format!("{word}-{number}@{provider}")));
    }
    texts.push(format!("p{hash}@{provider}"));
    texts.push(format!("p{}@{provider}", &Digest::of(format!("{}.", who.subject)).to_string()[..24]));
    let mut seen = BTreeSet::new();
    texts
        .into_iter()
        .filter_map(|text| Login::parse(&text).ok())
        .filter(|login| seen.insert(login.clone()))
        .collect()
}

async fn tell(
    tx: &mut WriteTx,
    (person, login): (PersonId, &Login),
    organisation: OrganisationId,
    provider: &Provider,
    now: Micros,
) -> Result<(), ApiError> {
    let entry = Entry {
        who: Who::from(&Actor::system()),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action: "person.create",
        object: Object::of_organisation("person", person, organisation),
        before: None,
        after: Some(json!({ "login": login, "provider": provider.name })),
        plan_hash: None,
        outcome: Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    let scope = Key { kind: "person", id: person.to_string() };
    event::note(tx, now, &Event::of(scope, None, Code::Created, login.as_str())).await?;
    Ok(())
}

/// Links a provider to the person who asked for it.
pub(crate) async fn link(
    tx: &mut WriteTx,
    provider: &Provider,
    who: &Identified,
    person: &person::Person,
    origin: Origin,
    now: Micros,
) -> Result<Result<(), Refused>, ApiError> {
    if let Some(known) = identity::by_subject(tx, provider.id, &who.subject).await? {
        if known.person == person.id {
            return Ok(Ok(()));
        }
        return Ok(Err(Refused::new("identity_taken")));
    }
    if identity::of_person(tx, provider.id, person.id).await?.is_some() {
        return Ok(Err(Refused::new("identity_already")));
    }
    let id = identity::insert(tx, (provider.id, who.subject.as_str()), person.id, false, now).await?;
    let id = id.ok_or_else(|| ApiError::internal("a subject that nobody has is taken"))?;
    let entry = Entry {
        who: Who::person(person.id, &person.login, origin),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action: "identity.link",
        object: Object::of_organisation("identity", id, person.organisation),
        before: None,
        after: Some(json!({ "provider": provider.name })),
        plan_hash: None,
        outcome: Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    Ok(Ok(()))
}
