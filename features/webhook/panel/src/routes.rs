//! `/webhooks`

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::query::Pairs;
use api_kit::{
    ApiError, Caller, Json, List, Page, PageParams, Path, Query, QueryPart, Rehearsal, RehearsalParams,
};
use auth::ManageWebhooks;
use axum::extract::State as S;
use axum::response::{IntoResponse, Response};
use desired::{Access, Changed, DryRun, PlanView, Table};
use http::StatusCode;
use names::DeliveryId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Tx, WriteTx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::access::{managed, scope};
use crate::attempt::{self, Outcome};
use crate::rules::{Act, CreateWebhook, EditWebhook, judge};
use crate::secret::Key;
use crate::store::delivery::{self, Delivery};
use crate::store::webhook::{self, Webhook, WebhookKey};
use crate::{State, message};

/// The routes.
pub fn table(state: State) -> Table {
    Table::default()
        .add(Access::listed::<ManageWebhooks>(), routes!(webhook_list))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_create))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_show))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_edit))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_delete))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_rotate_secret))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_test))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_delivery_list))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_redeliver))
        .add(Access::organisation::<ManageWebhooks>(), routes!(webhook_drop))
        .with_state(state)
}

impl State {
    /// What the rules need, at this moment.
    fn act<'a>(&'a self, actor: &'a auth::Actor) -> Act<'a> {
        Act { actor, seal: &self.seal, now: self.panel.now() }
    }
}

/// A webhook with its secret, which is never shown again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct WebhookMade {
    /// The webhook.
    webhook: Webhook,
    /// What signs: `whsec_` and the key in base64.
    secret: String,
}

/// What came of a test.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct WebhookTested {
    /// Whether the receiver took the message.
    delivered: bool,
    /// Its status; null: it did not answer.
    status: Option<u16>,
    /// Why it did not take it.
    error: Option<String>,
    /// How long it took, in microseconds.
    micros: Option<u64>,
}

/// Which message; null or left out: all dead letters.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WhichDelivery {
    /// Its id.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    delivery: Option<DeliveryId>,
}

/// How many messages it was about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct DeliveryCount {
    /// How many.
    count: u64,
}

/// `?state=`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct OfState(Option<&'static str>);

impl QueryPart for OfState {
    const NAMES: &'static [&'static str] = &["state"];

    fn read(pairs: &mut Pairs) -> Self {
        let Some(text) = pairs.text("state") else { return Self(None) };
        let known = ["pending", "delivered", "dead"].into_iter().find(|known| *known == text);
        if known.is_none() {
            let remedy = "Send pending, delivered or dead.";
            pairs.refuse("state", "unknown_state", "A message has no such state.", remedy);
        }
        Self(known)
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct OfStateParams {
    /// `pending`, `delivered` or `dead`.
    state: Option<String>,
}

fn key() -> Result<Key, ApiError> {
    Key::generate().map_err(|error| ApiError::internal(error.to_string()))
}

/// A secret is shown once, so the answer is not kept for a repetition of the request.
fn made(status: StatusCode, webhook: Webhook, key: &Key) -> Response {
    let body = WebhookMade { webhook, secret: key.shown().expose().clone() };
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    response
}

/// Nothing on the server hangs on a webhook, so the plan of a dry run is empty.
fn empty_plan(rehearsal: &Rehearsal) -> Result<Option<DryRun>, ApiError> {
    PlanView::of(Vec::new()).rehearsed(rehearsal)
}

/// Webhooks in the order of their names.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", params(PageParams),
    responses((status = 200, description = "A page of webhooks", body = List<Webhook>), Problems))]
async fn webhook_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(page): Query<Page>,
) -> Result<Json<List<Webhook>>, ApiError> {
    let scope = scope(&actor);
    let after = page.after().unwrap_or_default();
    let read = async |tx: &mut Tx| webhook::list(tx, &scope, after, None, page.rows()).await;
    let rows = state.panel.store().read(read).await?;
    Ok(Json(page.list(rows, crate::store::webhook::WebhookRow::sort_key).map(|row| Webhook::from(&row))))
}

/// Makes a webhook, which is told of what happens from then on. Its secret is shown this once.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", params(RehearsalParams), request_body = CreateWebhook,
    responses((status = 201, description = "The webhook and its secret", body = WebhookMade),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn webhook_create(
    S(state): S<State>,
    Caller(actor): Caller,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<CreateWebhook>,
) -> Result<Response, ApiError> {
    judge(&state.bounds, &body.url)?;
    let key = key()?;
    let act = state.act(&actor);
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.create(tx, &body, &key).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    let view = state.panel.store().write(async |tx: &mut WriteTx| act.create(tx, &body, &key).await).await?;
    state.panel.events_written();
    Ok(made(StatusCode::CREATED, view, &key))
}

/// One webhook.
#[utoipa::path(get, path = "/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The webhook", body = Webhook), Problems))]
async fn webhook_show(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
) -> Result<Json<Webhook>, ApiError> {
    let row = state.panel.store().read(async |tx: &mut Tx| managed(tx, &actor, &key).await).await?;
    Ok(Json(Webhook::from(&*row)))
}

/// Changes a webhook.
#[utoipa::path(patch, path = "/webhooks/{webhook}", tag = "webhooks", request_body = EditWebhook,
    params(("webhook" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 200, description = "The webhook, or the plan of a dry run", body = Changed<Webhook>), ChangeProblems))]
async fn webhook_edit(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query(rehearsal): Query<Rehearsal>,
    Json(body): Json<EditWebhook>,
) -> Result<Json<Changed<Webhook>>, ApiError> {
    if let Some(url) = &body.url {
        judge(&state.bounds, url)?;
    }
    let act = state.act(&actor);
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(Changed::Plan(dry)));
        }
    }
    let view = state.panel.store().write(async |tx: &mut WriteTx| act.edit(tx, &key, &body).await).await?;
    state.panel.events_written();
    Ok(Json(Changed::Object(view)))
}

/// Removes a webhook and all its messages.
#[utoipa::path(delete, path = "/webhooks/{webhook}", tag = "webhooks",
    params(("webhook" = String, Path, description = "Name or id"), RehearsalParams),
    responses((status = 204, description = "It is gone"),
              (status = 200, description = "The plan of a dry run", body = DryRun), ChangeProblems))]
async fn webhook_delete(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query(rehearsal): Query<Rehearsal>,
) -> Result<Response, ApiError> {
    let act = state.act(&actor);
    if rehearsal.is_asked() {
        state.panel.store().rehearse(async |tx: &mut WriteTx| act.delete(tx, &key).await).await?;
        if let Some(dry) = empty_plan(&rehearsal)? {
            return Ok(Json(dry).into_response());
        }
    }
    state.panel.store().write(async |tx: &mut WriteTx| act.delete(tx, &key).await).await?;
    state.panel.events_written();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives a webhook a new secret, which is shown this once. The one of before signs as well for a day.
#[utoipa::path(post, path = "/webhooks/{webhook}/secret", tag = "webhooks", params(("webhook" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The webhook and its new secret", body = WebhookMade), Problems))]
async fn webhook_rotate_secret(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(webhook): Path<WebhookKey>,
    Query(()): Query<()>,
) -> Result<Response, ApiError> {
    let key = key()?;
    let act = state.act(&actor);
    let write = async |tx: &mut WriteTx| act.rotate(tx, &webhook, &key).await;
    let view = state.panel.store().write(write).await?;
    state.panel.events_written();
    Ok(made(StatusCode::OK, view, &key))
}

/// Sends a message of type `webhook.test` now, once, and says what came of it.
#[utoipa::path(post, path = "/webhooks/{webhook}/test", tag = "webhooks", params(("webhook" = String, Path, description = "Name or id")),
    responses((status = 200, description = "What came of it", body = WebhookTested), Problems))]
async fn webhook_test(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query(()): Query<()>,
) -> Result<Json<WebhookTested>, ApiError> {
    let row = state.panel.store().read(async |tx: &mut Tx| managed(tx, &actor, &key).await).await?;
    let now = state.panel.now();
    let body = message::test(&row.name, now).to_string();
    let outcome =
        attempt::send(&state.egress, &row.receiver(&state.seal, now), DeliveryId::new(), &body, now).await;
    let tested = |delivered, status, error, micros| WebhookTested { delivered, status, error, micros };
    let tested = match outcome {
        Outcome::Taken { status, micros } => tested(true, Some(status), None, Some(micros)),
        Outcome::Failed { status, reason } => tested(false, status, Some(reason), None),
        Outcome::Gone => {
            tested(false, Some(410), Some("it answered 410: it is gone for good".to_owned()), None)
        }
        Outcome::NoEgress(error) => {
            let detail = "Egress does not answer, so nothing was sent.";
            let later = std::time::Duration::from_secs(5);
            return Err(ApiError::unavailable("egress_unreachable", detail, later).caused_by(error));
        }
    };
    let act = Act { now, ..state.act(&actor) };
    let after = json!({ "delivered": tested.delivered, "status": tested.status });
    let write = async |tx: &mut WriteTx| {
        act.noted(tx, "webhook.test", Some((row.id, row.organisation)), (None, Some(after.clone()))).await
    };
    state.panel.store().write(write).await?;
    Ok(Json(tested))
}

/// Messages to a webhook, the newest first.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = String, Path, description = "Name or id"), PageParams, OfStateParams),
    responses((status = 200, description = "A page of messages", body = List<Delivery>), Problems))]
async fn webhook_delivery_list(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query((page, of)): Query<(Page, OfState)>,
) -> Result<Json<List<Delivery>>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let webhook = managed(tx, &actor, &key).await?;
        Ok(delivery::list(tx, &webhook, of.0, (page.after(), page.rows())).await?)
    };
    let rows = state.panel.store().read(read).await?;
    Ok(Json(page.list(rows, |row| row.id.to_string()).map(Delivery::from)))
}

/// Has one message, or all dead letters, sent once more.
#[utoipa::path(post, path = "/webhooks/{webhook}/redeliver", tag = "webhooks", request_body = WhichDelivery,
    params(("webhook" = String, Path, description = "Name or id")),
    responses((status = 200, description = "How many are sent", body = DeliveryCount), Problems))]
async fn webhook_redeliver(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query(()): Query<()>,
    Json(which): Json<WhichDelivery>,
) -> Result<Json<DeliveryCount>, ApiError> {
    let counted = dead_letters(&state, &actor, &key, &which, true).await?;
    // wakes whoever sends
    state.panel.events_written();
    Ok(counted)
}

/// Forgets one dead letter, or all of them.
#[utoipa::path(post, path = "/webhooks/{webhook}/drop", tag = "webhooks", request_body = WhichDelivery,
    params(("webhook" = String, Path, description = "Name or id")),
    responses((status = 200, description = "How many are gone", body = DeliveryCount), Problems))]
async fn webhook_drop(
    S(state): S<State>,
    Caller(actor): Caller,
    Path(key): Path<WebhookKey>,
    Query(()): Query<()>,
    Json(which): Json<WhichDelivery>,
) -> Result<Json<DeliveryCount>, ApiError> {
    dead_letters(&state, &actor, &key, &which, false).await
}

async fn dead_letters(
    state: &State,
    actor: &auth::Actor,
    key: &WebhookKey,
    which: &WhichDelivery,
    again: bool,
) -> Result<Json<DeliveryCount>, ApiError> {
    let act = state.act(actor);
    let write = async |tx: &mut WriteTx| -> Result<u64, ApiError> {
        let webhook = managed(tx, actor, key).await?;
        if let Some(id) = which.delivery
            && !delivery::is_of(tx, &webhook, id).await?
        {
            return Err(ApiError::not_found("delivery"));
        }
        let (action, count) = if again {
            ("webhook.redeliver", delivery::redeliver(tx, &webhook, which.delivery, act.now).await?)
        } else {
            ("webhook.drop", delivery::drop_dead(tx, &webhook, which.delivery).await?)
        };
        let after = json!({ "delivery": which.delivery, "count": count });
        act.noted(tx, action, Some((webhook.id, webhook.organisation)), (None, Some(after))).await?;
        Ok(count)
    };
    Ok(Json(DeliveryCount { count: state.panel.store().write(write).await? }))
}
