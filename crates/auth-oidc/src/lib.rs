//! OpenID Connect as a client: where somebody is sent to sign in, and who they are by what comes back.
//!
//! The authorization code flow with PKCE (S256), `state` and `nonce`, and nothing else. A person is known by the provider and the `sub` that
//! it gave them: an e-mail address proves nothing, since providers let people enter any. An ID token counts only where its signature is by a
//! key that the provider publishes (never `none`, never one that both sides know), and issuer, audience, nonce and time are right.
//!
//! This crate speaks to no network, keeps no row and knows no route: whoever uses it gives it [`Http`], keeps what [`ask`] made, and hands it to
//! [`Returned::identify`] once. It is one leaf, so that the library's many dependencies stay behind one door.

mod error;
mod flow;
mod http;
mod issuer;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::{OidcError, TokenError};
pub use flow::{Asked, Client, Identified, LONGEST_SUBJECT, Returned, ask};
pub use http::{Http, HttpError};
pub use issuer::{BELIEVED, Issuer, Issuers, Known};
pub use openidconnect::{HttpRequest, HttpResponse};

#[cfg(test)]
mod tests;
