//! Sending somebody to a provider.
//!
//! What is kept of the question is bound to the browser by a cookie of its own (`__Host-`, `Lax`: it comes along when the provider sends the
//! browser back, as the session's cookie does not). Several sign-ins of one browser go on beside each other.

use std::time::Duration;

use api_kit::ApiError;
use auth_oidc::{Client, HttpError, OidcError};
use axum::response::AppendHeaders;
use desired::setting;
use http::{HeaderMap, header};
use names::{Hostname, Label, Micros, OpaqueToken, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use store::{Tx, WriteTx};
use utoipa::ToSchema;

use crate::State;
use crate::outside;
use crate::store::attempt::{self, LASTS, New};
use crate::store::provider::{self, Provider, ProviderKey};
use crate::text::{Claim, Scope};

/// The cookie that binds a question to a browser.
pub(crate) const COOKIE: &str = "__Host-holdfast-provider";
/// The whole time that a question may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// Where a browser is to go.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SentToProvider {
    /// The address of the provider's sign-in page, for this browser alone.
    url: String,
    /// Until when one may come back.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// The browser's token, where it has one; two of them are none: one of them was tossed in.
pub(crate) fn browser(headers: &HeaderMap) -> Option<OpaqueToken> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut found = values.flat_map(|value| value.split(';')).filter_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    });
    let token = found.next()?;
    if found.next().is_some() { None } else { OpaqueToken::parse(token).ok() }
}

fn cookie(browser: &OpaqueToken) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let (text, age) = (browser.expose(), LASTS.as_secs());
    let cookie = format!("{COOKIE}={}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax", text.expose());
    AppendHeaders([(header::SET_COOKIE, cookie)])
}

fn no_name() -> ApiError {
    let detail = "A provider sends people back to the panel's name, and it has none yet. An administrator sets panel.hostname first.";
    ApiError::conflict("panel_has_no_name", detail)
}

/// The panel as one provider knows it.
pub(crate) fn client(state: &State, row: &Provider, host: &Hostname) -> Result<Client, seal::SealError> {
    Ok(Client {
        issuer: row.issuer.clone(),
        id: row.client_id.as_str().to_owned(),
        secret: row.secret(&state.seal)?,
        redirect: state.redirect(host, &row.name),
        scopes: row.scopes.iter().map(Scope::as_str).map(str::to_owned).collect(),
        groups_claim: row.groups_claim.as_ref().map(Claim::as_str).map(str::to_owned),
    })
}

/// Why a provider is not to be reached, as an answer.
fn unreachable(error: &OidcError) -> ApiError {
    let later = Duration::from_secs(30);
    let detail = match error {
        OidcError::Http { source: HttpError::NobodyAsks(_), .. } => {
            "Egress does not answer, so that the provider was not asked. Sign in otherwise, or try again."
                .to_owned()
        }
        error => format!(
            "The provider cannot be used at this moment: {error}. Sign in otherwise, or tell an administrator."
        ),
    };
    ApiError::unavailable(error.code(), detail, later).caused_by(error.to_string())
}

/// Makes a question for this browser; the answer sends it to the provider.
pub(crate) async fn send(
    state: &State,
    provider: &Label,
    headers: &HeaderMap,
    links: Option<(PersonId, SessionId)>,
) -> Result<(AppendHeaders<[(header::HeaderName, String); 1]>, SentToProvider), ApiError> {
    let now = state.panel.now();
    let key = ProviderKey::Name(provider.clone());
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let row = provider::find(tx, &key).await?.filter(|row| row.enabled);
        let row = row.ok_or_else(|| ApiError::not_found("identity provider"))?;
        let host: Option<Hostname> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
        Ok((row, host.ok_or_else(no_name)?))
    };
    let (row, host) = state.panel.store().read(read).await?;
    let client = client(state, &row, &host).map_err(ApiError::internal)?;
    let http = outside::http(&state.egress, &state.bounds);
    let known = tokio::time::timeout(PATIENCE, state.issuers.get(&row.issuer, &http, now)).await;
    let Ok(known) = known else {
        let detail = "The provider does not answer in time. Sign in otherwise, or try again.";
        return Err(ApiError::unavailable("provider_unreachable", detail, Duration::from_secs(30)));
    };
    let known = known.map_err(|error| unreachable(&error))?;
    let random = || OpaqueToken::generate().map_err(|error| ApiError::internal(error.to_string()));
    let (question, nonce) = (random()?, random()?);
    let browser = if let Some(browser) = browser(headers) { browser } else { random()? };
    let asked = auth_oidc::ask(&known, &client, &question.expose(), &nonce.expose());
    let asked = asked.map_err(|error| unreachable(&error))?;
    let write = async |tx: &mut WriteTx| {
        let (state_token, browser, verifier) = (&question, &browser, &asked.verifier);
        let new = New { state: state_token, browser, nonce: &nonce, provider: row.id, verifier, links };
        attempt::insert(tx, &state.seal, &new, now).await
    };
    state.panel.store().write(write).await?;
    Ok((cookie(&browser), SentToProvider { url: asked.url, expires_at: now.plus(LASTS) }))
}
