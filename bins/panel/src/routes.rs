//! The operations that belong to no feature.

use api_kit::ApiError;
use desired::Table;

use crate::app::Parts;

pub(crate) mod act_as;
mod adoption;
mod audit;
mod certificate_renew;
mod change;
mod doctor;
mod drift;
mod event;
mod health;
mod job;
mod login_link;
mod me;
mod node;
mod node_role;
mod notice;
mod passkey;
mod password;
mod person_sign_in;
mod plan;
mod search;
mod second_factor;
mod session;
pub(crate) mod setting;
mod site_log;
mod stream;
mod token;

/// The routes.
pub(crate) fn table(parts: Parts) -> Table {
    health::table(&parts)
        .merge(me::table(parts.clone()))
        .merge(session::table(parts.clone()))
        .merge(login_link::table(parts.clone()))
        .merge(password::table(parts.clone()))
        .merge(second_factor::table(parts.clone()))
        .merge(passkey::table(parts.clone()))
        .merge(person_sign_in::table(parts.clone()))
        .merge(token::table(parts.panel.clone()))
        .merge(act_as::table(parts.clone()))
        .merge(setting::table(parts.panel.clone()))
        .merge(search::table(parts.panel.clone()))
        .merge(event::table(parts.clone()))
        .merge(notice::table(parts.panel.clone()))
        .merge(node::table(parts.panel.clone()))
        .merge(job::table(parts.clone()))
        .merge(site_log::table(parts.clone()))
        .merge(node_role::table(parts.clone()))
        .merge(certificate_renew::table(parts.clone()))
        .merge(audit::table(parts.panel.clone()))
        .merge(plan::table(parts.panel.clone()))
        .merge(drift::table(parts.panel.clone()))
        .merge(change::table(parts.panel.clone()))
        .merge(adoption::table(parts.panel.clone()))
        .merge(doctor::table(parts))
}

/// Every statement below.
pub(crate) const STATEMENTS: &[&[store::Statement]] = &[
    me::STATEMENTS,
    setting::STATEMENTS,
    doctor::STATEMENTS,
    adoption::STATEMENTS,
    crate::database::STATEMENTS,
    crate::metric::table::STATEMENTS,
    crate::notice::STATEMENTS,
];

/// An object's name, or the one that it had; its id where the panel knows neither.
async fn name_of(panel: &desired::Panel, kind: &str, id: &str) -> Result<String, store::StoreError> {
    let Some(known) = panel.registry().find(kind) else { return Ok(id.to_owned()) };
    let read = async |tx: &mut store::Tx| -> Result<Option<String>, store::StoreError> {
        match known.load(tx, id).await? {
            Some(wish) => Ok(Some(wish.name().to_owned())),
            None => desired::event::name_of_gone(tx, kind, id).await,
        }
    };
    Ok(panel.store().read(read).await?.unwrap_or_else(|| id.to_owned()))
}

/// The person and the session of a request that is about oneself. Root has neither; a token, and who acts as another, must not touch a
/// person's passwords and factors.
fn own_session(actor: &auth::Actor) -> Result<(names::PersonId, names::SessionId), ApiError> {
    match (actor.person_id(), actor.session(), actor.acting()) {
        (Some(person), Some(session), None) => Ok((person, session)),
        (Some(_), ..) => {
            Err(ApiError::forbidden("Only the person themselves can do this, signed in with a session."))
        }
        (None, ..) => {
            let detail = "Root on the server has no password and no second factor here. Sign in as a person.";
            Err(ApiError::conflict("no_person", detail))
        }
    }
}

/// Something of a person, for the audit: whoever sees the audit of the person's organisation sees it.
async fn of_person(
    tx: &mut store::Tx,
    kind: &'static str,
    id: impl std::fmt::Display,
    person: names::PersonId,
) -> Result<::audit::Object, store::StoreError> {
    Ok(match auth::person::by_id(tx, person).await? {
        Some(person) => ::audit::Object::of_organisation(kind, id, person.organisation),
        None => ::audit::Object::of_installation(kind, id),
    })
}

/// Writes a change that was done into the audit, and its request down as done.
async fn done(
    tx: &mut store::WriteTx,
    actor: &auth::Actor,
    action: &str,
    object: ::audit::Object,
    (before, after): (Option<serde_json::Value>, Option<serde_json::Value>),
    now: names::Micros,
) -> Result<(), store::StoreError> {
    let entry = ::audit::Entry {
        who: ::audit::Who::from(actor),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action,
        object,
        before,
        after,
        plan_hash: None,
        outcome: ::audit::Outcome::Done,
    };
    ::audit::append(tx, &entry, now).await?;
    match api_kit::idempotency::current() {
        Some(claim) => claim.done(tx).await,
        None => Ok(()),
    }
}
