//! Streams of the panel that are followed over its restarts, from the last message on.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::client::Call;
use crate::event::sse;
use crate::failure::Failure;
use crate::progress::Line;
use crate::run::{Session, pauses};

/// A stream, and how far it was read.
pub(crate) struct Follower {
    call: Call,
    last: Option<String>,
    open: Option<(Incoming, sse::Parser)>,
    /// Once it was there it comes back.
    was_open: bool,
    pause: Box<dyn Iterator<Item = Duration> + Send>,
}

impl Follower {
    /// Follows what this call answers, behind the message of this id.
    pub(crate) fn new(call: Call, last: Option<String>) -> Self {
        let call = call.header("accept", "text/event-stream");
        Self { call, last, open: None, was_open: false, pause: Box::new(pauses()) }
    }

    /// The messages that come next. A stream that ended, in an orderly way or not, is asked for again from the last message on.
    pub(crate) async fn next(&mut self, session: &Session) -> Result<Vec<sse::Message>, Failure> {
        loop {
            let Some((body, parser)) = &mut self.open else {
                self.open(session).await?;
                continue;
            };
            let Some(Ok(frame)) = body.frame().await else {
                self.open = None;
                self.wait().await;
                continue;
            };
            let Ok(data) = frame.into_data() else { continue };
            let messages = parser.push(&data);
            if let Some(id) = messages.iter().rev().find_map(|message| message.id.clone()) {
                self.last = Some(id);
            }
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }

    async fn open(&mut self, session: &Session) -> Result<(), Failure> {
        let mut call = self.call.clone();
        if let Some(last) = &self.last {
            call = call.header("last-event-id", last.clone());
        }
        match session.client.stream(&call).await {
            Ok(body) => {
                self.open = Some((body, sse::Parser::default()));
                self.was_open = true;
                self.pause = Box::new(pauses());
            }
            Err(Failure::Unreachable { .. }) if self.was_open => {
                let _line = Line::now(session.screen.moves, "the panel is away; waiting for it");
                self.wait().await;
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    async fn wait(&mut self) {
        if let Some(pause) = self.pause.next() {
            tokio::time::sleep(pause).await;
        }
    }
}
