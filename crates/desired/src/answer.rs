//! The answer to a change: the object, the plan of a dry run, or that the object is gone.

use api_kit::{Accepted, Json, Progress};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plan::{DryRun, PlanView};

/// What a route that changes an object answers.
#[derive(Debug)]
pub enum Answer<T> {
    /// 200: a dry run.
    Plan(PlanView),
    /// 200, 201 or 202: the object.
    Object(Accepted<T>),
    /// 204: the host was observed clean, and the object is no more.
    Gone,
}

/// How a 200 of a changing route is described: the object as it was observed, or the plan of a dry run.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Changed<T> {
    /// The plan.
    Plan(DryRun),
    /// The object.
    Object(T),
}

impl<T> Answer<T> {
    /// An object that was changed, at its generation of now.
    pub fn changed(object: T, generation: names::Generation, progress: Progress) -> Self {
        Self::Object(Accepted::changed(object, generation, progress))
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Plan(plan) => Json(DryRun { plan }).into_response(),
            Self::Object(accepted) => accepted.into_response(),
            Self::Gone => StatusCode::NO_CONTENT.into_response(),
        }
    }
}
