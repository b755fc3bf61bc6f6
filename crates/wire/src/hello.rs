//! The first call on each connection.

use serde::{Deserialize, Serialize};

use crate::method::{Access, Method};

/// Asks a service who it is. Answered by every service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {}

/// Who the service is and what it understands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReply {
    /// The service's release, `0.1.0`.
    pub version: String,
    /// The interfaces it answers, sorted: `holdfast.web1`, ...
    pub interfaces: Vec<String>,
    /// Additions within an interface that a caller must know of before it uses them, sorted.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The kernel's boot id, to notice that a server was restarted; empty where it cannot be read.
    #[serde(default)]
    pub boot_id: String,
}

impl Method for Hello {
    const NAME: &'static str = "holdfast.wire1.Hello";
    const ACCESS: Access = Access::Read;
    const DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);
    type Reply = HelloReply;
}
