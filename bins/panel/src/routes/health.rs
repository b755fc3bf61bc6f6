//! `/health`, `/openapi.json`

use std::sync::{Arc, OnceLock};

use api_kit::openapi::Problems;
use api_kit::{ApiError, Json};
use axum::extract::State;
use axum::response::IntoResponse;
use desired::{Access, Table};
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::{self, Parts};

#[derive(Clone)]
struct Health {
    parts: Parts,
    description: Arc<OnceLock<String>>,
}

/// The routes.
pub(super) fn table(parts: &Parts) -> Table {
    let state = Health { parts: parts.clone(), description: Arc::default() };
    Table::default()
        .add(Access::OPEN, routes!(health_show))
        .add(Access::OPEN, routes!(openapi_show))
        .with_state(state)
}

/// That the panel answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct HealthView {
    /// `ok`
    status: String,
    /// The panel's release.
    version: String,
}

/// Whether the panel and its database answer.
#[utoipa::path(get, path = "/health", tag = "meta", security(()),
    responses((status = 200, description = "They do", body = HealthView), Problems))]
async fn health_show(State(state): State<Health>) -> Result<Json<HealthView>, ApiError> {
    let read = async |tx: &mut store::Tx| desired::setting::find(tx, "panel.hostname").await;
    state.parts.panel.store().read(read).await?;
    Ok(Json(HealthView { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }))
}

/// The description of this API.
#[utoipa::path(get, path = "/openapi.json", tag = "meta", security(()),
    responses((status = 200, description = "The description, OpenAPI 3.1", body = Object), Problems))]
async fn openapi_show(State(state): State<Health>) -> Result<impl IntoResponse, ApiError> {
    let text = if let Some(text) = state.description.get() {
        text.clone()
    } else {
        let text = app::openapi(state.parts).map_err(ApiError::internal)?;
        state.description.get_or_init(|| text).clone()
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}
