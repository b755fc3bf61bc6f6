//! One question to the DNS, and what came of it.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use names::RecordName;
use serde::{Deserialize, Serialize};
use wire::{Access, Method};

use crate::foreign::Foreign;

/// The most records of an answer that are handed on.
pub const MAX_RECORDS: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordKind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// The name that this one is another word for.
    Cname,
    /// The name servers of a zone.
    Ns,
    /// Texts.
    Txt,
}

/// Asks the name servers of the bounds, or else those of `/etc/resolv.conf`, which ask the rest of the world. Nothing is remembered from one
/// question to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// Of what. No search domain is tried, and no file of this host.
    pub name: RecordName,
    /// Which records.
    pub kind: RecordKind,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE", tag = "type", content = "value")]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Who may issue certificates.
    Caa(Caa),
    /// The name that this one is another word for, without its last dot.
    Cname(Foreign),
    /// A name server, without its last dot.
    Ns(Foreign),
    /// A text: its strings, one behind the other.
    Txt(Foreign),
}

/// One property of a CAA record (RFC 8659, 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caa {
    /// Whoever does not know the tag must not issue.
    pub critical: bool,
    /// `issue`, `issuewild`, `iodef`, or one that was thought of later.
    pub tag: Foreign,
    /// As the tag has it: of `issue`, an authority's domain and its parameters.
    pub value: Foreign,
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRecord {
    /// For how many seconds it may be remembered.
    pub ttl: u32,
    /// What it says.
    #[serde(flatten)]
    pub data: RecordData,
}

/// What the DNS has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Found {
    /// Records of the kind that was asked for, and the CNAME records that led to them.
    Records {
        /// At most [`MAX_RECORDS`].
        records: Vec<DnsRecord>,
        /// There were more.
        cut: bool,
    },
    /// The name is there and has none of this kind (NODATA).
    Nothing {
        /// For how many seconds that may be remembered; none where the answer does not say.
        ttl: Option<u32>,
    },
    /// There is no such name (NXDOMAIN).
    NoName {
        /// As that of `Nothing`.
        ttl: Option<u32>,
    },
}

/// The reply of [`Resolve`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveReply {
    /// What the DNS has.
    pub found: Found,
    /// The whole time, in microseconds.
    pub micros: u64,
}

impl Method for Resolve {
    const NAME: &'static str = "holdfast.egress1.Resolve";
    /// Nothing on this host is changed.
    const ACCESS: Access = Access::Read;
    const DEADLINE: Duration = Duration::from_secs(20);
    type Reply = ResolveReply;
}
