//! The web server of a node: what it listens on, and the default that serves nothing of anyone's.

use converge::{Kind, Spec};
use names::{ListenAddr, NodeId, Thumbprint};
use serde::{Deserialize, Serialize};

/// The base of nginx on one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebServerSpec {
    /// Addresses and ports for HTTP, IPv4 and IPv6; inside the bounds of `agent.toml`.
    pub listen: Vec<ListenAddr>,
    /// Addresses and ports for HTTPS; the same bounds. None: sites answer by HTTP alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listen_tls: Vec<ListenAddr>,
    /// How old a visitor's software may be.
    #[serde(default, skip_serializing_if = "TlsProfile::is_intermediate")]
    pub tls_profile: TlsProfile,
    /// The key of the panel's ACME account: HTTP-01 challenges of every site's names are answered with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acme: Option<Thumbprint>,
}

/// Protocols and ciphers, as Mozilla's recommendations name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsProfile {
    /// TLS 1.2 and 1.3: all browsers of the last ten years.
    #[default]
    Intermediate,
    /// TLS 1.3 alone.
    Modern,
}

impl TlsProfile {
    /// The usual.
    pub fn is_intermediate(&self) -> bool {
        *self == Self::Intermediate
    }
}

impl Spec for WebServerSpec {
    const KIND: Kind = "webserver";
    const APPLY: &'static str = "holdfast.web1.ApplyWebServer";
    type Key = NodeId;
}
