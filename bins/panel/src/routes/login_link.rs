//! `/login-links`

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json, Query};
use auth::{Actor, Authorised, Denied, Identity, Installation, Key, Login, ManagePersons, person, sign_in};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Table, setting};
use http::StatusCode;
use names::{Micros, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::WriteTx;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;
use crate::start::ADMINISTRATOR;

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default()
        .add(Access::organisation::<ManagePersons>().by_session(), routes!(login_link_create))
        .with_state(parts)
}

/// Who is to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateLoginLink {
    /// The login; left out: `admin`.
    #[schema(value_type = Option<String>)]
    login: Option<Login>,
    /// A login that nobody has is to become an administrator's; one that somebody else has is refused. Root alone may ask for it.
    #[serde(default)]
    administrator: bool,
}

/// A link that signs in once.
#[derive(Serialize, Deserialize, ToSchema)]
struct LoginLink {
    /// The address to open. The token behind `#` is not sent to any server by itself.
    url: String,
    /// The token alone, for `POST /session/link`.
    token: String,
    /// Who it signs in.
    login: String,
    /// Until when it works.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Micros,
}

/// Makes a link that signs somebody in, once and within 15 minutes. With `administrator`, root on the server itself makes the person too.
#[utoipa::path(post, path = "/login-links", tag = "session", request_body = CreateLoginLink,
    responses((status = 201, description = "The link", body = LoginLink), Problems))]
async fn login_link_create(
    State(parts): State<Parts>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<CreateLoginLink>,
) -> Result<Response, ApiError> {
    if body.administrator && *actor.identity() != Identity::Root {
        return Err(ApiError::forbidden("Only root on the server itself makes administrators."));
    }
    let login = match body.login {
        Some(login) => login,
        None => ADMINISTRATOR.parse().map_err(ApiError::internal)?,
    };
    let now = parts.panel.now();
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let id = match person::find::<ManagePersons>(tx, &actor, &Key::Name(login.clone())).await {
            Ok(person) if person.suspended_at.is_some() => {
                return Err(ApiError::conflict("suspended", "This person is suspended."));
            }
            Ok(person) if body.administrator && !person::is_administrator(tx, person.id).await? => {
                let detail =
                    "Somebody has this login and is no administrator. Choose another login for the new one.";
                return Err(ApiError::conflict("login_taken", detail));
            }
            Ok(person) if !person::is_covered(tx, &actor, person.id).await? => {
                let detail =
                    "This person may more than you do elsewhere. Whoever manages all of it makes the link.";
                return Err(ApiError::forbidden(detail));
            }
            Ok(person) => person.id,
            Err(Denied::NotFound(_)) if body.administrator => {
                let proof = actor.everywhere::<ManagePersons>()?;
                new_administrator(tx, &actor, &proof, &login, now).await?
            }
            Err(Denied::NotFound(_)) if actor.everywhere::<ManagePersons>().is_ok() => {
                let detail = "Nobody has this login. `holdfast account create` makes an account with its owner, \
                              `holdfast login-link --administrator` a further administrator.";
                return Err(ApiError::missing(detail));
            }
            Err(error) => return Err(error.into()),
        };
        let token = sign_in::make_link(tx, id, now).await?;
        let object = super::of_person(tx, "person", id, id).await?;
        super::done(tx, &actor, "login_link.create", object, (None, None), now).await?;
        let hostname: Option<String> = setting::get(tx, setting::PANEL_HOSTNAME).await?;
        Ok((token, hostname))
    };
    let (token, hostname) = parts.panel.store().write(write).await?;
    let text = token.expose();
    let host = hostname.unwrap_or_else(|| "localhost".to_owned());
    let link = LoginLink {
        url: format!("https://{host}:{}/login#{}", parts.port, text.expose()),
        token: text.expose().clone(),
        login: login.to_string(),
        expires_at: now.plus(sign_in::LINK_LASTS),
    };
    let mut response = (StatusCode::CREATED, Json(link)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

async fn new_administrator(
    tx: &mut WriteTx,
    actor: &Actor,
    proof: &Authorised<Installation, ManagePersons>,
    login: &Login,
    now: Micros,
) -> Result<PersonId, ApiError> {
    // Looked up in the same transaction, so it is nobody's.
    let id = person::create_administrator(tx, proof, login, now).await?;
    let id = id.ok_or_else(|| ApiError::internal("a login that nobody has is taken"))?;
    let after = json!({ "login": login, "role": "administrator" });
    let object = super::of_person(tx, "person", id, id).await?;
    super::done(tx, actor, "person.create", object, (None, Some(after)), now).await?;
    Ok(id)
}
