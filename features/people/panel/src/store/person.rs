//! Rows of people, and how the API shows them to whoever manages their organisation.

use auth::person::Person as Found;
use auth::{Authorised, Login, ManagePersons, TenantScope};
use names::{AccountName, EmailAddress, Label, Micros, PersonId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

const FIND: Statement = Statement::new(
    "SELECT p.id, p.login, p.email, o.name AS organisation, p.suspended_at, p.created_at, p.updated_at, p.version,
            (SELECT COUNT(*) FROM person h WHERE h.id = p.id AND h.password_hash IS NOT NULL) AS has_password,
            (SELECT MAX(l.expires_at) FROM login_link l
             WHERE l.person_id = p.id AND l.kind = 'invitation' AND l.used_at IS NULL AND l.expires_at > $2) AS invited_until
     FROM person p JOIN organisation o ON o.id = p.organisation_id WHERE p.id = $1",
);
const LIST: Statement = Statement::new(
    "SELECT p.id, p.login, p.email, o.name AS organisation, p.suspended_at, p.created_at, p.updated_at, p.version,
            (SELECT COUNT(*) FROM person h WHERE h.id = p.id AND h.password_hash IS NOT NULL) AS has_password,
            (SELECT MAX(l.expires_at) FROM login_link l
             WHERE l.person_id = p.id AND l.kind = 'invitation' AND l.used_at IS NULL AND l.expires_at > $6) AS invited_until
     FROM person p JOIN organisation o ON o.id = p.organisation_id
     WHERE p.login > $1
       AND ($2 = 'all' OR p.organisation_id IN
            (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))
       AND (p.login LIKE $4 ESCAPE '\\' OR $4 IS NULL)
     ORDER BY p.login LIMIT $5",
);
// Roles on what is somebody else's are nobody's business here.
const ROLES: Statement = Statement::new(
    "SELECT r.name AS role, a.name AS account, o.name AS organisation,
            (SELECT COUNT(*) FROM role_in_force f
             WHERE f.person_id = pr.person_id AND f.role_id = pr.role_id
               AND (f.account_id = pr.account_id OR f.organisation_id = pr.organisation_id)) AS in_force
     FROM person_role pr JOIN role r ON r.id = pr.role_id
          LEFT JOIN account a ON a.id = pr.account_id LEFT JOIN organisation o ON o.id = pr.organisation_id
     WHERE pr.person_id = $1
       AND ($2 = 'all'
            OR pr.account_id IN (SELECT account_id FROM account_permission WHERE holder_id = $2 AND permission = $3)
            OR pr.organisation_id IN (SELECT organisation_id FROM organisation_permission WHERE holder_id = $2 AND permission = $3))
     ORDER BY r.name, o.name, a.name LIMIT 1000",
);
const SET_EMAIL: Statement =
    Statement::new("UPDATE person SET email = $2, updated_at = $3, version = version + 1 WHERE id = $1");
const OWNED: Statement =
    Statement::new("SELECT name AS value FROM account WHERE owner_person_id = $1 ORDER BY name LIMIT 1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[FIND, LIST, ROLES, SET_EMAIL, OWNED];

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: PersonId,
    pub(crate) login: Login,
    pub(crate) email: Option<EmailAddress>,
    pub(crate) organisation: Label,
    pub(crate) suspended_at: Option<Micros>,
    has_password: bool,
    invited_until: Option<Micros>,
    created_at: Micros,
    updated_at: Micros,
    pub(crate) version: u64,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            login: row.parse("login")?,
            email: row.opt_parse("email")?,
            organisation: row.parse("organisation")?,
            suspended_at: row.opt_time("suspended_at")?,
            has_password: row.int("has_password")? > 0,
            invited_until: row.opt_time("invited_until")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            version: row.number("version")?,
        })
    }
}

/// A role that somebody has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct HeldRole {
    /// The role's name.
    #[schema(value_type = String)]
    role: Label,
    /// The organisation that it is held on; null: an account.
    #[schema(value_type = Option<String>)]
    organisation: Option<Label>,
    /// The account that it is held on; null: an organisation.
    #[schema(value_type = Option<String>)]
    account: Option<AccountName>,
    /// Whether it counts at this moment: what it is held on, and all above, is not suspended.
    in_force: bool,
}

impl FromRow for HeldRole {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            role: row.parse("role")?,
            organisation: row.opt_parse("organisation")?,
            account: row.opt_parse("account")?,
            in_force: row.int("in_force")? > 0,
        })
    }
}

/// A person, who signs in by a login.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Person {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: PersonId,
    /// The name to sign in with.
    #[schema(value_type = String)]
    pub(crate) login: Login,
    /// Where to write to.
    #[schema(value_type = Option<String>)]
    pub(crate) email: Option<EmailAddress>,
    /// The organisation whose managers manage the person.
    #[schema(value_type = String)]
    pub(crate) organisation: Label,
    /// Nobody can sign in as this person.
    pub(crate) suspended: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) suspended_at: Option<Micros>,
    /// Whether the person signs in by password.
    pub(crate) has_password: bool,
    /// Until when the person's first link works; null: there is none that was not used.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) invited_until: Option<Micros>,
    /// The roles that you may see; not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<HeldRole>>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Micros,
    /// Raised by every change; also the ETag.
    pub(crate) version: u64,
}

impl Person {
    /// The person of a row.
    pub(crate) fn of(row: &Row, roles: Option<Vec<HeldRole>>) -> Self {
        Self {
            id: row.id,
            login: row.login.clone(),
            email: row.email.clone(),
            organisation: row.organisation.clone(),
            suspended: row.suspended_at.is_some(),
            suspended_at: row.suspended_at,
            has_password: row.has_password,
            invited_until: row.invited_until,
            roles,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// The person that the proof is about.
pub(crate) async fn find(
    tx: &mut Tx,
    person: &Authorised<Found, ManagePersons>,
    now: Micros,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(person.id).bind(now)).await
}

/// People in the order of their logins. `like` is a pattern of `Part::like`.
pub(crate) async fn list(
    tx: &mut Tx,
    scope: &TenantScope,
    (after, like): (&str, Option<String>),
    rows: i64,
    now: Micros,
) -> Result<Vec<Row>, StoreError> {
    tx.all(scope.bind(LIST.bind(after)).bind(like).bind(rows).bind(now)).await
}

/// The person's roles on what the scope shows.
pub(crate) async fn roles(
    tx: &mut Tx,
    person: &Authorised<Found, ManagePersons>,
    scope: &TenantScope,
) -> Result<Vec<HeldRole>, StoreError> {
    tx.all(scope.bind(ROLES.bind(person.id))).await
}

/// Writes where to write to.
pub(crate) async fn set_email(
    tx: &mut WriteTx,
    person: &Authorised<Found, ManagePersons>,
    email: Option<&EmailAddress>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_EMAIL.bind(person.id).bind(email.map(EmailAddress::as_str)).bind(now)).await?;
    Ok(())
}

/// An account that was made for the person, and goes with them.
pub(crate) async fn owned_account(
    tx: &mut Tx,
    person: &Authorised<Found, ManagePersons>,
) -> Result<Option<String>, StoreError> {
    tx.optional(OWNED.bind(person.id)).await
}
