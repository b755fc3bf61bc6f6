//! Which requests of a connection are in hand: from their head to the last byte of their answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::watch;

/// How many requests a connection has in hand. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct InHand {
    count: Arc<watch::Sender<usize>>,
}

impl InHand {
    /// One more, until its mark is dropped.
    pub(super) fn begin(&self) -> Mark {
        self.count.send_modify(|count| *count += 1);
        Mark { in_hand: self.clone() }
    }

    /// Ends once there was none for so long; never, where the connection has ended before.
    pub(super) fn none_for(&self, long: Duration) -> impl Future<Output = ()> + use<> {
        let mut count = self.count.subscribe();
        async move {
            while count.wait_for(|count| *count == 0).await.is_ok() {
                if tokio::time::timeout(long, count.wait_for(|count| *count > 0)).await.is_err() {
                    return;
                }
            }
            std::future::pending::<()>().await;
        }
    }
}

/// A request that is in hand.
#[derive(Debug)]
pub(super) struct Mark {
    in_hand: InHand,
}

impl Mark {
    /// The request is in hand as long as its answer's body is not sent.
    pub(super) fn held_by(self, body: axum::body::Body) -> Held {
        Held { body, _mark: self }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.in_hand.count.send_modify(|count| *count -= 1);
    }
}

/// The body of an answer.
pub(super) struct Held {
    body: axum::body::Body,
    _mark: Mark,
}

impl Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
