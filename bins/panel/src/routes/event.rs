//! `/events`: a page, or a stream (SSE) that goes on from a cursor. A restart of the panel or of the client loses nothing.

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Query, QueryPart};
use auth::{Actor, TenantScope, ViewEvents, session};
use axum::extract::State;
use axum::response::sse;
use axum::response::{IntoResponse, Response};
use desired::event::{self, Logged};
use desired::{Access, Panel, Table};
use http::HeaderMap;
use names::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{StoreError, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::stream::{self, Batch, Follower, Source, Streams};
use crate::app::Parts;

/// Events of one read of a stream.
const BATCH: i64 = 100;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    let streams = Streams::default();
    Table::default()
        .add(Access::listed::<ViewEvents>(), routes!(event_list))
        .with_state(EventState { parts, streams })
}

#[derive(Clone)]
struct EventState {
    parts: Parts,
    streams: Streams,
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
    State(EventState { parts, streams }): State<EventState>,
    Caller(actor): Caller,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let scope = actor.scope::<ViewEvents>();
    if !stream::is_asked(&headers) {
        return Ok(Json(page(&parts.panel, &scope, &after).await?).into_response());
    }
    let counted = streams.begin(&actor, "the events")?;
    let moved = parts.panel.events_moved();
    let newest = parts.panel.store().read(async |tx: &mut Tx| event::newest(tx).await).await?;
    let cursor = stream::last_id(&headers).or(after.cursor).map_or(newest, |cursor| cursor.min(newest));
    let source = Events { panel: parts.panel, actor, scope, cursor };
    Ok(Follower { source, moved, stop: parts.stop, _counted: counted }.answer())
}

async fn page(panel: &Panel, scope: &TenantScope, after: &After) -> Result<EventPage, StoreError> {
    let read = async |tx: &mut Tx| {
        // Where older ones are gone, or the database is an older copy, a cursor may lie ahead of all there is.
        let cursor = match after.cursor {
            Some(cursor) => Some(cursor.min(event::newest(tx).await?)),
            None => None,
        };
        let rows = match cursor {
            Some(cursor) => event::after(tx, scope, cursor, after.limit).await?,
            None => event::latest(tx, scope, after.limit).await?,
        };
        Ok::<_, StoreError>((rows, cursor.unwrap_or(0)))
    };
    let (rows, cursor) = panel.store().read(read).await?;
    let last = rows.last().map_or(cursor, |row| row.seq);
    Ok(EventPage { items: rows.into_iter().map(EventView::from).collect(), next_cursor: last.to_string() })
}

struct Events {
    panel: Panel,
    actor: Actor,
    scope: TenantScope,
    /// Everything up to here was read.
    cursor: i64,
}

impl Source for Events {
    async fn read(&mut self, is_due: bool) -> Option<Batch> {
        let (cursor, now) = (self.cursor, self.panel.now());
        let (actor, scope) = (&self.actor, &self.scope);
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            let newest = event::newest(tx).await?;
            let mut rows = event::after(tx, scope, cursor, BATCH).await?;
            if rows.is_empty() && !is_due {
                return Ok(Some((rows, scope.clone(), newest, false)));
            }
            let Some(still) = session::still_valid(tx, actor, now).await? else { return Ok(None) };
            if !still.somewhere::<ViewEvents>(tx).await? {
                return Ok(None);
            }
            let scope_now = still.scope::<ViewEvents>();
            if scope_now != *scope {
                rows = event::after(tx, &scope_now, cursor, BATCH).await?;
            }
            Ok(Some((rows, scope_now, newest, true)))
        };
        let (rows, scope, newest, is_checked) = self.panel.store().read(read).await.ok()??;
        let full = i64::try_from(rows.len()) == Ok(BATCH);
        // What is not shown to this caller is not looked at again and again.
        self.cursor = rows.last().map(|row| row.seq).filter(|_| full).unwrap_or(newest.max(cursor));
        self.scope = scope;
        Some(Batch { events: rows.into_iter().map(told).collect(), is_checked, is_last: false })
    }
}

fn told(logged: Logged) -> sse::Event {
    let event = sse::Event::default().id(logged.seq.to_string()).event(logged.code.clone());
    // texts and numbers, which are always JSON
    event.json_data(EventView::from(logged)).unwrap_or_default()
}
