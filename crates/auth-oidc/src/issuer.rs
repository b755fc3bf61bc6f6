//! What providers publish of themselves, and how long it is believed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use names::{Micros, NameError, Scheme, WebUrl};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, DiscoveryError, IssuerUrl, JsonWebKeySet, ProviderMetadata};
use serde::{Deserialize, Serialize};

use crate::error::{OidcError, plain};
use crate::http::{Http, HttpError};

/// So long what a provider published is believed.
pub const BELIEVED: Duration = Duration::from_mins(10);
/// Keys are not fetched anew more often than this, whoever shows tokens of unknown ones.
const RENEWED_EVERY: Duration = Duration::from_mins(1);
/// Issuers that are kept; there are a handful.
const MOST: usize = 100;

/// Signatures that are taken: by a key of which the provider publishes one half alone.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// An issuer, letter by letter as the provider writes itself: `https://login.example.com/realms/staff`.
///
/// It is compared as text (OpenID Connect Discovery 1.0, section 4.3), so that it is kept as it was written; beyond that it is a [`WebUrl`]
/// with TLS and without a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: WebUrl,
}

impl Issuer {
    /// Refuses what no [`WebUrl`] is, and with `url_scheme`, `url_query`, `url_spelling`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let remedy = "write the issuer as the provider names itself, such as https://login.example.com";
        let url = WebUrl::parse(text)?;
        if url.scheme() != Scheme::Https {
            return Err(NameError::new("url_scheme", "an issuer begins with https://", remedy));
        }
        if text.contains('?') {
            return Err(NameError::new("url_query", "an issuer has no query", remedy));
        }
        let spelt = url.to_string();
        if spelt != text && spelt.strip_suffix('/') != Some(text) {
            return Err(NameError::new("url_spelling", "the issuer is written unusually", remedy));
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it is asked.
    pub fn url(&self) -> &WebUrl {
        &self.url
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Issuer {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for Issuer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| serde::de::Error::custom(format!("{error} [{}]", error.code)))
    }
}

/// What the library does not know of a provider's document.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct More {
    /// RFC 9207: answers name their issuer.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

pub(crate) type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What a provider published of itself.
#[derive(Debug)]
pub struct Known {
    pub(crate) metadata: Metadata,
}

impl Known {
    /// Whether its answers name their issuer (RFC 9207), so that one that does not is another's.
    pub fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    /// Whether an answer from somewhere may be this provider's, by the `iss` that it brought.
    pub fn may_have_answered(&self, iss: Option<&str>) -> bool {
        match iss {
            Some(iss) => iss == self.metadata.issuer().as_str(),
            None => !self.names_itself(),
        }
    }

    /// Signatures that are taken of it.
    pub(crate) fn algorithms(&self) -> Vec<CoreJwsSigningAlgorithm> {
        let named = self.metadata.id_token_signing_alg_values_supported();
        ALGORITHMS.into_iter().filter(|algorithm| named.contains(algorithm)).collect()
    }

    /// Refuses what cannot be used before anybody is sent there.
    fn check(self) -> Result<Self, OidcError> {
        let refuse = |why: &str| Err(OidcError::Discovery(why.to_owned()));
        if self.metadata.authorization_endpoint().url().scheme() != "https" {
            return refuse("its sign-in page is not https://");
        }
        if self.metadata.token_endpoint().is_none() {
            return refuse("it names no token_endpoint");
        }
        if self.algorithms().is_empty() {
            return refuse("it signs by no method that is taken, such as RS256 or ES256");
        }
        Ok(self)
    }
}

/// Asks a provider for its document and its keys.
async fn discover(issuer: &Issuer, http: &Http) -> Result<Known, OidcError> {
    let url = IssuerUrl::new(issuer.text.clone()).map_err(|error| OidcError::Discovery(error.to_string()))?;
    let asked = Metadata::discover_async(url, http).await;
    let metadata = asked.map_err(|error| failed("asking the provider for its document and keys", error))?;
    Known { metadata }.check()
}

fn failed(what: &'static str, error: DiscoveryError<HttpError>) -> OidcError {
    match error {
        DiscoveryError::Request(source) => OidcError::Http { what, source },
        DiscoveryError::Response(status, _, _) if status.is_redirection() => OidcError::Discovery(format!(
            "it answered {}: a redirection, which is not followed",
            status.as_u16()
        )),
        DiscoveryError::Response(status, ..) if status.as_u16() != 200 => {
            OidcError::Discovery(format!("it answered {}", status.as_u16()))
        }
        DiscoveryError::Response(..) => {
            OidcError::Discovery("it answered with something else than JSON".to_owned())
        }
        DiscoveryError::Parse(error) => {
            OidcError::Discovery(format!("{} is not as it should be", plain(&error.path().to_string())))
        }
        DiscoveryError::Validation(_) => OidcError::Discovery("it calls itself by another issuer".to_owned()),
        other => OidcError::Discovery(plain(&other.to_string())),
    }
}

/// When it was fetched, and what it was, by the issuer.
type Kept = HashMap<String, (Micros, Arc<Known>)>;

/// What is known of all issuers, in memory. A clone is the same.
#[derive(Debug, Clone, Default)]
pub struct Issuers {
    known: Arc<Mutex<Kept>>,
}

impl Issuers {
    /// What is known of an issuer, or is asked for now.
    pub async fn get(&self, issuer: &Issuer, http: &Http, now: Micros) -> Result<Arc<Known>, OidcError> {
        match self.fetched(issuer) {
            Some((at, known)) if at <= now && now.since(at) < BELIEVED => Ok(known),
            _ => self.fetch(issuer, http, now).await,
        }
    }

    /// With its keys of this moment, after a token of one that is not known. Not fetched again where that was a moment ago.
    pub(crate) async fn renewed(
        &self,
        issuer: &Issuer,
        http: &Http,
        now: Micros,
    ) -> Result<Arc<Known>, OidcError> {
        let Some((at, known)) = self.fetched(issuer) else { return self.fetch(issuer, http, now).await };
        if at <= now && now.since(at) < RENEWED_EVERY {
            return Ok(known);
        }
        let keys = JsonWebKeySet::fetch_async(known.metadata.jwks_uri(), http).await;
        let keys = keys.map_err(|error| failed("asking the provider for its keys", error))?;
        let renewed = Arc::new(Known { metadata: known.metadata.clone().set_jwks(keys) });
        self.keep(issuer, &renewed, now);
        Ok(renewed)
    }

    /// Forgets what is known of an issuer.
    pub fn forget(&self, issuer: &Issuer) {
        self.lock().remove(issuer.as_str());
    }

    fn fetched(&self, issuer: &Issuer) -> Option<(Micros, Arc<Known>)> {
        self.lock().get(issuer.as_str()).cloned()
    }

    async fn fetch(&self, issuer: &Issuer, http: &Http, now: Micros) -> Result<Arc<Known>, OidcError> {
        let known = Arc::new(discover(issuer, http).await?);
        self.keep(issuer, &known, now);
        Ok(known)
    }

    fn keep(&self, issuer: &Issuer, known: &Arc<Known>, now: Micros) {
        let mut all = self.lock();
        if all.len() >= MOST {
            all.retain(|_, (at, _)| *at <= now && now.since(*at) < BELIEVED);
        }
        all.insert(issuer.as_str().to_owned(), (now, Arc::clone(known)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
