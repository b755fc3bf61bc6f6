//! Roles that were offered to a login, and wait for its word.

use auth::Login;
use auth::Place;
use names::{AccountId, AccountName, InvitationId, Label, Micros, OrganisationId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::store::member::{GiveRoles, OnPlace};

const PUT_ON_ACCOUNT: Statement = Statement::new(
    "INSERT INTO invitation (id, login, person_id, role_id, account_id, invited_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (login, role_id, account_id) WHERE account_id IS NOT NULL
     DO UPDATE SET id = excluded.id, person_id = excluded.person_id, invited_by = excluded.invited_by,
                   created_at = excluded.created_at, expires_at = excluded.expires_at",
);
const PUT_ON_ORGANISATION: Statement = Statement::new(
    "INSERT INTO invitation (id, login, person_id, role_id, organisation_id, invited_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (login, role_id, organisation_id) WHERE organisation_id IS NOT NULL
     DO UPDATE SET id = excluded.id, person_id = excluded.person_id, invited_by = excluded.invited_by,
                   created_at = excluded.created_at, expires_at = excluded.expires_at",
);
const ON_ACCOUNT: Statement = Statement::new(
    "SELECT i.id, i.login, i.role_id, r.name AS role, i.organisation_id, i.account_id, o.name AS organisation, a.name AS account,
            i.invited_by, b.login AS invited_by_login, i.created_at, i.expires_at
     FROM invitation i JOIN role r ON r.id = i.role_id LEFT JOIN organisation o ON o.id = i.organisation_id
          LEFT JOIN account a ON a.id = i.account_id LEFT JOIN person b ON b.id = i.invited_by
     WHERE i.account_id = $1 AND i.expires_at > $2 AND (i.login = $3 OR $3 IS NULL)
     ORDER BY i.login, r.name LIMIT 1000",
);
const ON_ORGANISATION: Statement = Statement::new(
    "SELECT i.id, i.login, i.role_id, r.name AS role, i.organisation_id, i.account_id, o.name AS organisation, a.name AS account,
            i.invited_by, b.login AS invited_by_login, i.created_at, i.expires_at
     FROM invitation i JOIN role r ON r.id = i.role_id LEFT JOIN organisation o ON o.id = i.organisation_id
          LEFT JOIN account a ON a.id = i.account_id LEFT JOIN person b ON b.id = i.invited_by
     WHERE i.organisation_id = $1 AND i.expires_at > $2 AND (i.login = $3 OR $3 IS NULL)
     ORDER BY i.login, r.name LIMIT 1000",
);
const OF_PERSON: Statement = Statement::new(
    "SELECT i.id, i.login, i.role_id, r.name AS role, i.organisation_id, i.account_id, o.name AS organisation, a.name AS account,
            i.invited_by, b.login AS invited_by_login, i.created_at, i.expires_at
     FROM invitation i JOIN role r ON r.id = i.role_id LEFT JOIN organisation o ON o.id = i.organisation_id
          LEFT JOIN account a ON a.id = i.account_id LEFT JOIN person b ON b.id = i.invited_by
     WHERE i.person_id = $1 AND i.expires_at > $2 AND (i.id = $3 OR $3 IS NULL)
     ORDER BY i.created_at, i.id LIMIT 1000",
);
const DELETE: Statement = Statement::new("DELETE FROM invitation WHERE id = $1");
const PRUNE: Statement = Statement::new("DELETE FROM invitation WHERE expires_at < $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[PUT_ON_ACCOUNT, PUT_ON_ORGANISATION, ON_ACCOUNT, ON_ORGANISATION, OF_PERSON, DELETE, PRUNE];

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: InvitationId,
    pub(crate) login: Login,
    pub(crate) role_id: RoleId,
    pub(crate) role: Label,
    pub(crate) place: Place,
    organisation: Option<Label>,
    account: Option<AccountName>,
    pub(crate) invited_by: Option<PersonId>,
    invited_by_login: Option<Login>,
    pub(crate) created_at: Micros,
    pub(crate) expires_at: Micros,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        let place = match row.opt_parse::<AccountId>("account_id")? {
            Some(account) => Place::Account(account),
            None => Place::Organisation(row.parse::<OrganisationId>("organisation_id")?),
        };
        Ok(Self {
            id: row.parse("id")?,
            login: row.parse("login")?,
            role_id: row.parse("role_id")?,
            role: row.parse("role")?,
            place,
            organisation: row.opt_parse("organisation")?,
            account: row.opt_parse("account")?,
            invited_by: row.opt_parse("invited_by")?,
            invited_by_login: row.opt_parse("invited_by_login")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

/// A role that was offered to you.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Invitation {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: InvitationId,
    /// The role's name.
    #[schema(value_type = String, example = "developer")]
    pub(crate) role: Label,
    /// The organisation that it would be held on; null: an account.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<Label>,
    /// The account that it would be held on; null: an organisation.
    #[schema(value_type = Option<String>)]
    pub(crate) account: Option<AccountName>,
    /// Who offered it: a login, or `root`.
    pub(crate) invited_by: String,
    /// When it was offered.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// Until when it can be accepted.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Micros,
}

impl From<&Row> for Invitation {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id,
            role: row.role.clone(),
            organisation: row.organisation.clone(),
            account: row.account.clone(),
            invited_by: row.invited_by_login.as_ref().map_or_else(|| "root".to_owned(), Login::to_string),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// What is offered to whom.
pub(crate) struct New<'a> {
    pub(crate) login: &'a Login,
    /// Who has the login; nobody can accept one that nobody had.
    pub(crate) person: Option<PersonId>,
    pub(crate) role: RoleId,
    pub(crate) invited_by: Option<PersonId>,
    pub(crate) created_at: Micros,
    pub(crate) expires_at: Micros,
}

/// Offers a role; the same offer of before is taken back.
pub(crate) async fn put(tx: &mut WriteTx, proof: &impl GiveRoles, new: &New<'_>) -> Result<(), StoreError> {
    let (statement, place) = match proof.place() {
        Place::Account(id) => (PUT_ON_ACCOUNT, id.to_string()),
        Place::Organisation(id) => (PUT_ON_ORGANISATION, id.to_string()),
    };
    let put = statement
        .bind(InvitationId::new())
        .bind(new.login.as_str())
        .bind(new.person)
        .bind(new.role)
        .bind(place)
        .bind(new.invited_by)
        .bind(new.created_at)
        .bind(new.expires_at);
    tx.execute(put).await?;
    Ok(())
}

/// What was offered here, to one login or to all.
pub(crate) async fn list(
    tx: &mut Tx,
    proof: &impl OnPlace,
    login: Option<&Login>,
    now: Micros,
) -> Result<Vec<Row>, StoreError> {
    let login = login.map(Login::as_str);
    match proof.place() {
        Place::Account(id) => tx.all(ON_ACCOUNT.bind(id).bind(now).bind(login)).await,
        Place::Organisation(id) => tx.all(ON_ORGANISATION.bind(id).bind(now).bind(login)).await,
    }
}

/// What was offered to a person: all of it, or one.
pub(crate) async fn of_person(
    tx: &mut Tx,
    person: PersonId,
    id: Option<InvitationId>,
    now: Micros,
) -> Result<Vec<Row>, StoreError> {
    tx.all(OF_PERSON.bind(person).bind(now).bind(id)).await
}

/// Takes an offer back, or away once it was answered.
pub(crate) async fn delete(tx: &mut WriteTx, id: InvitationId) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(id)).await?;
    Ok(())
}

/// Forgets what nobody can accept any more; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}
