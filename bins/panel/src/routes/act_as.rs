//! `/act-as`, `/session/act-as-consent`: working as a person below, visibly and for a while.

use std::time::Duration;

use api_kit::openapi::ChangeProblems;
use api_kit::{ApiError, Caller, Json, Query, json};
use audit::Object;
use auth::acting::{self, CONSENT, LINK_LASTS, LONGEST, LONGEST_CONSENT, Over, Refusal};
use auth::{ActAs, Actor, Key, Login, person, session};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::event::{self, Code, Event};
use desired::{Access, Note, Panel, Table, setting};
use http::StatusCode;
use names::{Micros, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::organisation::<ActAs>().by_session().with_step_up(), routes!(act_as_create))
        .add(Access::SIGNED_IN.by_session(), routes!(act_as_consent_give))
        .add(Access::SIGNED_IN.by_session(), routes!(act_as_consent_withdraw))
        .with_state(parts)
}

/// Whom to act as.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateActAs {
    /// The person's login.
    #[schema(value_type = String)]
    login: Login,
    /// How many minutes at most; left out: 60.
    #[schema(minimum = 1, maximum = 60)]
    minutes: Option<u64>,
    /// Why, for the audit.
    #[schema(value_type = Option<String>)]
    reason: Option<Note>,
}

/// A link that begins a session as somebody, once.
#[derive(Serialize, Deserialize, ToSchema)]
struct ActAsLink {
    /// The address to open, in a private window: it takes the place of the session that the browser has. The token behind `#` is not sent to
    /// any server by itself.
    url: String,
    /// The token alone, for `POST /session/link`.
    token: String,
    /// Who one acts as.
    login: String,
    /// How many minutes the session lasts, however much it is used.
    minutes: u64,
    /// Until when the link works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// How long others may act as the caller.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveConsent {
    /// How many hours; left out: 24.
    #[schema(minimum = 1, maximum = 168)]
    hours: Option<u64>,
}

/// A consent.
#[derive(Serialize, Deserialize, ToSchema)]
struct Consent {
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// Makes a link that begins a session as a person, once and within 5 minutes. The session lasts an hour at most; all that is done in it bears
/// both names, and the person sees it and can end it.
#[utoipa::path(post, path = "/act-as", tag = "session", request_body = CreateActAs,
    responses((status = 201, description = "The link", body = ActAsLink), ChangeProblems))]
async fn act_as_create(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<CreateActAs>,
) -> Result<Response, ApiError> {
    let most = LONGEST.as_secs() / 60;
    let minutes = body.minutes.unwrap_or(most);
    if !(1..=most).contains(&minutes) {
        let remedy = format!("Send a whole number from 1 to {most}.");
        return Err(json::refuse("minutes", "out_of_range", "So long is not possible.", remedy));
    }
    let lasts = MINUTE * u32::try_from(minutes).unwrap_or(1);
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let person = person::find::<ActAs>(tx, &actor, &Key::Name(body.login.clone())).await?;
        if person.suspended_at.is_some() {
            return Err(ApiError::conflict("suspended", "This person is suspended."));
        }
        if let Some(refusal) = acting::refusal(tx, actor.person_id(), person.id, now).await? {
            return Err(refused(refusal));
        }
        let token = acting::make_link(tx, actor.person_id(), person.id, lasts, now).await?;
        let object = Object::of_organisation("person", person.id, person.organisation);
        let after = json!({ "login": person.login, "minutes": minutes, "reason": body.reason });
        super::done(tx, &actor, "act_as.create", object, (None, Some(after)), now).await?;
        let hostname: Option<String> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
        Ok((token, hostname))
    };
    let (token, hostname) = parts.panel.store().write(write).await?;
    let text = token.expose();
    let host = hostname.unwrap_or_else(|| "localhost".to_owned());
    let link = ActAsLink {
        url: format!("https://{host}:{}/login#{}", parts.port, text.expose()),
        token: text.expose().clone(),
        login: body.login.to_string(),
        minutes,
        expires_at: now.plus(LINK_LASTS),
    };
    let mut response = (StatusCode::CREATED, Json(link)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Oneself => ApiError::conflict("oneself", "You are this person already."),
        Refusal::NotAllowed => ApiError::forbidden("Your role does not allow this."),
        Refusal::NotCovered => ApiError::forbidden(
            "This person may more than you do elsewhere. Whoever manages all of it can act as them.",
        ),
        Refusal::NoConsent => {
            let detail = "The organisation asks for this person's consent. They give it for a while, when they are signed in, with \
                          `holdfast session consent` or POST /session/act-as-consent.";
            ApiError::forbidden_as("consent_needed", detail)
        }
    }
}

/// Lets those who manage the caller act as them for a while, where their organisation asks for that.
#[utoipa::path(post, path = "/session/act-as-consent", tag = "session", request_body = GiveConsent,
    responses((status = 200, description = "Until when", body = Consent), ChangeProblems))]
async fn act_as_consent_give(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<GiveConsent>,
) -> Result<Json<Consent>, ApiError> {
    let most = LONGEST_CONSENT.as_secs() / HOUR.as_secs();
    let lasts = match body.hours {
        None => CONSENT,
        Some(hours) if (1..=most).contains(&hours) => HOUR * u32::try_from(hours).unwrap_or(1),
        Some(_) => {
            let remedy = format!("Send a whole number from 1 to {most}.");
            return Err(json::refuse("hours", "out_of_range", "So long is not possible.", remedy));
        }
    };
    let person = themselves(&actor)?;
    let now = parts.panel.now();
    let expires_at = now.plus(lasts);
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        let before = acting::consent(tx, person, now).await?.map(|until| json!({ "expires_at": until }));
        acting::set_consent(tx, person, expires_at, now).await?;
        let object = super::of_person(tx, "person", person, person).await?;
        let after = json!({ "expires_at": expires_at });
        super::done(tx, &actor, "act_as_consent.give", object, (before, Some(after)), now).await?;
        Ok(())
    };
    parts.panel.store().write(write).await?;
    Ok(Json(Consent { expires_at }))
}

/// Lets nobody act as the caller any longer; whoever does by their consent is out with the next request.
#[utoipa::path(delete, path = "/session/act-as-consent", tag = "session",
    responses((status = 204, description = "Nobody may by the caller's consent"), ChangeProblems))]
async fn act_as_consent_withdraw(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let person = themselves(&actor)?;
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), ApiError> {
        let before = acting::consent(tx, person, now).await?.map(|until| json!({ "expires_at": until }));
        acting::withdraw_consent(tx, person).await?;
        let object = super::of_person(tx, "person", person, person).await?;
        super::done(tx, &actor, "act_as_consent.withdraw", object, (before, None), now).await?;
        Ok(())
    };
    parts.panel.store().write(write).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn themselves(actor: &Actor) -> Result<PersonId, ApiError> {
    let detail = "Root on the server is no person whom anybody could act as. Sign in as a person.";
    actor.person_id().ok_or_else(|| ApiError::conflict("no_person", detail))
}

/// Somebody has just begun to act as a person: the audit and the person's accounts are told.
pub(super) async fn began(
    tx: &mut WriteTx,
    actor: &Actor,
    new: &session::NewSession,
    now: Micros,
) -> Result<(), ApiError> {
    let (Some(person), Some(by)) = (actor.person_id(), actor.acting()) else {
        return Err(ApiError::internal("nobody acts as anybody in a session of that kind"));
    };
    let object = super::of_person(tx, "person", person, person).await?;
    let after = json!({ "by": by.login, "session": new.id, "until": new.expires_at });
    super::done(tx, actor, "act_as.begin", object, (None, Some(after)), now).await?;
    let event = |event: Event| {
        let event = event.with("by", by.login.as_str()).with("session", new.id.to_string());
        event.with("until", new.expires_at.to_string())
    };
    tell(tx, Code::ActingBegan, (person, actor.name()), event, now).await?;
    Ok(())
}

/// Tells the audit and the person's accounts of each session in which somebody acted as them and that is over, however it ended.
pub(crate) async fn tell_ends(panel: &Panel) -> Result<(), StoreError> {
    let now = panel.now();
    let ended = panel.store().read(async |tx: &mut Tx| acting::over(tx, now).await).await?;
    if ended.is_empty() {
        return Ok(());
    }
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        for over in &ended {
            tell_end(tx, over, now).await?;
        }
        Ok(())
    };
    panel.store().write(write).await?;
    panel.events_written();
    Ok(())
}

async fn tell_end(tx: &mut WriteTx, over: &Over, now: Micros) -> Result<(), StoreError> {
    if !acting::tell_end(tx, over.session).await? {
        return Ok(());
    }
    let object = super::of_person(tx, "person", over.person, over.person).await?;
    let before = json!({ "by": over.by, "session": over.session });
    super::done(tx, &Actor::system(), "act_as.end", object, (Some(before), None), now).await?;
    let event = |event: Event| event.with("by", over.by.as_str()).with("session", over.session.to_string());
    tell(tx, Code::ActingEnded, (over.person, over.login.as_str()), event, now).await
}

/// An event for each account that the person holds a role on, or for those who manage the person where there is none.
async fn tell(
    tx: &mut WriteTx,
    code: Code,
    (person, login): (PersonId, &str),
    with: impl Fn(Event) -> Event,
    now: Micros,
) -> Result<(), StoreError> {
    let accounts = acting::accounts_of(tx, person).await?;
    let of = |account| {
        let key = desired::Key { kind: "person", id: person.to_string() };
        with(Event::of(key, account, code, login))
    };
    if accounts.is_empty() {
        let organisation = auth::person::by_id(tx, person).await?.map(|person| person.organisation);
        event::note(tx, now, &of(None).in_organisation(organisation)).await?;
    }
    for account in accounts {
        // Which account is a parameter too: events that differ in nothing are counted as one.
        event::note(tx, now, &of(Some(account)).with("account", account.to_string())).await?;
    }
    Ok(())
}
