//! What is sent.

use desired::event::Logged;
use names::Micros;
use serde_json::{Value, json};

/// The body about an event: the fields of the API's own event below `data`.
pub(crate) fn about(event: &Logged) -> Value {
    json!({
        "type": event.code,
        "timestamp": event.last_at,
        "data": {
            "cursor": event.seq.to_string(),
            "at": event.at,
            "last_at": event.last_at,
            "kind": event.scope_kind,
            "id": event.scope_id,
            "account": event.account,
            "severity": event.severity,
            "code": event.code,
            "params": event.params,
            "count": event.count,
        },
    })
}

/// The body of a test.
pub(crate) fn test(name: &names::Label, now: Micros) -> Value {
    json!({ "type": "webhook.test", "timestamp": now, "data": { "kind": "webhook", "params": { "name": name } } })
}

/// One text for an event and all its repetitions, and for no other event.
pub(crate) fn series(event: &Logged) -> String {
    format!("{}/{}/{}/{}", event.scope_kind, event.scope_id, event.code, event.at.as_micros())
}
