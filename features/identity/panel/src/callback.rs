//! Who comes back from a provider.
//!
//! First the question is taken out of the database, by the state and the browser's cookie: so it is answered once, whatever comes of it. Then the
//! provider is asked, with no transaction open. Then, in one transaction, the person is found or made, their roles brought up to date, and the session
//! begun; an ordinary answer of the provider's, such as that the person declined, ends before.

use std::collections::BTreeMap;
use std::time::Duration;

use api_kit::{ApiError, From, Language, origin_guard, request_id};
use audit::{Entry, Object, Outcome, Who};
use auth::second_factor::NeedsSecondFactor;
use auth::sign_in::{self, SignIn, SignInError, Vouched};
use auth::{Agent, Origin, person, session};
use auth_oidc::{Identified, OidcError, Returned, TokenError};
use axum::Router;
use axum::extract::{Path, RawQuery, State as S};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use desired::setting;
use http::header::{LOCATION, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, StatusCode};
use names::{Hostname, IdentityProviderId, Label, Micros, OpaqueToken, Secret};
use serde_json::json;
use store::{StoreError, WriteTx};

use crate::State;
use crate::begin::{self, COOKIE};
use crate::outside;
use crate::page::Refused;
use crate::people;
use crate::store::attempt::{self, Attempt};
use crate::store::provider::{self, Provider, ProviderKey};

/// The whole time that the provider may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer values are none of a provider's.
const LONGEST: usize = 4096;

/// The pages that are not of the API: where providers send people back to.
pub fn pages(state: State) -> Router {
    Router::new().route("/login/oidc/{provider}/callback", get(callback)).with_state(state)
}

/// What a provider sent along.
#[derive(Debug, Default)]
struct Sent {
    state: Option<String>,
    code: Option<Secret<String>>,
    error: Option<String>,
    iss: Option<String>,
}

impl Sent {
    /// Nothing of a query in which a parameter comes twice: one of them may be somebody else's.
    fn read(query: &str) -> Self {
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(value) = decoded(value).filter(|value| value.len() <= LONGEST) else { continue };
            if values.insert(name, value).is_some() {
                return Self::default();
            }
        }
        let mut take = |name: &str| values.remove(name).filter(|value| !value.is_empty());
        Self {
            state: take("state"),
            code: take("code").map(Secret::new),
            error: take("error"),
            iss: take("iss"),
        }
    }
}

/// One value of a form.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// What came of it.
enum Came {
    SignedIn(session::NewSession),
    Asked(NeedsSecondFactor),
    Linked,
}

async fn callback(
    S(state): S<State>,
    From(origin): From,
    Path(provider): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let sent = Sent::read(query.as_deref().unwrap_or_default());
    match come_back(&state, &provider, sent, &headers, origin).await {
        Ok(Came::SignedIn(new)) => {
            state.panel.events_written();
            let (age, token) = (session::LONGEST.as_secs(), new.token.expose());
            let name = origin_guard::SESSION_COOKIE;
            let cookie = format!(
                "{name}={}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict",
                token.expose()
            );
            (StatusCode::SEE_OTHER, AppendHeaders([(SET_COOKIE, cookie), over()]), [(LOCATION, "/")])
                .into_response()
        }
        Ok(Came::Asked(asked)) => {
            // Behind `#`, which no browser sends; the page takes it out of the address at once.
            let methods = asked.held.methods().join("-");
            let to = format!("/login#second-factor.{}.{methods}", asked.token.expose().expose());
            (StatusCode::SEE_OTHER, AppendHeaders([over()]), [(LOCATION, to)]).into_response()
        }
        Ok(Came::Linked) => {
            (StatusCode::SEE_OTHER, AppendHeaders([over()]), [(LOCATION, "/")]).into_response()
        }
        Err(refused) => refused.page(Language::of(&headers)),
    }
}

/// The browser's token is of no more use.
fn over() -> (http::HeaderName, String) {
    (SET_COOKIE, format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"))
}

/// A fault of ours, as a page.
fn fault(error: impl Into<ApiError>) -> Refused {
    let error = error.into();
    tracing::error!(error = %error.problem().detail, code = error.code(), "a sign-in by a provider failed");
    Refused::new("fault").with_status(StatusCode::INTERNAL_SERVER_ERROR)
}

fn unknown_state() -> Refused {
    Refused::new("state_unknown").with_status(StatusCode::BAD_REQUEST)
}

async fn come_back(
    state: &State,
    provider: &str,
    sent: Sent,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Came, Refused> {
    let now = state.panel.now();
    let taken = take(state, provider, &sent, headers, origin, now).await;
    let (attempt, row, host, question) = match taken {
        Ok(taken) => taken,
        Err(refused) => {
            note(state, origin, None, &refused, now).await;
            return Err(refused);
        }
    };
    let id = row.id;
    match go_on(state, (attempt, row, host, question), sent, headers, origin).await {
        Ok(came) => Ok(came),
        Err(refused) => {
            note(state, origin, Some(id), &refused, now).await;
            Err(refused)
        }
    }
}

type Taken = (Attempt, Provider, Hostname, OpaqueToken);

/// Takes the question, and counts an attempt.
async fn take(
    state: &State,
    provider: &str,
    sent: &Sent,
    headers: &HeaderMap,
    origin: Origin,
    now: Micros,
) -> Result<Taken, Refused> {
    let question = sent.state.as_deref().and_then(|text| OpaqueToken::parse(text).ok());
    let (Some(question), Some(browser)) = (question, begin::browser(headers)) else {
        return Err(unknown_state());
    };
    let Ok(name) = Label::parse(provider) else { return Err(unknown_state()) };
    let write = async |tx: &mut WriteTx| -> Result<Result<Taken, Refused>, ApiError> {
        let Some(attempt) = attempt::answered(tx, &question, &browser, now).await? else {
            return Ok(Err(unknown_state()));
        };
        let row = provider::find(tx, &ProviderKey::Id(attempt.provider)).await?;
        let Some(row) = row.filter(|row| row.enabled && row.name == name) else { return Ok(Err(mixed_up())) };
        let host: Option<Hostname> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
        let Some(host) = host else { return Ok(Err(mixed_up())) };
        match sign_in::begin_by_provider(tx, &row.name, origin, now).await {
            Ok(()) => Ok(Ok((attempt, row, host, question.clone()))),
            Err(SignInError::Locked { .. }) => {
                Ok(Err(Refused::new("sign_in_locked").with_status(StatusCode::TOO_MANY_REQUESTS)))
            }
            Err(error) => Err(error.into()),
        }
    };
    state.panel.store().write(write).await.map_err(fault)?
}

fn mixed_up() -> Refused {
    Refused::new("mix_up")
}

async fn go_on(
    state: &State,
    (attempt, row, host, question): Taken,
    sent: Sent,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Came, Refused> {
    let http = outside::http(&state.egress, &state.bounds);
    let now = state.panel.now();
    let label = row.label.as_str().to_owned();
    let asking = async {
        let known =
            state.issuers.get(&row.issuer, &http, now).await.map_err(|error| failed(&label, &error))?;
        if !known.may_have_answered(sent.iss.as_deref()) {
            return Err(mixed_up());
        }
        if let Some(error) = &sent.error {
            return Err(declined(&label, error));
        }
        let Some(code) = sent.code else {
            return Err(Refused::new("code_missing").of("label", &label));
        };
        let client = begin::client(state, &row, &host).map_err(|error| fault(ApiError::internal(error)))?;
        let verifier = attempt.verifier(&state.seal, &question);
        let verifier = verifier.map_err(|error| fault(ApiError::internal(error)))?;
        let returned = Returned { code, verifier, nonce: attempt.nonce };
        let identified = returned.identify(&client, &state.issuers, &http, now).await;
        identified.map_err(|error| failed(&label, &error))
    };
    let Ok(identified) = tokio::time::timeout(PATIENCE, asking).await else {
        let refused = Refused::new("provider_unreachable").saying("late").of("label", &label);
        return Err(refused.with_status(StatusCode::BAD_GATEWAY));
    };
    let identified = identified?;
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent = Agent::of(agent);
    let now = state.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<Result<Came, Refused>, ApiError> {
        // It may have been changed or switched off meanwhile.
        let row = provider::find(tx, &ProviderKey::Id(row.id)).await?.filter(|row| row.enabled);
        let Some(row) = row else { return Ok(Err(mixed_up())) };
        match attempt.links {
            Some((person, session)) => link(tx, &row, &identified, (person, session), origin, now).await,
            None => sign_in_as(tx, &row, &identified, agent, origin, now).await,
        }
    };
    state.panel.store().write(write).await.map_err(fault)?
}

async fn sign_in_as(
    tx: &mut WriteTx,
    provider: &Provider,
    who: &Identified,
    agent: Agent,
    origin: Origin,
    now: Micros,
) -> Result<Result<Came, Refused>, ApiError> {
    let person = match people::who(tx, provider, who, origin, now).await? {
        Ok(person) => person,
        Err(refused) => return Ok(Err(refused)),
    };
    // A provider that says that it asked for one factor alone is believed, whatever counts.
    let with_second = provider.second_factor_counts && who.second_factor != Some(false);
    let vouched = Vouched::checked(person, provider.name.clone(), with_second);
    let verified = match sign_in::by_provider(tx, &vouched, origin, now).await {
        Ok(SignIn::Done(verified)) => verified.with_agent(agent),
        Ok(SignIn::NeedsSecondFactor(asked)) => return Ok(Ok(Came::Asked(asked))),
        Err(SignInError::Refused) => return Ok(Err(people::not_admitted())),
        Err(error) => return Err(error.into()),
    };
    let new = session::begin(tx, &verified, origin, now).await?;
    let object = match person::by_id(tx, person).await? {
        Some(person) => Object::of_organisation("session", new.id, person.organisation),
        None => Object::of_installation("session", new.id),
    };
    let entry = Entry {
        who: Who::signing_in(&verified, origin),
        request_id: &request_id::current().unwrap_or_default(),
        action: "session.create",
        object,
        before: None,
        after: Some(json!({ "factors": verified.factors() })),
        plan_hash: None,
        outcome: Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    Ok(Ok(Came::SignedIn(new)))
}

async fn link(
    tx: &mut WriteTx,
    provider: &Provider,
    who: &Identified,
    (person, session): (names::PersonId, names::SessionId),
    origin: Origin,
    now: Micros,
) -> Result<Result<Came, Refused>, ApiError> {
    let sessions = auth::session::list(tx, person, now).await?;
    let lives = sessions.iter().any(|own| own.id == session && own.acting.is_none());
    let person = person::by_id(tx, person).await?.filter(|person| lives && person.suspended_at.is_none());
    let Some(person) = person else {
        return Ok(Err(Refused::new("session_over")));
    };
    sign_in::forgive_provider(tx, &provider.name, origin, now).await?;
    Ok(people::link(tx, provider, who, &person, origin, now).await?.map(|()| Came::Linked))
}

/// What the provider itself said.
fn declined(label: &str, error: &str) -> Refused {
    let word: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(50).collect();
    if word == "access_denied" {
        return Refused::new("access_denied").of("label", label);
    }
    Refused::new("provider_error").of("label", label).of("word", &word)
}

/// What went wrong between the panel and the provider.
fn failed(label: &str, error: &OidcError) -> Refused {
    tracing::warn!(provider = label, error = %error, "a sign-in by a provider was refused");
    let words = match error {
        OidcError::Token(TokenError::Time) => "time",
        OidcError::Token(_) => "token",
        OidcError::Code(_) => "code",
        _ => "unusable",
    };
    let refused = Refused::new(error.code()).saying(words).of("label", label);
    refused.of("error", &error.to_string()).with_status(StatusCode::BAD_GATEWAY)
}

/// A refusal is in the audit, without anything that was sent. Strangers have so much room there.
async fn note(
    state: &State,
    origin: Origin,
    provider: Option<IdentityProviderId>,
    refused: &Refused,
    now: Micros,
) {
    if provider.is_none() && !(state.has_room)(now) {
        return;
    }
    let entry = Entry {
        who: Who::anonymous(origin),
        request_id: &request_id::current().unwrap_or_default(),
        action: "session.create",
        // at which provider
        object: provider
            .map_or(Object::none("session"), |id| Object::of_installation("identity_provider", id)),
        before: None,
        after: None,
        plan_hash: None,
        outcome: Outcome::Refused { code: refused.code.to_owned(), fields: Vec::new() },
    };
    let write = async |tx: &mut WriteTx| -> Result<_, StoreError> { audit::append(tx, &entry, now).await };
    if let Err(error) = state.panel.store().note(write).await {
        tracing::warn!(error = %error, "a refused sign-in could not be written into the audit");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_once_and_nothing_of_one_that_says_something_twice() {
        let sent = Sent::read("code=a%2Bb+c&state=s&iss=https%3A%2F%2Flogin.example.test");
        assert_eq!(sent.code.as_ref().map(|code| code.expose().as_str()), Some("a+b c"));
        assert_eq!(
            (sent.state.as_deref(), sent.iss.as_deref()),
            (Some("s"), Some("https://login.example.test"))
        );
        for query in ["state=a&state=b", "code=1&state=a&code=2", "iss=a&iss=b&state=s"] {
            let sent = Sent::read(query);
            assert!(sent.state.is_none() && sent.code.is_none() && sent.iss.is_none(), "{query}");
        }
        for query in ["state=%", "state=%zz", "state=%ff", "state=", "", "&&&", "=&="] {
            assert!(Sent::read(query).state.is_none(), "{query}");
        }
    }

    #[test]
    fn a_providers_own_words_are_cut_to_a_word() {
        let refused = declined("Corp", "<script>alert(1)</script>");
        let happened = refused.happened(Language::English);
        assert!(happened.ends_with("error of its own: scriptalert1script."), "{happened}");
        assert_eq!(declined("Corp", "access_denied").code, "access_denied");
    }
}
