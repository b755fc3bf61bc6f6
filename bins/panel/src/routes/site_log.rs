//! `/sites/{site}/logs/follow`: what comes to a site's log. It is the web feature's matter; it is told here, as streams are the panel's.
//!
//! Nobody looks at a log that nobody follows: each stream has the agent pass on what the web server wrote, every two seconds, and the agent
//! does so once a second at most, however many follow.

use api_kit::openapi::Problems;
use api_kit::query::Pairs;
use api_kit::{ApiError, Caller, Json, Path, Query, QueryPart};
use auth::{Actor, Denied, ViewSites, session};
use axum::extract::State as S;
use axum::response::{IntoResponse, Response, sse};
use desired::{Access, Table};
use http::HeaderMap;
use names::SiteId;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web_panel::log::{self, LogLine, Place, Tail};
use web_panel::{Lines, LinesParams, SiteKey};

use super::stream::{self, Batch, Follower, Source, Streams};
use crate::app::Parts;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::object::<ViewSites>(), routes!(site_log_follow))
        .with_state(FollowState { parts, streams: Streams::default() })
}

#[derive(Clone)]
struct FollowState {
    parts: Parts,
    streams: Streams,
}

/// `?after=`
#[derive(Debug, Clone, Copy)]
struct After(Option<Place>);

impl QueryPart for After {
    const NAMES: &'static [&'static str] = &["after"];

    fn read(pairs: &mut Pairs) -> Self {
        Self(pairs.optional("after"))
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the field is read by the derive alone")]
struct AfterParams {
    /// Only what comes behind this place: `newest` of a page of the log, `next` of an answer, or the id of an event. Left out: from now on.
    after: Option<String>,
}

/// What came to a log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct LogNews {
    /// The lines, the oldest first.
    items: Vec<LogLine>,
    /// Sent as `after`, it gives what comes next.
    next: Option<String>,
    /// What came between `after` and these lines is gone: the log was rotated that often.
    gap: bool,
    /// Whether there is more already.
    more: bool,
}

/// What comes to a site's log. With `Accept: text/event-stream` a stream from `Last-Event-ID` or `after` on: `begin` with the place at which it
/// begins, `line` with a line each, and `gap` where lines are gone that were not told. The id of each event is the place behind it. Without it,
/// what came so far, as one answer. A rotation loses no line and repeats none.
#[utoipa::path(get, path = "/sites/{site}/logs/follow", tag = "sites",
    params(("site" = String, Path, description = "A name or the id"), LinesParams, AfterParams,
           ("Last-Event-ID" = Option<String>, Header, description = "The place after which a stream goes on")),
    responses((status = 200, description = "Lines, or a stream",
               content((LogNews = "application/json"), (String = "text/event-stream"))), Problems))]
async fn site_log_follow(
    S(FollowState { parts, streams }): S<FollowState>,
    Caller(actor): Caller,
    Path(key): Path<SiteKey>,
    Query((lines, after)): Query<(Lines, After)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let find = async |tx: &mut Tx| log::site_of(tx, &actor, &key).await;
    let site = parts.panel.store().read(find).await?;
    let is_stream = stream::is_asked(&headers);
    let last =
        headers.get("last-event-id").filter(|_| is_stream).and_then(|id| id.to_str().ok()?.parse().ok());
    let tail = Tail::new(parts.panel.clone(), site, lines.log, lines.filter, last.or(after.0));
    if !is_stream {
        let mut tail = tail;
        let news = tail.read().await?;
        let items = news.lines.into_iter().map(|(_, line)| line).collect();
        let next = news.at.map(|at| at.to_string());
        return Ok(Json(LogNews { items, next, gap: news.gap, more: news.more }).into_response());
    }
    let counted = streams.begin(&actor, "a site's log")?;
    let (again, moved) = watch::channel(0);
    let stop = parts.stop.clone();
    let source = Log { parts, actor, site, tail, again, is_begun: false };
    Ok(Follower { source, moved, stop, _counted: counted }.answer())
}

/// A site's log that is followed.
struct Log {
    parts: Parts,
    actor: Actor,
    site: SiteId,
    tail: Tail,
    /// Has the stream look again at once.
    again: watch::Sender<u64>,
    is_begun: bool,
}

impl Log {
    /// Whether the caller may still see it.
    async fn may_go_on(&self) -> bool {
        let (now, key) = (self.parts.panel.now(), SiteKey::Id(self.site));
        let read = async |tx: &mut Tx| -> Result<bool, StoreError> {
            let Some(still) = session::still_valid(tx, &self.actor, now).await? else { return Ok(false) };
            match log::site_of(tx, &still, &key).await {
                Ok(_) => Ok(true),
                Err(Denied::Store(error)) => Err(error),
                Err(_) => Ok(false),
            }
        };
        self.parts.panel.store().read(read).await.unwrap_or(false)
    }
}

impl Source for Log {
    async fn read(&mut self, is_due: bool) -> Option<Batch> {
        if is_due && !self.may_go_on().await {
            return None;
        }
        // where the agent is away the client comes back with what it has
        let news = self.tail.read().await.ok()?;
        let mut events = Vec::with_capacity(news.lines.len() + 1);
        let place = |word: &str| {
            let at = news.at.map(|at| at.to_string()).unwrap_or_default();
            let event = sse::Event::default().id(at.clone()).event(word);
            // a text, which is always JSON
            event.json_data(serde_json::json!({ "at": at, "gap": news.gap })).unwrap_or_default()
        };
        let is_begin = !std::mem::replace(&mut self.is_begun, true);
        if news.gap {
            events.push(place("gap"));
        } else if is_begin && news.lines.is_empty() {
            events.push(place("begin"));
        }
        for (at, line) in news.lines {
            let event = sse::Event::default().id(at.to_string()).event("line");
            events.push(event.json_data(line).unwrap_or_default());
        }
        if news.more {
            self.again.send_modify(|moved| *moved += 1);
        }
        Some(Batch { events, is_checked: is_due, is_last: false })
    }
}
