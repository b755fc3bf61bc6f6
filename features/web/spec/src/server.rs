//! The web server of a node: what it listens on, and the default that serves nothing of anyone's.

use converge::{Kind, Spec};
use names::{ListenAddr, NodeId};
use serde::{Deserialize, Serialize};

/// The base of nginx on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebServerSpec {
    /// Addresses and ports for HTTP, IPv4 and IPv6; inside the bounds of `agent.toml`.
    pub listen: Vec<ListenAddr>,
}

impl Spec for WebServerSpec {
    const KIND: Kind = "webserver";
    const APPLY: &'static str = "holdfast.web1.ApplyWebServer";
    type Key = NodeId;
}
