//! Routes.

use api_kit::{Accepted, Json, Progress};
use axum::response::{IntoResponse, Response};
use desired::{Answer, DryRun, Outcome, Table};
use http::StatusCode;
use serde::Serialize;

use crate::State;

mod invitation;
mod member;
mod organisation;
mod permission;
mod person;
mod role;

pub(crate) fn table(state: State) -> Table {
    organisation::table()
        .merge(role::table())
        .merge(person::table())
        .merge(member::table())
        .merge(invitation::table())
        .with_state(state)
        .merge(permission::table())
}

/// The answer to a change of what is in the panel alone; `location` of what was made.
fn answer<T>(
    outcome: Outcome<T>,
    version: impl Fn(&T) -> u64,
    location: Option<impl Fn(&T) -> String>,
) -> Answer<T> {
    match outcome {
        Outcome::Plan(plan) => Answer::Plan(plan),
        Outcome::Done { value, .. } => {
            let version = version(&value);
            Answer::Object(match location {
                Some(location) => {
                    let location = location(&value);
                    Accepted::created(value, version, Progress::Observed, location)
                }
                None => Accepted::changed(value, version, Progress::Observed),
            })
        }
    }
}

/// As [`answer`], for what was changed.
fn changed<T>(outcome: Outcome<T>, version: impl Fn(&T) -> u64) -> Answer<T> {
    answer(outcome, version, None::<fn(&T) -> String>)
}

/// The answer where something has gone.
fn gone(outcome: Outcome<()>) -> Response {
    match outcome {
        Outcome::Plan(plan) => Json(DryRun { plan }).into_response(),
        Outcome::Done { .. } => StatusCode::NO_CONTENT.into_response(),
    }
}

/// An answer that holds a way in: it is kept nowhere.
fn secret(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// 201 with what was made, which has no ETag of its own.
fn made<T: Serialize>(outcome: Outcome<T>) -> Response {
    match outcome {
        Outcome::Plan(plan) => Json(DryRun { plan }).into_response(),
        Outcome::Done { value, .. } => (StatusCode::CREATED, Json(value)).into_response(),
    }
}
