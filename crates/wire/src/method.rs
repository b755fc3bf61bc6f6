//! What a procedure is.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One remote procedure. The request type is the procedure.
///
/// Requests carry `#[serde(deny_unknown_fields)]`: an old service must refuse what it does not understand. Replies
/// are read leniently, so that a reply may gain fields.
pub trait Method: Serialize + DeserializeOwned + Send + 'static {
    /// The full name: interface, dot, verb; `holdfast.web1.ApplySite`.
    const NAME: &'static str;
    /// What the call does to the host; rules what happens when the caller goes away.
    const ACCESS: Access;
    /// The whole time that a call may take, from the request's last byte.
    const DEADLINE: Duration = Duration::from_secs(30);
    /// How many descriptors the request may bring along. More than that, or any where this is 0, ends the connection.
    const FDS_IN: usize = 0;
    /// What a successful call answers: a type that serialises as an object, as Varlink wants it.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
}

/// What a procedure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Looks only. A caller that hangs up ends the call.
    Read,
    /// Changes the host, towards a wanted state. It is never torn off: a caller that hangs up, or a passed deadline, leaves
    /// it to end by itself, and asks long ones to stop (`Call::is_cancelled`). When the service stops it ends after its
    /// current step.
    Write,
    /// Work with an end that reports progress. Ends as a write does; one over many objects stops between two of them.
    Run,
}
