//! One message, sent once.

use std::time::Duration;

use egress_spec::{Body, Fetch, Verb, errors};
use names::{DeliveryId, Micros, WebUrl};
use wire::{Peer, WireError};

use crate::secret::Key;
use crate::sign;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is read: nothing in it matters but that it ends.
const MOST: u32 = 1024;
/// The most characters of a reason that are kept.
const LONGEST: usize = 400;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was taken.
    Taken { status: u16, micros: u64 },
    /// It was not; what is tried again may be taken.
    Failed { status: Option<u16>, reason: String },
    /// The receiver says that it is gone for good (410).
    Gone,
    /// Egress does not answer: nothing is known of the receiver.
    NoEgress(String),
}

/// Whom it goes to.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) url: WebUrl,
    /// The key, and the one before it while that is valid.
    pub(crate) keys: Vec<Key>,
}

/// Sends a body and looks at the answer.
pub(crate) async fn send(egress: &Peer, to: &Receiver, id: DeliveryId, body: &str, now: Micros) -> Outcome {
    let keys: Vec<&Key> = to.keys.iter().collect();
    if keys.is_empty() {
        // never unsigned
        let reason = "its secret cannot be read: make a new one".to_owned();
        return Outcome::Failed { status: None, reason };
    }
    let ask = Fetch {
        verb: Verb::Post,
        url: to.url.clone(),
        headers: sign::headers(id, now, body, &keys),
        body: Body(body.as_bytes().to_vec()),
        timeout_ms: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
        max_answer: MOST,
    };
    match egress.call(&ask).await {
        Ok(reply) => judge(reply.status, reply.micros),
        Err(error) => unsent(&error),
    }
}

fn judge(status: u16, micros: u64) -> Outcome {
    let reason = match status {
        200..300 => return Outcome::Taken { status, micros },
        410 => return Outcome::Gone,
        300..400 => format!(
            "it answered {status}: a redirection, which is not followed; enter the address that it leads to"
        ),
        _ => format!("it answered {status}"),
    };
    Outcome::Failed { status: Some(status), reason }
}

fn unsent(error: &WireError) -> Outcome {
    const OF_RECEIVER: [&str; 4] =
        [errors::FORBIDDEN, errors::UNRESOLVED, errors::NO_ANSWER, errors::UNTRUSTED];
    match error.refusal() {
        Some(refusal) if OF_RECEIVER.contains(&refusal.name.as_str()) => {
            Outcome::Failed { status: None, reason: refusal.message.chars().take(LONGEST).collect() }
        }
        _ => Outcome::NoEgress(error.to_string()),
    }
}
