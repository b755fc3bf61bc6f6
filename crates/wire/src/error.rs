//! What can go wrong with a call: a service's refusal, and everything on the way to it.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// Error names that every service may answer; features add their own (`holdfast.web1.GenerationConflict`).
pub mod names {
    /// The service knows no such method.
    pub const METHOD_NOT_FOUND: &str = "org.varlink.service.MethodNotFound";
    /// The service knows no such interface.
    pub const INTERFACE_NOT_FOUND: &str = "org.varlink.service.InterfaceNotFound";
    /// The parameters do not parse: unknown field, wrong type, a value that its type refuses.
    pub const INVALID_PARAMETER: &str = "org.varlink.service.InvalidParameter";
    /// The caller's uid may connect, but not do this.
    pub const PERMISSION_DENIED: &str = "org.varlink.service.PermissionDenied";
    /// The handler failed in a way that is a defect of the service.
    pub const INTERNAL: &str = "holdfast.wire1.Internal";
    /// The method's deadline passed.
    pub const DEADLINE: &str = "holdfast.wire1.Deadline";
    /// Too many connections; try again.
    pub const BUSY: &str = "holdfast.wire1.Busy";
    /// The frame is not a request: bad JSON, duplicate key, unknown key of the envelope. The connection ends.
    pub const PROTOCOL: &str = "holdfast.wire1.Protocol";
    /// The reply would be larger than a frame may be.
    pub const REPLY_TOO_LARGE: &str = "holdfast.wire1.ReplyTooLarge";
    /// The service is stopping; try again.
    pub const STOPPING: &str = "holdfast.wire1.Stopping";
}

/// A service's "no": a stable name, a sentence for people, and data for programs.
///
/// On the wire it is `{"error": name, "parameters": {"message": .., "detail": ..}}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// Stable, dotted: `holdfast.web1.GenerationConflict`.
    pub name: String,
    /// One sentence: what is wrong and what to do. Never a secret.
    pub message: String,
    /// Data that belongs to the name; `Null` where there is none.
    pub detail: Value,
}

impl Refusal {
    /// A refusal without data.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into(), detail: Value::Null }
    }

    /// The same refusal with data. A value that cannot be JSON is left out.
    #[must_use]
    pub fn with_detail(mut self, detail: &impl Serialize) -> Self {
        self.detail = serde_json::to_value(detail).unwrap_or(Value::Null);
        self
    }

    /// `InvalidParameter` for one field.
    pub fn invalid(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(names::INVALID_PARAMETER, message)
            .with_detail(&serde_json::json!({ "parameter": parameter }))
    }

    /// `Internal`: a defect of the service, never the caller's fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(names::INTERNAL, message)
    }

    /// The data, read as the type that belongs to the name.
    pub fn detail_as<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.detail).ok()
    }
}

/// Why a call brought no reply.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The service answered, and said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No connection: the socket is missing, nobody listens, or access is denied.
    #[error("cannot connect to {}", path.display())]
    Connect {
        /// The socket's path.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("the connection failed")]
    Io(#[source] std::io::Error),
    /// No reply in time; whether a write happened is unknown, and repeating it is harmless.
    #[error("no reply to {method} within {} s", after.as_secs_f32())]
    Timeout {
        /// The method that was called.
        method: String,
        /// How long the caller waited.
        after: Duration,
    },
    /// The other side sent something that is no reply.
    #[error("unexpected reply: {0}")]
    Protocol(String),
    /// A frame larger than [`MAX_FRAME`](crate::MAX_FRAME), in either direction.
    #[error("the frame is larger than {} bytes", crate::MAX_FRAME)]
    TooLarge,
    /// The other side closed the connection before its reply.
    #[error("the connection was closed before the reply")]
    Closed,
}

impl WireError {
    /// The service's refusal, if it answered at all.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the service was refused by this name.
    pub fn is_refused(&self, name: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.name == name)
    }

    /// Whether the service is away, busy or stopping, so that the same call is worth repeating later.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Io(_) | Self::Timeout { .. } | Self::Closed => true,
            Self::Refused(refusal) => {
                matches!(refusal.name.as_str(), names::BUSY | names::STOPPING | names::DEADLINE)
            }
            Self::Protocol(_) | Self::TooLarge => false,
        }
    }
}
