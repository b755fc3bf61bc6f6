//! Who has which role on one place, and how the API shows it.

use std::collections::BTreeSet;

use auth::{AccountRef, OfOrganisation, OrganisationRef};
use auth::{Authorised, Login, ManageMembers, Owned, PermissionId, Place};
use names::{AccountId, Label, Micros, OrganisationId, PersonId, RoleId};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

const ON_ACCOUNT: Statement = Statement::new(
    "SELECT p.id AS person_id, p.login, p.suspended_at, r.id AS role_id, r.name AS role, pr.created_at,
            (SELECT COUNT(*) FROM account_role f
             WHERE f.person_id = pr.person_id AND f.role_id = pr.role_id AND f.account_id = pr.account_id) AS in_force,
            (SELECT MAX(l.expires_at) FROM login_link l
             WHERE l.person_id = p.id AND l.kind = 'invitation' AND l.used_at IS NULL AND l.expires_at > $2) AS invited_until
     FROM person_role pr JOIN person p ON p.id = pr.person_id JOIN role r ON r.id = pr.role_id
     WHERE pr.account_id = $1 AND (p.login = $3 OR $3 IS NULL)
     ORDER BY p.login, r.name LIMIT 1000",
);
const ON_ORGANISATION: Statement = Statement::new(
    "SELECT p.id AS person_id, p.login, p.suspended_at, r.id AS role_id, r.name AS role, pr.created_at,
            (SELECT COUNT(*) FROM organisation_role f
             WHERE f.person_id = pr.person_id AND f.role_id = pr.role_id AND f.organisation_id = pr.organisation_id) AS in_force,
            (SELECT MAX(l.expires_at) FROM login_link l
             WHERE l.person_id = p.id AND l.kind = 'invitation' AND l.used_at IS NULL AND l.expires_at > $2) AS invited_until
     FROM person_role pr JOIN person p ON p.id = pr.person_id JOIN role r ON r.id = pr.role_id
     WHERE pr.organisation_id = $1 AND (p.login = $3 OR $3 IS NULL)
     ORDER BY p.login, r.name LIMIT 1000",
);
const GIVE_ON_ACCOUNT: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, account_id, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);
const GIVE_ON_ORGANISATION: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);
const TAKE_ON_ACCOUNT: Statement =
    Statement::new("DELETE FROM person_role WHERE person_id = $1 AND role_id = $2 AND account_id = $3");
const TAKE_ON_ORGANISATION: Statement =
    Statement::new("DELETE FROM person_role WHERE person_id = $1 AND role_id = $2 AND organisation_id = $3");
const OWNERS: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM person_role WHERE account_id = $1 AND role_id = $2");
const MADE_FOR: Statement = Statement::new("UPDATE person SET made_for = $2 WHERE id = $1");
const DELETE_LEFT_OVER: Statement = Statement::new(
    "DELETE FROM person WHERE id = $1 AND made_for = $2
       AND NOT EXISTS (SELECT 1 FROM person_role pr WHERE pr.person_id = $1)",
);
const DELETE_WITH_ACCOUNT: Statement = Statement::new(
    "DELETE FROM person WHERE made_for = $1
       AND NOT EXISTS (SELECT 1 FROM person_role pr WHERE pr.person_id = person.id
                         AND (pr.account_id IS NULL OR pr.account_id <> $1))",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    ON_ACCOUNT,
    ON_ORGANISATION,
    GIVE_ON_ACCOUNT,
    GIVE_ON_ORGANISATION,
    TAKE_ON_ACCOUNT,
    TAKE_ON_ORGANISATION,
    OWNERS,
    MADE_FOR,
    DELETE_LEFT_OVER,
    DELETE_WITH_ACCOUNT,
];

/// A proof about a place: an account's or an organisation's.
pub(crate) trait OnPlace: Send + Sync {
    /// The place.
    fn place(&self) -> Place;
    /// The organisation that it belongs to, or is.
    fn organisation(&self) -> OrganisationId;
    /// Its name.
    fn name(&self) -> String;
}

impl<P: Send + Sync> OnPlace for Authorised<AccountRef, P> {
    fn place(&self) -> Place {
        Place::Account(self.account())
    }

    fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    fn name(&self) -> String {
        self.name.to_string()
    }
}

impl<P: Send + Sync> OnPlace for Authorised<OrganisationRef, P> {
    fn place(&self) -> Place {
        Place::Organisation(OfOrganisation::organisation(&**self))
    }

    fn organisation(&self) -> OrganisationId {
        self.id
    }

    fn name(&self) -> String {
        self.name.to_string()
    }
}

/// A proof that lets its holder give and take roles on a place.
pub(crate) trait GiveRoles: OnPlace {}

impl GiveRoles for Authorised<AccountRef, ManageMembers> {}
impl GiveRoles for Authorised<OrganisationRef, ManageMembers> {}

/// One role of one person here.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) person: PersonId,
    pub(crate) login: Login,
    pub(crate) role_id: RoleId,
    pub(crate) role: Label,
    pub(crate) in_force: bool,
    pub(crate) invited_until: Option<Micros>,
    pub(crate) created_at: Micros,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            person: row.parse("person_id")?,
            login: row.parse("login")?,
            role_id: row.parse("role_id")?,
            role: row.parse("role")?,
            in_force: row.int("in_force")? > 0 && row.opt_time("suspended_at")?.is_none(),
            invited_until: row.opt_time("invited_until")?,
            created_at: row.time("created_at")?,
        })
    }
}

/// Who has a role here, or was offered one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Member {
    /// The login.
    #[schema(value_type = String)]
    pub(crate) login: Login,
    /// The role's name.
    #[schema(value_type = String, example = "developer")]
    pub(crate) role: Label,
    /// `member`; `new`: was made with the role, and did not sign in yet; `invited`: did not accept yet.
    pub(crate) state: String,
    /// Whether the role counts at this moment: neither the person, nor what it is held on, nor anything above is suspended.
    pub(crate) in_force: bool,
    /// What it allows here, while it is in force.
    pub(crate) permissions: Vec<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Micros,
    /// Until when the link or the invitation works.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) invited_until: Option<Micros>,
}

impl Member {
    /// The member of a row.
    pub(crate) fn of(row: &Row, held: &BTreeSet<PermissionId>) -> Self {
        let permissions = held.iter().filter(|_| row.in_force);
        Self {
            login: row.login.clone(),
            role: row.role.clone(),
            state: if row.invited_until.is_some() { "new" } else { "member" }.to_owned(),
            in_force: row.in_force,
            permissions: permissions.map(|permission| permission.as_str().to_owned()).collect(),
            since: row.created_at,
            invited_until: row.invited_until,
        }
    }
}

/// The roles on this very place, of one login or of all.
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

/// Gives a role; `false` where the person has it.
pub(crate) async fn give(
    tx: &mut WriteTx,
    place: Place,
    person: PersonId,
    role: RoleId,
    now: Micros,
) -> Result<bool, StoreError> {
    let statement = match place {
        Place::Account(id) => GIVE_ON_ACCOUNT.bind(RoleId::new()).bind(person).bind(role).bind(id),
        Place::Organisation(id) => GIVE_ON_ORGANISATION.bind(RoleId::new()).bind(person).bind(role).bind(id),
    };
    Ok(tx.execute(statement.bind(now)).await? == 1)
}

/// Takes a role away.
pub(crate) async fn take(
    tx: &mut WriteTx,
    proof: &impl GiveRoles,
    person: PersonId,
    role: RoleId,
) -> Result<(), StoreError> {
    let statement = match proof.place() {
        Place::Account(id) => TAKE_ON_ACCOUNT.bind(person).bind(role).bind(id),
        Place::Organisation(id) => TAKE_ON_ORGANISATION.bind(person).bind(role).bind(id),
    };
    tx.execute(statement).await?;
    Ok(())
}

/// How many owners an account has.
pub(crate) async fn owners(tx: &mut Tx, account: AccountId) -> Result<i64, StoreError> {
    tx.one(OWNERS.bind(account).bind(store::fixed::OWNER_ROLE)).await
}

/// Notes that the person was made for an account, and goes with it.
pub(crate) async fn made_for(
    tx: &mut WriteTx,
    _proof: &impl GiveRoles,
    person: PersonId,
    account: AccountId,
) -> Result<(), StoreError> {
    tx.execute(MADE_FOR.bind(person).bind(account)).await?;
    Ok(())
}

/// Deletes a person who was made for this account and has no role any more; whether they are gone.
pub(crate) async fn delete_left_over(
    tx: &mut WriteTx,
    _proof: &impl GiveRoles,
    person: PersonId,
    account: AccountId,
) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE_LEFT_OVER.bind(person).bind(account)).await? == 1)
}

/// Deletes those who were made for an account and hold nothing elsewhere; for the removal of the account.
pub(crate) async fn delete_with_account(tx: &mut WriteTx, account: AccountId) -> Result<(), StoreError> {
    tx.execute(DELETE_WITH_ACCOUNT.bind(account)).await?;
    Ok(())
}
