//! `/tokens`, `/persons/{person}/tokens`: what programs show in place of a person.

use std::collections::BTreeSet;

use api_kit::openapi::{ChangeProblems, Problems};
use api_kit::{ApiError, Caller, FieldError, Json, List, Path, Query, json};
use audit::Object;
use auth::person::{self, Person};
use auth::token::{self, CreateError, LASTS, MOST, MOST_SCOPES, NewToken, Scope, TokenInfo};
use auth::{
    AccountKey, Actor, Authorised, Identity, Key, Login, ManagePersons, OrganisationKey, PermissionId,
    PersonKey, TokenKey, ViewAccount, ViewOrganisations,
};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use desired::{Access, Panel, Table};
use http::StatusCode;
use names::{Label, Micros, PersonId, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use store::{Tx, WriteTx};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// The longest that a token works for which a number of days is said.
const MOST_DAYS: u32 = 3650;
const DAY: Duration = Duration::from_hours(24);

/// The routes.
pub(super) fn table(panel: Panel) -> Table {
    let manages = Access::organisation::<ManagePersons>();
    Table::default()
        .add(Access::SIGNED_IN, routes!(token_list))
        .add(Access::SIGNED_IN, routes!(token_show))
        .add(Access::SIGNED_IN.by_session().with_step_up(), routes!(token_create))
        .add(Access::SIGNED_IN.by_session(), routes!(token_delete))
        .add(Access::SIGNED_IN.by_session(), routes!(token_delete_all))
        .add(manages, routes!(person_token_list))
        .add(manages.by_session(), routes!(person_token_delete))
        .add(manages.by_session(), routes!(person_token_delete_all))
        .with_state(panel)
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateToken {
    /// Its name, unique among its person's.
    #[schema(value_type = String)]
    name: Label,
    /// What it may do: names of permissions, each of which its person holds somewhere. It holds them wherever, and as long as, its person does.
    #[serde(default)]
    permissions: Vec<String>,
    /// All permissions of its person that look and change nothing, besides those named.
    #[serde(default)]
    read_only: bool,
    /// Only on these accounts: names or ids.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    accounts: Vec<AccountKey>,
    /// Only on these organisations and what is below them: names or ids.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    organisations: Vec<OrganisationKey>,
    /// How many days it works; left out: 90.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
    /// It works until it is deleted.
    #[serde(default)]
    never_expires: bool,
    /// Whose it is to be; left out: the caller's. Root on the server itself, who is no person, names somebody, and nobody else does.
    #[schema(value_type = Option<String>)]
    login: Option<Login>,
}

/// A token, without what is shown once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct TokenView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: TokenId,
    /// Its name.
    #[schema(value_type = String)]
    name: Label,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Micros,
    /// Until when it works; null: until it is deleted.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Micros>,
    /// Whether it has expired.
    expired: bool,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Micros>,
    /// The address it was last used from.
    last_origin: Option<String>,
    /// What it may do, of what its person may at that moment.
    permissions: Vec<String>,
    /// Whether it counts wherever its person may; else on these accounts and organisations alone.
    everywhere: bool,
    /// The accounts.
    accounts: Vec<String>,
    /// The organisations.
    organisations: Vec<String>,
}

impl TokenView {
    fn of(token: TokenInfo, now: Micros) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created_at: token.created_at,
            expires_at: token.expires_at,
            expired: token.expires_at.is_some_and(|end| end <= now),
            last_used_at: token.last_used_at,
            last_origin: token.last_origin,
            permissions: token.permissions,
            everywhere: !token.scoped,
            accounts: token.accounts,
            organisations: token.organisations,
        }
    }

    fn list(tokens: Vec<TokenInfo>, now: Micros) -> Json<List<Self>> {
        let items = tokens.into_iter().map(|token| Self::of(token, now)).collect();
        Json(List::whole(items))
    }
}

/// A token that was just made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct TokenMade {
    /// What is sent as `Authorization: Bearer`. It is shown this once.
    token: String,
    /// The token.
    made: TokenView,
}

/// How many tokens were deleted.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct TokensDeleted {
    /// How many.
    count: u64,
}

/// The caller's own tokens, by name.
#[utoipa::path(get, path = "/tokens", tag = "tokens",
    responses((status = 200, description = "The tokens", body = List<TokenView>), Problems))]
async fn token_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
) -> Result<Json<List<TokenView>>, ApiError> {
    let tokens = match actor.person_id() {
        Some(person) => panel.store().read(async |tx: &mut Tx| token::list(tx, person).await).await?,
        None => Vec::new(),
    };
    Ok(TokenView::list(tokens, panel.now()))
}

/// One of the caller's own tokens.
#[utoipa::path(get, path = "/tokens/{token}", tag = "tokens", params(("token" = String, Path, description = "Name or id")),
    responses((status = 200, description = "The token", body = TokenView), Problems))]
async fn token_show(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<TokenKey>,
) -> Result<Json<TokenView>, ApiError> {
    let person = own(&actor)?;
    let found = panel.store().read(async |tx: &mut Tx| token::find(tx, person, &key).await).await?;
    let found = found.ok_or_else(|| ApiError::not_found("token"))?;
    Ok(Json(TokenView::of(found, panel.now())))
}

/// Root is no person and has no token.
fn own(actor: &Actor) -> Result<PersonId, ApiError> {
    actor.person_id().ok_or_else(|| ApiError::not_found("token"))
}

/// Makes a token. It is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = CreateToken,
    responses((status = 201, description = "The token", body = TokenMade), ChangeProblems))]
async fn token_create(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(()): Query<()>,
    Json(body): Json<CreateToken>,
) -> Result<Response, ApiError> {
    let named = named(&body.permissions)?;
    if named.is_empty() && !body.read_only {
        let remedy = "Name permissions, or send read_only. `holdfast me` and GET /me tell what you may.";
        return Err(json::refuse("permissions", "missing_field", "The token could do nothing.", remedy));
    }
    let now = panel.now();
    let expires_at = expiry(&body, now)?;
    if body.accounts.len() + body.organisations.len() > MOST_SCOPES {
        let reason = format!("A token is bound to {MOST_SCOPES} accounts and organisations at most.");
        return Err(json::refuse(
            "accounts",
            "too_many",
            reason,
            "Name an organisation in place of its accounts.",
        ));
    }
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let person = whose(tx, &actor, body.login.as_ref()).await?;
        let mut permissions = named.clone();
        if body.read_only {
            permissions.extend(token::views_of(tx, person).await?);
        }
        let scope = scope(tx, &actor, &body).await?;
        let new = NewToken { name: body.name.clone(), permissions, scope, expires_at };
        let (id, secret) =
            token::create(tx, person, &new, now).await.map_err(|error| refused(&body, error))?;
        let made = token::find(tx, person, &Key::Id(id)).await?;
        let made = made.ok_or_else(|| ApiError::internal("a token that was just made is not there"))?;
        let made = TokenView::of(made, now);
        let object = super::of_person(tx, "token", id, person).await?;
        super::done(tx, &actor, "token.create", object, (None, Some(shown(&made)?)), now).await?;
        Ok(TokenMade { token: secret.expose().expose().clone(), made })
    };
    let made = panel.store().write(write).await?;
    let mut response = (StatusCode::CREATED, Json(made)).into_response();
    response.extensions_mut().insert(api_kit::idempotency::Secret);
    Ok(response)
}

fn named(texts: &[String]) -> Result<BTreeSet<PermissionId>, ApiError> {
    let (mut named, mut errors) = (BTreeSet::new(), Vec::new());
    for (index, text) in texts.iter().enumerate().take(PermissionId::ALL.len() + 1) {
        match PermissionId::from_stored(text) {
            Some(permission) if named.insert(permission) => {}
            found => {
                let (code, reason) = match found {
                    Some(_) => ("permission_twice", "This permission is named twice."),
                    None => ("permission_unknown", "There is no such permission."),
                };
                let remedy = "Name permissions such as site.view and site.edit, once each.";
                errors.push(FieldError::new(format!("/permissions/{index}"), code, reason, remedy));
            }
        }
    }
    if errors.is_empty() { Ok(named) } else { Err(ApiError::invalid_all(errors)) }
}

fn expiry(body: &CreateToken, now: Micros) -> Result<Option<Micros>, ApiError> {
    match (body.days, body.never_expires) {
        (None, false) => Ok(Some(now.plus(LASTS))),
        (None, true) => Ok(None),
        (Some(days @ 1..=MOST_DAYS), false) => Ok(Some(now.plus(DAY * days))),
        (Some(_), false) => {
            let remedy = "Send a whole number from 1 to 3650, or never_expires.";
            Err(json::refuse("days", "out_of_range", "This is not a number of days.", remedy))
        }
        (Some(_), true) => {
            let reason = "The token cannot both expire and not expire.";
            Err(json::refuse("days", "contradiction", reason, "Send one of days and never_expires."))
        }
    }
}

/// Whose token it will be.
async fn whose(tx: &mut Tx, actor: &Actor, login: Option<&Login>) -> Result<PersonId, ApiError> {
    match (actor.identity(), login) {
        (Identity::Person { id, .. }, None) => Ok(*id),
        (Identity::Root, Some(login)) => {
            Ok(person::find::<ManagePersons>(tx, actor, &Key::Name(login.clone())).await?.id)
        }
        (Identity::Root | Identity::System, _) => {
            let detail = "Root on the server has no tokens. Name whose it is to be: `holdfast token create NAME --login LOGIN`.";
            Err(ApiError::conflict("no_person", detail))
        }
        (Identity::Person { .. }, Some(_)) => {
            let remedy = "Leave it out.";
            Err(json::refuse(
                "login",
                "not_oneself",
                "A token is made by its person, or by root on the server.",
                remedy,
            ))
        }
    }
}

/// Where it counts: what the maker sees.
async fn scope(tx: &mut Tx, actor: &Actor, body: &CreateToken) -> Result<Scope, ApiError> {
    if body.accounts.is_empty() && body.organisations.is_empty() {
        return Ok(Scope::Everything);
    }
    let (mut accounts, mut organisations) = (BTreeSet::new(), BTreeSet::new());
    for key in &body.accounts {
        accounts.insert(auth::account::<ViewAccount>(tx, actor, key).await?.id);
    }
    for key in &body.organisations {
        organisations.insert(auth::organisation::<ViewOrganisations>(tx, actor, key).await?.id);
    }
    Ok(Scope::Only { accounts, organisations })
}

fn refused(body: &CreateToken, error: CreateError) -> ApiError {
    match error {
        CreateError::NameTaken => json::refuse(
            "name",
            "name_taken",
            "There is a token of this name.",
            "Choose another, or delete that one.",
        ),
        CreateError::TooMany => {
            let detail =
                format!("There are {MOST} tokens, which is as many as one person may have. Delete some.");
            ApiError::conflict("tokens_too_many", detail)
        }
        CreateError::NotHeld(permission) => {
            let at = body.permissions.iter().position(|text| text == permission.as_str());
            let pointer = at.map_or_else(|| "/permissions".to_owned(), |at| format!("/permissions/{at}"));
            let reason = "This permission is held nowhere.";
            ApiError::invalid(FieldError::new(
                pointer,
                "permission_not_held",
                reason,
                "Name what you may yourself.",
            ))
        }
        CreateError::Store(error) => error.into(),
    }
}

fn shown(view: &TokenView) -> Result<Value, ApiError> {
    serde_json::to_value(view).map_err(ApiError::internal)
}

/// Deletes one of the caller's own tokens. It is no good from that moment on.
#[utoipa::path(delete, path = "/tokens/{token}", tag = "tokens", params(("token" = String, Path, description = "Name or id")),
    responses((status = 204, description = "Deleted"), Problems))]
async fn token_delete(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<TokenKey>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let person = own(&actor)?;
    panel.store().write(async |tx: &mut WriteTx| delete(tx, &actor, person, &key, panel.now()).await).await
}

/// Deletes all of the caller's own tokens at once.
#[utoipa::path(delete, path = "/tokens", tag = "tokens",
    responses((status = 200, description = "How many there were", body = TokensDeleted), Problems))]
async fn token_delete_all(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Query(()): Query<()>,
) -> Result<Json<TokensDeleted>, ApiError> {
    let Some(person) = actor.person_id() else { return Ok(Json(TokensDeleted { count: 0 })) };
    panel.store().write(async |tx: &mut WriteTx| delete_all(tx, &actor, person, panel.now()).await).await
}

/// Somebody's tokens, for whoever manages them and may all that they may.
#[utoipa::path(get, path = "/persons/{person}/tokens", tag = "tokens",
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "The tokens", body = List<TokenView>), Problems))]
async fn person_token_list(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(key): Path<PersonKey>,
) -> Result<Json<List<TokenView>>, ApiError> {
    let read = async |tx: &mut Tx| -> Result<_, ApiError> {
        let person = managed(tx, &actor, &key).await?;
        Ok(token::list(tx, person.id).await?)
    };
    Ok(TokenView::list(panel.store().read(read).await?, panel.now()))
}

/// Deletes one of somebody's tokens.
#[utoipa::path(delete, path = "/persons/{person}/tokens/{token}", tag = "tokens",
    params(("person" = String, Path, description = "Login or id"), ("token" = String, Path, description = "Name or id")),
    responses((status = 204, description = "Deleted"), Problems))]
async fn person_token_delete(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path((person, key)): Path<(PersonKey, TokenKey)>,
    Query(()): Query<()>,
) -> Result<StatusCode, ApiError> {
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let person = managed(tx, &actor, &person).await?;
        delete(tx, &actor, person.id, &key, panel.now()).await
    };
    panel.store().write(write).await
}

/// Deletes all of somebody's tokens at once.
#[utoipa::path(delete, path = "/persons/{person}/tokens", tag = "tokens",
    params(("person" = String, Path, description = "Login or id")),
    responses((status = 200, description = "How many there were", body = TokensDeleted), Problems))]
async fn person_token_delete_all(
    State(panel): State<Panel>,
    Caller(actor): Caller,
    Path(person): Path<PersonKey>,
    Query(()): Query<()>,
) -> Result<Json<TokensDeleted>, ApiError> {
    let write = async |tx: &mut WriteTx| -> Result<_, ApiError> {
        let person = managed(tx, &actor, &person).await?;
        delete_all(tx, &actor, person.id, panel.now()).await
    };
    panel.store().write(write).await
}

/// A person that the caller manages and may all that they may.
async fn managed(
    tx: &mut Tx,
    actor: &Actor,
    key: &PersonKey,
) -> Result<Authorised<Person, ManagePersons>, ApiError> {
    let person = person::find::<ManagePersons>(tx, actor, key).await?;
    if person::is_covered(tx, actor, person.id).await? {
        return Ok(person);
    }
    let detail =
        "This person may more than you do elsewhere. Whoever manages all of it sees to their tokens.";
    Err(ApiError::forbidden(detail))
}

async fn delete(
    tx: &mut WriteTx,
    actor: &Actor,
    person: PersonId,
    key: &TokenKey,
    now: Micros,
) -> Result<StatusCode, ApiError> {
    let found = token::find(tx, person, key).await?.ok_or_else(|| ApiError::not_found("token"))?;
    let id = found.id;
    token::delete(tx, person, id).await?;
    let object: Object = super::of_person(tx, "token", id, person).await?;
    let before = shown(&TokenView::of(found, now))?;
    super::done(tx, actor, "token.delete", object, (Some(before), None), now).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_all(
    tx: &mut WriteTx,
    actor: &Actor,
    person: PersonId,
    now: Micros,
) -> Result<Json<TokensDeleted>, ApiError> {
    let names: Vec<Label> = token::list(tx, person).await?.into_iter().map(|token| token.name).collect();
    let count = token::delete_all(tx, person).await?;
    let object = super::of_person(tx, "person", person, person).await?;
    let before = json!({ "tokens": names });
    super::done(tx, actor, "token.delete_all", object, (Some(before), Some(json!({ "tokens": [] }))), now)
        .await?;
    Ok(Json(TokensDeleted { count }))
}
