//! Requests written and replies read: the caller's side of the JSON.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::envelope::{RefusalBody, empty_object, ended};
use crate::error::Refusal;

/// What a service answers. Read leniently.
#[derive(Debug, Deserialize)]
pub(crate) struct Reply {
    #[serde(default, deserialize_with = "present")]
    pub(crate) parameters: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) continues: bool,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

#[derive(Serialize)]
struct RequestOut<'a, T: ?Sized> {
    method: &'a str,
    parameters: &'a T,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

/// `null` is a value of its own (the reply of a method without one), and not the same as nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Reads a reply: the parameters and whether more follows, or the service's refusal.
pub(crate) fn parse_reply(frame: &[u8]) -> Result<Result<(Box<RawValue>, bool), Refusal>, String> {
    let reply: Reply = serde_json::from_slice(frame).map_err(|error| error.to_string())?;
    let parameters = match reply.parameters {
        Some(parameters) => parameters,
        None => empty_object()?,
    };
    match reply.error {
        Some(name) => Ok(Err(parse_refusal(name, &parameters))),
        None => Ok(Ok((parameters, reply.continues))),
    }
}

/// A refusal from its frame. A foreign service's parameters become the detail as they are.
fn parse_refusal(name: String, parameters: &RawValue) -> Refusal {
    let body: Option<RefusalBody> = serde_json::from_str(parameters.get()).ok();
    if let Some(RefusalBody { message: Some(message), detail }) = body {
        return Refusal { name, message, detail };
    }
    let message = format!("the service answered {name}");
    let detail = serde_json::from_str(parameters.get()).unwrap_or_default();
    Refusal { name, message, detail }
}

/// A request's frame, with its NUL.
pub(crate) fn request(method: &str, parameters: &impl Serialize, more: bool) -> serde_json::Result<Vec<u8>> {
    ended(&RequestOut { method, parameters, more })
}
