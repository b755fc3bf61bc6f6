//! The answer to a write: the object, its ETag, and whether the host was seen to be as asked.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::etag::etag;
use crate::json::Json;

/// How far a change has come when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// 202: written down, and on its way to the host.
    UnderWay,
    /// 200, or 201 for a new object: the host was observed to be so.
    Observed,
}

/// An object that was written.
#[derive(Debug)]
pub struct Accepted<T> {
    object: T,
    generation: u64,
    progress: Progress,
    location: Option<String>,
}

impl<T> Accepted<T> {
    /// An object that was changed.
    pub fn changed(object: T, generation: impl Into<u64>, progress: Progress) -> Self {
        Self { object, generation: generation.into(), progress, location: None }
    }

    /// An object that was made; `location` is its path, such as `/api/v1/sites/www.example.test`.
    pub fn created(
        object: T,
        generation: impl Into<u64>,
        progress: Progress,
        location: impl Into<String>,
    ) -> Self {
        Self { location: Some(location.into()), ..Self::changed(object, generation, progress) }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        let status = match (self.progress, &self.location) {
            (Progress::UnderWay, _) => StatusCode::ACCEPTED,
            (Progress::Observed, Some(_)) => StatusCode::CREATED,
            (Progress::Observed, None) => StatusCode::OK,
        };
        let mut response = (status, Json(self.object)).into_response();
        response.headers_mut().insert(header::ETAG, etag(self.generation));
        // A path of ours is made of names and ids, which are ASCII.
        if let Some(location) = self.location.and_then(|path| HeaderValue::from_str(&path).ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// An object as it is read, with its ETag.
#[derive(Debug)]
pub struct Tagged<T> {
    object: T,
    generation: u64,
}

impl<T> Tagged<T> {
    /// The object at its generation.
    pub fn new(object: T, generation: impl Into<u64>) -> Self {
        Self { object, generation: generation.into() }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.object).into_response();
        response.headers_mut().insert(header::ETAG, etag(self.generation));
        response
    }
}
