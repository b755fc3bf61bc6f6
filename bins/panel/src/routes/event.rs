//! `/events`: a page, or a stream (SSE) that goes on from a cursor. A restart of the panel or of the client loses nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Query, QueryPart};
use auth::{TenantScope, ViewEvents};
use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use desired::event::{self, Logged};
use desired::{Access, Panel, Table};
use futures_util::stream::{self, Stream};
use http::HeaderMap;
use names::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{StoreError, Tx};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use wire::CancellationToken;

use crate::app::Parts;

/// Events of one read of a stream.
const BATCH: i64 = 100;
/// A stream looks at least this often, and says that it lives.
const QUIET: Duration = Duration::from_secs(15);
/// Between two reads of a stream, so that a burst of events is few reads.
const GATHER: Duration = Duration::from_millis(100);

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::listed::<ViewEvents>(), routes!(event_list)).with_state(parts)
}

/// Something that happened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct EventView {
    /// The cursor behind this event.
    cursor: String,
    /// When it happened first.
    #[schema(value_type = String, format = DateTime)]
    at: Micros,
    /// When it happened last.
    #[schema(value_type = String, format = DateTime)]
    last_at: Micros,
    /// The object's kind.
    kind: String,
    /// The object's id.
    id: String,
    /// Whose matter it is; null: the administrators'.
    #[schema(value_type = Option<String>, format = "uuid")]
    account: Option<AccountId>,
    /// `info`, `warning` or `error`.
    severity: String,
    /// What happened: a stable code, such as `object.ready`.
    code: String,
    /// For the words about it; `name` is always there.
    #[schema(value_type = Object)]
    params: Value,
    /// How often it happened.
    count: i64,
}

impl From<Logged> for EventView {
    fn from(logged: Logged) -> Self {
        Self {
            cursor: logged.seq.to_string(),
            at: logged.at,
            last_at: logged.last_at,
            kind: logged.scope_kind,
            id: logged.scope_id,
            account: logged.account,
            severity: logged.severity,
            code: logged.code,
            params: logged.params,
            count: logged.count,
        }
    }
}

/// A page of events, oldest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct EventPage {
    /// The events.
    items: Vec<EventView>,
    /// Sent as `cursor`, it gives what happened after the last item; always there, so that one can come back later.
    next_cursor: String,
}

/// From where on.
#[derive(Debug, Default)]
struct After {
    cursor: Option<i64>,
    limit: i64,
}

impl QueryPart for After {
    const NAMES: &'static [&'static str] = &["cursor", "limit"];

    fn read(pairs: &mut Pairs) -> Self {
        let cursor = pairs.number("cursor").and_then(|number| i64::try_from(number).ok());
        let limit = match pairs.number("limit") {
            None => 50,
            Some(limit @ 1..=200) => i64::try_from(limit).unwrap_or(50),
            Some(_) => {
                pairs.refuse(
                    "limit",
                    "out_of_range",
                    "A page holds 1 to 200 items.",
                    "Send a number from 1 to 200.",
                );
                50
            }
        };
        Self { cursor, limit }
    }
}

/// How the parameters are described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the fields are read by the derive alone")]
struct AfterParams {
    /// Only what happened after this; without it, the newest events (a stream: what happens from now on).
    cursor: Option<u64>,
    /// How many events at most; of a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What happened. With `Accept: text/event-stream` a stream that goes on, from `Last-Event-ID` or `cursor`.
#[utoipa::path(get, path = "/events", tag = "events",
    params(AfterParams, ("Last-Event-ID" = Option<String>, Header, description = "The cursor after which a stream goes on")),
    responses((status = 200, description = "A page, or a stream",
               content((EventPage = "application/json"), (String = "text/event-stream"))), Problems))]
async fn event_list(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let scope = actor.scope::<ViewEvents>();
    let accept = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        return Ok(Json(page(&parts.panel, &scope, &after).await?).into_response());
    }
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    let cursor = match last.or(after.cursor) {
        Some(cursor) => cursor,
        None => parts.panel.store().read(async |tx: &mut Tx| event::newest(tx).await).await?,
    };
    let moved = parts.panel.events_moved();
    let follower =
        Follower { panel: parts.panel, scope, cursor, moved, stop: parts.stop, ready: VecDeque::new() };
    Ok(Sse::new(follow(follower)).keep_alive(KeepAlive::new().interval(QUIET)).into_response())
}

async fn page(panel: &Panel, scope: &TenantScope, after: &After) -> Result<EventPage, StoreError> {
    let read = async |tx: &mut Tx| match after.cursor {
        Some(cursor) => event::after(tx, scope, cursor, after.limit).await,
        None => event::latest(tx, scope, after.limit).await,
    };
    let rows = panel.store().read(read).await?;
    let last = rows.last().map_or(after.cursor.unwrap_or(0), |row| row.seq);
    Ok(EventPage { items: rows.into_iter().map(EventView::from).collect(), next_cursor: last.to_string() })
}

struct Follower {
    panel: Panel,
    scope: TenantScope,
    cursor: i64,
    moved: watch::Receiver<u64>,
    stop: CancellationToken,
    ready: VecDeque<Logged>,
}

fn follow(follower: Follower) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(follower, |mut follower| async move {
        let logged = follower.next().await?;
        let event = sse::Event::default().id(logged.seq.to_string()).event(logged.code.clone());
        // Texts and numbers, which are always JSON.
        let event = event.json_data(EventView::from(logged)).unwrap_or_default();
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// The next event; none when the panel stops or the database fails: the client comes back with its cursor.
    async fn next(&mut self) -> Option<Logged> {
        loop {
            if let Some(logged) = self.ready.pop_front() {
                self.cursor = logged.seq;
                return Some(logged);
            }
            self.moved.mark_unchanged();
            let (scope, cursor) = (&self.scope, self.cursor);
            let read = async |tx: &mut Tx| event::after(tx, scope, cursor, BATCH).await;
            self.ready = self.panel.store().read(read).await.ok()?.into();
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                moved = self.moved.changed() => {
                    moved.ok()?;
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(QUIET) => {}
            }
        }
    }
}
