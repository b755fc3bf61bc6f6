//! Why there is no answer.

use std::net::SocketAddr;
use std::time::Duration;

use egress_spec::{Forbidden, errors};
use names::Hostname;
use wire::Refusal;

/// Each is shown to whoever chose the URL: what is wrong, and nothing of what was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The call itself is not as it must be.
    #[error("{0}: {1}")]
    Call(&'static str, String),
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A name of which one address at least may not be spoken to.
    #[error("{0} leads to an address that may not be reached: {1}")]
    ForbiddenName(Hostname, Forbidden),
    #[error("{0} cannot be resolved: {1}")]
    Unresolved(Hostname, String),
    #[error("{0} does not take the connection: {1}")]
    Connect(SocketAddr, std::io::Error),
    #[error("TLS with {0} failed: {1}")]
    Untrusted(SocketAddr, String),
    #[error("{0} did not answer within {1:?}")]
    TooSlow(String, Duration),
    #[error("{0} does not answer as HTTP has it: {1}")]
    Http(SocketAddr, String),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let name = match &failure {
            Failure::Call(parameter, message) => return Self::invalid(parameter, message.clone()),
            Failure::Forbidden(_) | Failure::ForbiddenName(..) => errors::FORBIDDEN,
            Failure::Unresolved(..) => errors::UNRESOLVED,
            Failure::Untrusted(..) => errors::UNTRUSTED,
            Failure::Connect(..) | Failure::TooSlow(..) | Failure::Http(..) => errors::NO_ANSWER,
        };
        Self::new(name, failure.to_string())
    }
}
