//! Typed ids: UUIDs of version 7, one type for each kind of object, so that a site's id is never taken for an account's.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use uuid::{Uuid, Variant, Version};

use crate::NameError;
use crate::text::Text;

/// What an id is the id of.
pub trait Kind: 'static {
    /// One lower-case word, for messages: `site`.
    const NAME: &'static str;
}

/// The id of an object of kind `K`.
///
/// Safe wherever it is rendered: 36 characters, lower-case hexadecimal digits and hyphens in fixed places. Ids are made by the
/// panel; they sort by the time of their making. The one spelling is enforced, since ids name files.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Id<K> {
    /// A new id of this moment.
    #[cfg(feature = "generate")]
    #[expect(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        Self::wrap(Uuid::now_v7())
    }

    /// The id of a given moment and given random bytes: for tests and for importing.
    pub fn from_parts(at: crate::Micros, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_micros() / 1000).unwrap_or(0);
        Self::wrap(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Reads 36 characters, lower case, hyphenated, version 7; refuses with `id`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-');
        let read = || {
            if text.len() != 36 || !text.bytes().all(plain) {
                return None;
            }
            let uuid = Uuid::try_parse(text).ok()?;
            let ours =
                uuid.get_version() == Some(Version::SortRand) && uuid.get_variant() == Variant::RFC4122;
            ours.then(|| Self::wrap(uuid))
        };
        read().ok_or_else(|| {
            let reason = format!("this is not the id of one {}", K::NAME);
            NameError::new("id", reason, "use the id as the panel printed it: 36 lower-case characters")
        })
    }

    /// The bare value.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    const fn wrap(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.hyphenated().fmt(f)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", K::NAME, self.uuid)
    }
}

impl<K: Kind> Text for Id<K> {
    const WHAT: &'static str = "an id";
    fn read(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<K: Kind> std::str::FromStr for Id<K> {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl<K: Kind> TryFrom<String> for Id<K> {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl<K> From<Id<K>> for String {
    fn from(id: Id<K>) -> Self {
        id.to_string()
    }
}

impl<K> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer)
    }
}

macro_rules! kinds {
    ($($kind:ident, $alias:ident, $name:literal;)*) => {
        /// The kinds of objects that have ids.
        pub mod kind {
            $(
                #[doc = concat!("An id's kind: ", $name, ".")]
                #[derive(Debug)]
                pub enum $kind {}

                impl super::Kind for $kind {
                    const NAME: &'static str = $name;
                }
            )*
        }
        $(
            #[doc = concat!("The id of one ", $name, ".")]
            pub type $alias = Id<kind::$kind>;
        )*
    };
}

kinds! {
    Account, AccountId, "account";
    Audit, AuditId, "audit record";
    Authority, AuthorityId, "certificate authority";
    Certificate, CertificateId, "certificate";
    Delivery, DeliveryId, "delivery";
    Event, EventId, "event";
    Identity, IdentityId, "identity";
    IdentityProvider, IdentityProviderId, "identity provider";
    Invitation, InvitationId, "invitation";
    Job, JobId, "job";
    Link, LinkId, "login link";
    Node, NodeId, "node";
    Organisation, OrganisationId, "organisation";
    Package, PackageId, "package";
    Passkey, PasskeyId, "passkey";
    Person, PersonId, "person";
    Pool, PoolId, "pool";
    Request, RequestId, "request";
    Role, RoleId, "role";
    Session, SessionId, "session";
    Site, SiteId, "site";
    SshKey, SshKeyId, "SSH key";
    Token, TokenId, "token";
    Webhook, WebhookId, "webhook";
}

#[cfg(test)]
mod tests;
