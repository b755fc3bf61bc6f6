//! Whether an address answers on port 80 with this installation's own proof.

use std::net::IpAddr;
use std::time::Duration;

use names::{DomainName, OpaqueToken, Thumbprint};
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

/// Asks an address, by HTTP on port 80, the question that an authority asks (RFC 8555, 8.3): the answer to a token is the token, a dot and the
/// thumbprint of the installation's key. The port and the path are these and no others, nothing is sent but the name and the token, and of
/// the answer no byte is handed on: whoever chooses the address learns nothing that they could not ask themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The name in the Host header.
    pub name: DomainName,
    /// Whom to ask. An address of the public internet, and not one of this server.
    pub address: IpAddr,
    /// What is asked for.
    pub token: ProofToken,
    /// Whose answer is wanted.
    pub thumbprint: Thumbprint,
}

/// The token of a challenge: 43 characters of base64url, made for one question. It is no secret, and means nothing afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProofToken(String);

impl ProofToken {
    /// Where it is asked for.
    pub const FOLDER: &'static str = "/.well-known/acme-challenge/";

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path that is asked for.
    pub fn path(&self) -> String {
        format!("{}{}", Self::FOLDER, self.0)
    }

    /// What whoever has the key answers.
    pub fn answer(&self, thumbprint: &Thumbprint) -> String {
        format!("{}.{thumbprint}", self.0)
    }
}

impl From<&OpaqueToken> for ProofToken {
    fn from(token: &OpaqueToken) -> Self {
        Self(token.expose().expose().clone())
    }
}

impl TryFrom<String> for ProofToken {
    type Error = names::NameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        OpaqueToken::parse(&text).map(|_| Self(text))
    }
}

impl From<ProofToken> for String {
    fn from(token: ProofToken) -> Self {
        token.0
    }
}

/// What answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// This installation's proof.
    Proof,
    /// A redirection, which was not followed.
    Redirect,
    /// Anything else.
    Other,
}

/// The reply of [`Visit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitReply {
    /// What answered.
    pub seen: Seen,
    /// The HTTP status.
    pub status: u16,
    /// The whole time, in microseconds.
    pub micros: u64,
}

impl VisitReply {
    /// What an answer with this status and the begin of this body is.
    pub fn judge(ask: (&ProofToken, &Thumbprint), status: u16, body: &[u8], micros: u64) -> Self {
        let expected = ask.0.answer(ask.1);
        // space at the end is what authorities allow (RFC 8555, 8.3)
        let is_proof = status == 200 && body.trim_ascii_end() == expected.as_bytes();
        let seen = match status {
            _ if is_proof => Seen::Proof,
            301 | 302 | 303 | 307 | 308 => Seen::Redirect,
            _ => Seen::Other,
        };
        Self { seen, status, micros }
    }
}

impl Method for Visit {
    const NAME: &'static str = "holdfast.egress1.Visit";
    /// Nothing on this host is changed.
    const ACCESS: Access = Access::Read;
    const DEADLINE: Duration = Duration::from_secs(15);
    type Reply = VisitReply;
}
