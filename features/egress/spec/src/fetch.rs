//! One request to another server, and its answer.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use names::WebUrl;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wire::{Access, Method};

/// The most bytes of a request's body.
pub const MAX_BODY: usize = 512 * 1024;
/// The most bytes of an answer's body that are handed on.
pub const MAX_ANSWER: u32 = 512 * 1024;
/// The longest that a request may take.
pub const MAX_TIMEOUT: Duration = Duration::from_mins(1);

/// The names of refusals.
pub mod errors {
    /// The bounds do not let the request out: its scheme, its port, or an address that the name leads to.
    pub const FORBIDDEN: &str = "holdfast.egress1.Forbidden";
    /// The name leads to no address.
    pub const UNRESOLVED: &str = "holdfast.egress1.Unresolved";
    /// Nothing answers there, or not in time, or not in HTTP.
    pub const NO_ANSWER: &str = "holdfast.egress1.NoAnswer";
    /// What answers has no certificate for this name that is trusted.
    pub const UNTRUSTED: &str = "holdfast.egress1.Untrusted";
}

/// What is done with the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Read it.
    Get,
    /// Read its headers.
    Head,
    /// Send to it.
    Post,
    /// Put it there.
    Put,
    /// Change it.
    Patch,
    /// Remove it.
    Delete,
}

/// One line of a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// In lower case.
    pub name: String,
    /// Visible ASCII and spaces.
    pub value: String,
}

/// Bytes; base64 on the wire.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    /// What is sent to others may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(|_| D::Error::custom("a body is base64"))
    }
}

/// Sends one request and hands on what came back. No redirection is followed: the caller gets the 3xx and decides, and the next URL is judged like
/// the first. No cookie is kept, no proxy is asked, no connection is used twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// What is done.
    pub verb: Verb,
    /// Where.
    pub url: WebUrl,
    /// Headers beside those that egress writes itself: `host`, `content-length`, `connection`.
    pub headers: Vec<Header>,
    /// At most [`MAX_BODY`] bytes.
    pub body: Body,
    /// From the look-up of the name to the last byte, in milliseconds; at most [`MAX_TIMEOUT`].
    pub timeout_ms: u32,
    /// How much of the answer's body is wanted; at most [`MAX_ANSWER`]. The rest is not read.
    pub max_answer: u32,
}

/// The reply of [`Fetch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchReply {
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers, but for those that are no text.
    pub headers: Vec<Header>,
    /// The answer's body, as far as it was wanted and came in time.
    pub body: Body,
    /// There was more, or it did not come in time.
    pub cut: bool,
    /// Who answered.
    pub address: IpAddr,
    /// The whole time, in microseconds.
    pub micros: u64,
}

impl Method for Fetch {
    const NAME: &'static str = "holdfast.egress1.Fetch";
    /// Nothing on this host is changed, and whoever hangs up wants no answer.
    const ACCESS: Access = Access::Read;
    const DEADLINE: Duration = Duration::from_secs(65);
    type Reply = FetchReply;
}
