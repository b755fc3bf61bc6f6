//! Why nobody is known.

use openidconnect::{ClaimsVerificationError, SignatureVerificationError};

use crate::http::HttpError;

/// Why nobody is known by a provider. The texts are for whoever manages the provider; nothing of a token is in them.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider was not asked, or did not answer.
    #[error("{what}: {source}")]
    Http {
        /// What was asked for.
        what: &'static str,
        /// Why there is no answer.
        #[source]
        source: HttpError,
    },
    /// What the provider publishes of itself is of no use.
    #[error("what the provider says of itself cannot be used: {0}")]
    Discovery(String),
    /// The provider refused to exchange the code.
    #[error("the provider does not take the code: {0}")]
    Code(String),
    /// The answer to the code is unreadable, or there is no ID token in it.
    #[error("the provider's answer to the code cannot be used: {0}")]
    Answer(String),
    /// The ID token is not to be trusted.
    #[error("the ID token is refused: {0}")]
    Token(#[from] TokenError),
    /// What `userinfo` says is of no use.
    #[error("what the provider tells of the person cannot be used: {0}")]
    UserInfo(String),
}

/// Why an ID token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was signed by nobody, by a method that is not taken, by a key that is not the provider's, or not at all.
    #[error("its signature is not the provider's")]
    Signature,
    /// No key of the provider has this id. Keys are fetched anew, then it counts as [`TokenError::Signature`].
    #[error("no key of the provider has signed it")]
    UnknownKey,
    /// It is of another issuer.
    #[error("another provider issued it")]
    Issuer,
    /// It is for another client, or for others too.
    #[error("it is not for this panel alone")]
    Audience,
    /// It answers another question.
    #[error("it answers another sign-in")]
    Nonce,
    /// It is over, or not of this moment.
    #[error("it is not of this moment: the clocks differ, or it is old")]
    Time,
    /// It does not belong to the access token that came with it.
    #[error("it does not belong to what came with it")]
    AccessToken,
    /// Its subject is empty, too long, or no plain text.
    #[error("its subject cannot be used")]
    Subject,
    /// Anything else: encrypted, nested, of another kind.
    #[error("it is of a kind that is not taken")]
    Kind,
}

impl TokenError {
    /// A stable word for it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signature | Self::UnknownKey => "token_signature",
            Self::Issuer => "token_issuer",
            Self::Audience => "token_audience",
            Self::Nonce => "token_nonce",
            Self::Time => "token_time",
            Self::AccessToken => "token_access",
            Self::Subject => "token_subject",
            Self::Kind => "token_kind",
        }
    }
}

impl From<&ClaimsVerificationError> for TokenError {
    fn from(error: &ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as E;
        match error {
            E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Self::UnknownKey,
            E::SignatureVerification(_) => Self::Signature,
            E::InvalidIssuer(_) => Self::Issuer,
            E::InvalidAudience(_) => Self::Audience,
            E::InvalidNonce(_) => Self::Nonce,
            E::Expired(_) | E::InvalidAuthTime(_) => Self::Time,
            E::InvalidSubject(_) => Self::Subject,
            _ => Self::Kind,
        }
    }
}

impl OidcError {
    /// A stable word for it, for the audit and the page.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Http { source: HttpError::Forbidden(_), .. } => "provider_address",
            Self::Http { source: HttpError::NobodyAsks(_), .. } => "egress_unreachable",
            Self::Http { source: HttpError::TooMuch(_), .. } => "provider_too_much",
            Self::Http { source: HttpError::NoAnswer(_), .. } => "provider_unreachable",
            Self::Discovery(_) => "provider_document",
            Self::Code(_) => "provider_code",
            Self::Answer(_) => "provider_answer",
            Self::UserInfo(_) => "provider_userinfo",
            Self::Token(error) => error.code(),
        }
    }
}

/// A provider's own words, cut short and without what is not seen.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
