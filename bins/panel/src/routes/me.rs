//! `/me`: who calls, and what they may.

use api_kit::openapi::Problems;
use api_kit::{ApiError, Caller, Json};
use auth::{Actor, PermissionId, TokenKey, acting, token};
use axum::extract::State;
use desired::{Access, Table};
use names::{Micros, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::Parts;

const ROLES: Statement = Statement::new(
    "SELECT r.name AS role, a.name AS account, o.name AS organisation
     FROM role_in_force pr JOIN role r ON r.id = pr.role_id
          LEFT JOIN account a ON a.id = pr.account_id LEFT JOIN organisation o ON o.id = pr.organisation_id
     WHERE pr.person_id = $1 ORDER BY r.name, o.name, a.name LIMIT 1000",
);

/// What the roles allow on what they are held on: of a role on an account, what is about accounts.
const SOMEWHERE: Statement = Statement::new(
    "SELECT DISTINCT rp.permission AS permission, CASE WHEN r.account_id IS NULL THEN 0 ELSE 1 END AS on_account
     FROM role_in_force r JOIN role_permission rp ON rp.role_id = r.role_id WHERE r.person_id = $1",
);

pub(super) const STATEMENTS: &[Statement] = &[ROLES, SOMEWHERE];

/// The routes.
pub(super) fn table(parts: Parts) -> Table {
    Table::default().add(Access::SIGNED_IN, routes!(me_show)).with_state(parts)
}

/// A role, on an organisation and all below it, or on one account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Held {
    /// The role's name.
    role: String,
    /// The organisation's name; null: an account.
    organisation: Option<String>,
    /// The account's name; null: an organisation.
    account: Option<String>,
}

impl FromRow for Held {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            role: row.text("role")?,
            organisation: row.opt_text("organisation")?,
            account: row.opt_text("account")?,
        })
    }
}

/// A permission that a role gives.
struct Given {
    permission: String,
    is_on_account: bool,
}

impl FromRow for Given {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { permission: row.text("permission")?, is_on_account: row.number::<i64>("on_account")? != 0 })
    }
}

/// Of what roles give, what counts, for a token that which it holds.
fn somewhere(actor: &Actor, given: &[Given], of_token: Option<&[String]>) -> Vec<String> {
    let is_given = |permission: PermissionId| {
        given.iter().any(|given| {
            let reach = permission.reach();
            given.permission == permission.as_str()
                && if given.is_on_account { reach == "account" } else { reach != "system" }
        }) && of_token.is_none_or(|held| held.iter().any(|name| name == permission.as_str()))
    };
    let everywhere: Vec<PermissionId> = actor.held_everywhere().collect();
    let all = PermissionId::ALL.iter().copied();
    let held = all.filter(|&permission| everywhere.contains(&permission) || is_given(permission));
    held.map(|permission| permission.as_str().to_owned()).collect()
}

/// Who calls: a person in a session, a token, or root on the server itself.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Me {
    /// The person's id; null: root on the unix socket.
    #[schema(value_type = Option<String>, format = "uuid")]
    person: Option<PersonId>,
    /// The login, or `root`.
    login: String,
    /// What they are.
    roles: Vec<Held>,
    /// What they may do over the whole installation.
    permissions: Vec<String>,
    /// What they may do on one organisation or account at least, or everywhere. On which, each operation says.
    permissions_somewhere: Vec<String>,
    /// The session's id.
    #[schema(value_type = Option<String>, format = "uuid")]
    session: Option<SessionId>,
    /// `session`, `token` or `socket`.
    via: String,
    /// When the session, or the token, ends at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Micros>,
    /// What it was begun with, such as `password+totp`; null: no session.
    factors: Option<String>,
    /// Who acts as the person; null: it is they themselves.
    acting: Option<String>,
    /// The name of the token, where it is one.
    token: Option<String>,
    /// Until when the person lets others act as them, where their organisation asks for consent.
    #[schema(value_type = Option<String>, format = DateTime)]
    act_as_consent_until: Option<Micros>,
}

/// The caller, as the API shows it.
pub(super) async fn view(parts: &Parts, actor: &Actor) -> Result<Me, ApiError> {
    let (person, session) = (actor.person_id(), actor.session());
    let now = parts.panel.now();
    let (roles, own) = if let Some(person) = person {
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            let roles = tx.all::<Held>(ROLES.bind(person)).await?;
            let sessions = auth::session::list(tx, person, now).await?;
            Ok((roles, sessions.into_iter().find(|own| Some(own.id) == session)))
        };
        parts.panel.store().read(read).await?
    } else {
        let organisation = Some("root".to_owned());
        (vec![Held { role: "administrator".to_owned(), organisation, account: None }], None)
    };
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let Some(person) = person else { return Ok((None, None, Vec::new())) };
        let token = match actor.token() {
            Some((token, _)) => token::find(tx, person, &TokenKey::Id(token)).await?,
            None => None,
        };
        let given = tx.all::<Given>(SOMEWHERE.bind(person)).await?;
        Ok((acting::consent(tx, person, now).await?, token, given))
    };
    let (act_as_consent_until, token, given) = parts.panel.store().read(read).await?;
    let of_token = token.as_ref().map(|token| token.permissions.as_slice());
    let token_ends = token.as_ref().and_then(|token| token.expires_at);
    Ok(Me {
        person,
        login: actor.name().to_owned(),
        roles,
        permissions: actor.held_everywhere().map(|permission| permission.as_str().to_owned()).collect(),
        permissions_somewhere: somewhere(actor, &given, of_token),
        session,
        via: match (person, session) {
            (_, Some(_)) => "session",
            (Some(_), None) => "token",
            (None, None) => "socket",
        }
        .to_owned(),
        expires_at: own.as_ref().map(|own| own.expires_at).or(token_ends),
        factors: own.map(|own| own.factors),
        acting: actor.acting().map(|by| by.login.to_string()),
        token: actor.token().map(|(_, name)| name.to_string()),
        act_as_consent_until,
    })
}

/// Who calls, by a session, a token or as root on the server itself, and what they may do.
#[utoipa::path(get, path = "/me", tag = "session",
    responses((status = 200, description = "The caller", body = Me), Problems))]
async fn me_show(State(parts): State<Parts>, Caller(actor): Caller) -> Result<Json<Me>, ApiError> {
    Ok(Json(view(&parts, &actor).await?))
}
