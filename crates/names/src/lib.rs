//! Validated values: the words that every other part speaks.
//!
//! A value of one of these types proves that its text is in canonical form and safe in every syntax it is rendered into
//! (nginx, ini, systemd units, `sshd_config`, JSON). Nothing here does I/O. Input is refused, never cleaned, except where a
//! type's own documentation names the canonical form it gives (a domain name is lower-cased, its last dot dropped).
//!
//! The pattern of every type: private content, one constructor `parse(&str)` (or `new` for numbers), `Display` that parses
//! back to the same value, serde through the same constructor. An error carries a stable code, a reason and a remedy and never
//! repeats the refused input, so that it may be logged and shown.
#![forbid(unsafe_code)]

mod account;
mod address;
mod api_token;
mod cert_name;
mod crypt;
mod digest;
mod domain;
mod email;
mod error;
mod generation;
mod hostname;
mod id;
mod index;
mod label;
mod listen;
mod micros;
mod node_role;
mod path;
mod php;
mod secret;
mod size;
mod ssh_key;
mod text;
mod thumbprint;
mod token;
mod uid;
mod url;

#[cfg(test)]
mod proof;

pub use account::AccountName;
pub use address::{IpNetwork, Special};
pub use api_token::ApiToken;
pub use cert_name::CertName;
pub use crypt::CryptHash;
pub use digest::{CanonicalError, Digest, canonical_json};
pub use domain::DomainName;
pub use email::EmailAddress;
pub use error::{NameError, code_in};
pub use generation::Generation;
pub use hostname::Hostname;
pub use id::{
    AccountId, AuditId, AuthorityId, CertificateId, DeliveryId, EventId, Id, IdentityId, IdentityProviderId,
    InvitationId, JobId, Kind, LinkId, NodeId, OrganisationId, PackageId, PasskeyId, PersonId, PoolId,
    RequestId, RoleId, SessionId, SiteId, SshKeyId, TokenId, WebhookId, kind,
};
pub use index::{IndexFile, IndexOrder};
pub use label::Label;
pub use listen::ListenAddr;
pub use micros::Micros;
pub use node_role::NodeRole;
pub use path::RelPath;
pub use php::{PhpVersion, PoolName};
pub use secret::{Password, Secret};
pub use size::{BodySize, ByteSize};
pub use ssh_key::{SshKeyKind, SshPublicKey};
pub use thumbprint::Thumbprint;
pub use token::OpaqueToken;
pub use uid::{Uid, UidRange};
pub use url::{Scheme, UrlHost, WebUrl};
