//! Streams (SSE) that follow the database, as those of the events and of a job's log do.
//!
//! A stream ends with the session and the rights that it began with: its source looks at them again before each batch, and every few seconds.
//! Each actor has so many streams of one sort at most.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api_kit::ApiError;
use auth::Actor;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::HeaderMap;
use http::header::ACCEPT;
use tokio::sync::watch;
use tokio::time::Instant;
use wire::CancellationToken;

/// So often a stream says that it lives.
const QUIET: Duration = Duration::from_secs(15);
/// A stream looks at least this often whether it may go on: a suspension ends every access within five seconds.
const CHECKED: Duration = Duration::from_secs(2);
/// Between two reads of a stream, so that a burst of news is few reads.
const GATHER: Duration = Duration::from_millis(100);

/// Streams of one actor at once: some windows of a browser, and a terminal.
const MOST_STREAMS: usize = 8;
/// When one of them has ended, likely.
const LATER: Duration = Duration::from_secs(10);

/// Whether a stream is asked for, in place of a page.
pub(super) fn is_asked(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"))
}

/// The id of the last event that a client has, which comes back.
pub(super) fn last_id(headers: &HeaderMap) -> Option<i64> {
    headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok())
}

/// How many streams each actor has.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams {
    by_actor: Arc<Mutex<HashMap<String, usize>>>,
}

/// A stream that counts until it is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    streams: Streams,
    actor: String,
}

impl Streams {
    /// Counts a stream more. Errors: `streams_too_many`.
    pub(super) fn begin(&self, actor: &Actor, what: &str) -> Result<Counted, ApiError> {
        let actor = actor.key();
        let mut by_actor = self.by_actor.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_actor.entry(actor.clone()).or_default();
        if *count >= MOST_STREAMS {
            let detail = format!("You follow {what} {MOST_STREAMS} times already. End one of the streams.");
            return Err(ApiError::too_many("streams_too_many", detail, LATER));
        }
        *count += 1;
        Ok(Counted { streams: self.clone(), actor })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut by_actor = self.streams.by_actor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_actor.get_mut(&self.actor) {
            *count -= 1;
            if *count == 0 {
                by_actor.remove(&self.actor);
            }
        }
    }
}

/// What a source has read.
pub(super) struct Batch {
    /// What is told, in order.
    pub(super) events: Vec<Event>,
    /// Whether it was looked at what the caller may see.
    pub(super) is_checked: bool,
    /// Whether nothing comes behind these.
    pub(super) is_last: bool,
}

/// What a stream tells, read as it comes.
pub(super) trait Source: Send + 'static {
    /// Reads what is new; none where it is no longer this caller's to see, or the database fails: the client comes back with what it has.
    /// Where `is_due`, it is looked at in any case whether the caller may see it.
    fn read(&mut self, is_due: bool) -> impl Future<Output = Option<Batch>> + Send;
}

/// A source that is followed.
pub(super) struct Follower<T> {
    pub(super) source: T,
    /// Moves when there may be something new.
    pub(super) moved: watch::Receiver<u64>,
    /// The panel ends.
    pub(super) stop: CancellationToken,
    /// Held as long as it goes on.
    pub(super) _counted: Counted,
}

impl<T: Source> Follower<T> {
    /// The answer that goes on.
    pub(super) fn answer(self) -> Response {
        let begun = Following { follower: self, ready: VecDeque::new(), checked: None, is_last: false };
        let events = stream::unfold(begun, |mut following| async move {
            let event = following.next().await?;
            Some((Ok::<_, Infallible>(event), following))
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(QUIET)).into_response()
    }
}

struct Following<T> {
    follower: Follower<T>,
    ready: VecDeque<Event>,
    /// When it was last seen that it may go on.
    checked: Option<Instant>,
    is_last: bool,
}

impl<T: Source> Following<T> {
    /// The next event; none when the source, the session or the panel ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.is_last {
                return None;
            }
            self.follower.moved.mark_unchanged();
            let is_due = self.checked.is_none_or(|checked| checked.elapsed() >= CHECKED);
            let batch = self.follower.source.read(is_due).await?;
            if batch.is_checked {
                self.checked = Some(Instant::now());
            }
            self.ready = batch.events.into();
            self.is_last = batch.is_last;
            if self.is_last || !self.ready.is_empty() {
                continue;
            }
            let due = self.checked.unwrap_or_else(Instant::now) + CHECKED;
            tokio::select! {
                () = self.follower.stop.cancelled() => return None,
                moved = self.follower.moved.changed() => {
                    moved.ok()?;
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep_until(due) => {}
            }
        }
    }
}
