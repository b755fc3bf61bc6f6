//! The router: the features' tables of routes, one after the other, and the layers around all of them.

use std::sync::Arc;
use std::time::Duration;

use api_kit::openapi::Security;
use api_kit::rate_limit::{self, NetworkLimits, PersonLimit};
use api_kit::{ApiError, idempotency, origin_guard, request_id, security_headers};
use auth::Passwords;
use auth_webauthn::Passkeys;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use desired::{Panel, Table};
use egress_spec::Bounds;
use jobs::Jobs;
use seal::SealKey;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::OpenApi;
use wire::Peer;

use crate::refused::Refusals;
use crate::ui::Ui;
use crate::world::World;
use crate::{authenticate, page, refused, routes};

/// Between two pieces of a request's body.
const BODY: Duration = Duration::from_secs(10);
/// The path of the API.
pub const PREFIX: &str = "/api/v1";

/// What the routes need.
#[derive(Clone)]
pub struct Parts {
    /// The panel.
    pub panel: Panel,
    /// Work with an end.
    pub jobs: Jobs,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Seals what must be read again.
    pub seal: SealKey,
    /// What browsers were asked about passkeys.
    pub passkeys: Passkeys,
    /// The probe.
    pub probe: Peer,
    /// Egress.
    pub egress: Peer,
    /// Whom egress may speak to.
    pub bounds: Arc<Bounds>,
    /// What is known of identity providers.
    pub issuers: identity_panel::Issuers,
    /// The port of HTTPS, as it stands in links.
    pub port: u16,
    /// Cancelled when the panel stops: streams end then.
    pub stop: wire::CancellationToken,
    /// How many refusals are written down.
    pub(crate) refusals: Refusals,
}

/// How often one may ask.
#[derive(Clone)]
pub struct Limits {
    /// Each network, for anything.
    pub networks: NetworkLimits,
    /// Each person who does not manage all accounts, for changes.
    pub persons: Arc<PersonLimit>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Holdfast",
        description = "The API of a Holdfast panel. Every answer that is an error is a problem document (RFC 9457). \
                       `x-access` of an operation says who may call it.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Security),
    security(("session" = []), ("token" = [])),
    components(schemas(api_kit::Problem, api_kit::FieldError, desired::DryRun))
)]
struct Description;

impl Parts {
    /// What webhooks need.
    pub(crate) fn webhooks(&self) -> webhook_panel::State {
        let (panel, seal) = (self.panel.clone(), self.seal.clone());
        let (egress, bounds) = (self.egress.clone(), Arc::clone(&self.bounds));
        webhook_panel::State { panel, seal, egress, bounds }
    }

    /// What the getting of certificates needs.
    pub(crate) fn issuing(&self) -> cert_panel::order::Issuing {
        cert_panel::order::Issuing {
            panel: self.panel.clone(),
            seal: self.seal.clone(),
            egress: self.egress.clone(),
            bounds: Arc::clone(&self.bounds),
            web_server: Arc::new(World),
            ways: cert_panel::order::Ways::default(),
        }
    }

    /// What signing in by providers needs.
    fn identities(&self) -> identity_panel::State {
        let refusals = self.refusals.clone();
        identity_panel::State {
            panel: self.panel.clone(),
            seal: self.seal.clone(),
            egress: self.egress.clone(),
            bounds: Arc::clone(&self.bounds),
            issuers: self.issuers.clone(),
            port: self.port,
            has_room: Arc::new(move |now| refusals.has_room_for_a_link(now)),
        }
    }
}

/// Every route, from one table.
fn table(parts: Parts) -> Table {
    let accounts = account_panel::State {
        panel: parts.panel.clone(),
        passwords: parts.passwords.clone(),
        dependents: Arc::new(World),
    };
    let sites = web_panel::State {
        panel: parts.panel.clone(),
        pools: Arc::new(World),
        certificates: Arc::new(World),
    };
    let certificates = cert_panel::State { panel: parts.panel.clone(), keys: cert_panel::Keys::default() };
    let packages = package_panel::State { panel: parts.panel.clone(), hosted: Arc::new(World) };
    let people = people_panel::State {
        panel: parts.panel.clone(),
        passwords: parts.passwords.clone(),
        port: parts.port,
        accounts: Arc::new(World),
    };
    Table::default()
        .merge(account_panel::table(accounts))
        .merge(package_panel::table(packages))
        .merge(people_panel::table(people))
        .merge(web_panel::table(sites))
        .merge(php_panel::table(parts.panel.clone()))
        .merge(cert_panel::table(certificates))
        .merge(cert_panel::authority::table(parts.issuing()))
        .merge(webhook_panel::table(parts.webhooks()))
        .merge(identity_panel::table(parts.identities()))
        .merge(routes::table(parts))
}

/// The API's description, as it is committed.
pub fn openapi(parts: Parts) -> serde_json::Result<String> {
    let (_, description) = table(parts).finish(PREFIX, Description::openapi());
    serde_json::to_string_pretty(&sorted(serde_json::to_value(description)?))
}

/// Maps of the description come in no order; the committed file has one.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The routes with all layers. The listener puts the `auth::Origin`, and `authenticate::Root` where the peer is root, among a request's
/// extensions.
pub fn app(parts: Parts, limits: Limits) -> Router {
    let (store, refusals) = (parts.panel.store().clone(), parts.refusals.clone());
    let pages = page::router().merge(identity_panel::pages(parts.identities()));
    let (router, _) = table(parts).finish(PREFIX, Description::openapi());
    router
        .merge(pages)
        .fallback(async |request: axum::extract::Request| Ui::BUILT_IN.answer(&request))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(idempotency::Requests::new(store.clone()), idempotency::layer))
        .layer(from_fn_with_state(refusals, refused::layer))
        .layer(from_fn_with_state(limits.persons, rate_limit::person_layer))
        .layer(from_fn_with_state(store, authenticate::layer))
        .layer(from_fn(origin_guard::layer))
        .layer(from_fn_with_state(limits.networks, rate_limit::layer))
        .layer(from_fn(security_headers::layer))
        .layer(RequestBodyTimeoutLayer::new(BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::layer))
}

/// A panic ends one request and no more; its words are in the log alone.
#[expect(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse;
    let words =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    ApiError::internal(format!("a handler panicked: {}", words.unwrap_or_default())).into_response()
}
