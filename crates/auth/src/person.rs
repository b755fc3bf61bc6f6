//! Persons and their roles.

use std::collections::BTreeSet;

use names::{AccountId, EmailAddress, Micros, OrganisationId, PersonId, RoleId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::actor::Actor;
use crate::authorised::{AccountRef, Authorised, Denied, Installation, OfOrganisation, OrganisationRef};
use crate::key::Key;
use crate::login::Login;
use crate::passwords::StoredHash;
use crate::permission::{BUILT_IN, ManageAccounts, ManageMembers, ManagePersons, OnOrganisation};
use crate::{session, sign_in};

const INSERT: Statement = Statement::new(
    "INSERT INTO person (id, login, email, password_hash, organisation_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (login) DO NOTHING",
);
const BY_LOGIN: Statement = Statement::new(
    "SELECT id, login, email, organisation_id, suspended_at, created_at FROM person WHERE login = $1",
);
const BY_ID: Statement = Statement::new(
    "SELECT id, login, email, organisation_id, suspended_at, created_at FROM person WHERE id = $1",
);
const SET_PASSWORD: Statement = Statement::new(
    "UPDATE person SET password_hash = $2, updated_at = $3, version = version + 1 WHERE id = $1",
);
const SUSPEND: Statement = Statement::new(
    "UPDATE person SET suspended_at = $2, updated_at = $3, version = version + 1 WHERE id = $1",
);
const DELETE: Statement = Statement::new("DELETE FROM person WHERE id = $1");
const DELETE_WITH_ACCOUNT: Statement = Statement::new(
    "DELETE FROM person WHERE id = $1 AND organisation_id = $3
       AND NOT EXISTS (SELECT 1 FROM person_role pr WHERE pr.person_id = $1
                         AND (pr.account_id IS NULL OR pr.account_id <> $2))",
);
const GRANT_EVERYWHERE: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);
const GRANT_ACCOUNT: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, account_id, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING",
);
const IS_ADMINISTRATOR: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM person_role WHERE person_id = $1 AND role_id = $2 AND organisation_id = $3",
);
const PERMISSIONS: Statement =
    Statement::new("SELECT permission AS value FROM role_permission WHERE role_id = $1");
const DROP_PERMISSIONS: Statement = Statement::new("DELETE FROM role_permission WHERE role_id = $1");
const ADD_PERMISSION: Statement =
    Statement::new("INSERT INTO role_permission (role_id, permission) VALUES ($1, $2)");
const BEYOND: Statement = Statement::new(
    "SELECT COUNT(*) AS value FROM person_role pr JOIN role_permission rp ON rp.role_id = pr.role_id
     WHERE pr.person_id = $1
       AND NOT EXISTS (SELECT 1 FROM account_permission p
                       WHERE p.holder_id = $2 AND p.account_id = pr.account_id AND p.permission = rp.permission)
       AND NOT EXISTS (SELECT 1 FROM organisation_permission p
                       WHERE p.holder_id = $2 AND p.organisation_id = pr.organisation_id AND p.permission = rp.permission)",
);

pub(crate) const STATEMENTS: &[Statement] = &[
    INSERT,
    BY_LOGIN,
    BY_ID,
    SET_PASSWORD,
    SUSPEND,
    DELETE,
    DELETE_WITH_ACCOUNT,
    GRANT_EVERYWHERE,
    GRANT_ACCOUNT,
    IS_ADMINISTRATOR,
    PERMISSIONS,
    DROP_PERMISSIONS,
    ADD_PERMISSION,
    BEYOND,
];

/// Someone who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: PersonId,
    /// The name to sign in with.
    pub login: Login,
    /// Where to write to.
    pub email: Option<EmailAddress>,
    /// The organisation whose managers manage the person.
    pub organisation: OrganisationId,
    /// Since when nobody can sign in as this person.
    pub suspended_at: Option<Micros>,
    /// When it was made.
    pub created_at: Micros,
}

impl FromRow for Person {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            login: row.parse("login")?,
            email: row.opt_parse("email")?,
            organisation: row.parse("organisation_id")?,
            suspended_at: row.opt_time("suspended_at")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl OfOrganisation for Person {
    const KIND: &'static str = "person";

    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

/// A person to be made.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The name to sign in with.
    pub login: Login,
    /// Where to write to.
    pub email: Option<EmailAddress>,
    /// Without one, the person signs in by one-time links alone.
    pub password: Option<StoredHash>,
}

/// What a person is made for; each kind of proof allows it, in its organisation.
pub trait MayMakePersons {
    /// The organisation that the person will belong to.
    fn organisation(&self) -> OrganisationId;
}

impl MayMakePersons for Authorised<OrganisationRef, ManagePersons> {
    fn organisation(&self) -> OrganisationId {
        self.id
    }
}

impl MayMakePersons for Authorised<OrganisationRef, ManageAccounts> {
    fn organisation(&self) -> OrganisationId {
        self.id
    }
}

impl MayMakePersons for Authorised<AccountRef, ManageMembers> {
    fn organisation(&self) -> OrganisationId {
        self.organisation
    }
}

/// Makes a person; `None` where the login is taken.
pub async fn create(
    tx: &mut WriteTx,
    proof: &impl MayMakePersons,
    new: &NewPerson,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    insert(tx, &proof.organisation().to_string(), new, now).await
}

async fn insert(
    tx: &mut WriteTx,
    organisation: &str,
    new: &NewPerson,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    let id = PersonId::new();
    let insert = INSERT
        .bind(id)
        .bind(new.login.as_str())
        .bind(new.email.as_ref().map(EmailAddress::as_str))
        .bind(new.password.as_ref().map(StoredHash::expose))
        .bind(organisation)
        .bind(now);
    Ok((tx.execute(insert).await? == 1).then_some(id))
}

/// Makes the person the owner of an account that was just made. Again is no change.
pub async fn grant_owner(
    tx: &mut WriteTx,
    _proof: &Authorised<OrganisationRef, ManageAccounts>,
    person: PersonId,
    account: AccountId,
    now: Micros,
) -> Result<(), StoreError> {
    let id = RoleId::new();
    let role = store::fixed::OWNER_ROLE;
    tx.execute(GRANT_ACCOUNT.bind(id).bind(person).bind(role).bind(account).bind(now)).await?;
    Ok(())
}

/// Proof for a person, by id or login: of the organisation that the person belongs to.
pub async fn find<P: OnOrganisation>(
    tx: &mut Tx,
    actor: &Actor,
    key: &Key<PersonId, Login>,
) -> Result<Authorised<Person, P>, Denied> {
    let statement = match key {
        Key::Id(id) => BY_ID.bind(id.to_string()),
        Key::Name(login) => BY_LOGIN.bind(login.as_str()),
    };
    let found = tx.optional(statement).await?;
    actor.authorise_organisation(tx, found).await
}

/// Whether all that the person holds, in force or not, is held by the actor too: only then may the actor take the person's place, by a
/// sign-in link, a new password or by acting as them. Else whoever manages an administrator's login would be one.
pub async fn is_covered(tx: &mut Tx, actor: &Actor, person: PersonId) -> Result<bool, StoreError> {
    if actor.person_id().is_none() {
        return Ok(true);
    }
    covers(tx, &actor.holder(), person).await
}

/// As [`is_covered`], by whoever holds rights: a person or a token.
pub(crate) async fn covers(tx: &mut Tx, holder: &str, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(BEYOND.bind(person).bind(holder)).await? == 0)
}

/// The person with this login.
pub async fn by_login(tx: &mut Tx, login: &Login) -> Result<Option<Person>, StoreError> {
    tx.optional(BY_LOGIN.bind(login.as_str())).await
}

/// The person with this id.
pub async fn by_id(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, StoreError> {
    tx.optional(BY_ID.bind(id)).await
}

/// Sets the password, and ends all sessions and links: whoever came by the old one is out.
pub async fn set_password(
    tx: &mut WriteTx,
    person: PersonId,
    hash: &StoredHash,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SET_PASSWORD.bind(person).bind(hash.expose()).bind(now)).await?;
    sign_in::drop_links(tx, person).await?;
    session::revoke_all(tx, person, now).await?;
    Ok(())
}

/// Keeps the person from signing in and ends all sessions and links, or lets them in again.
pub async fn set_suspended(
    tx: &mut WriteTx,
    person: &Authorised<Person, ManagePersons>,
    suspended: bool,
    now: Micros,
) -> Result<(), StoreError> {
    let person = person.id;
    tx.execute(SUSPEND.bind(person).bind(suspended.then_some(now)).bind(now)).await?;
    if suspended {
        sign_in::drop_links(tx, person).await?;
        session::revoke_all(tx, person, now).await?;
    }
    Ok(())
}

/// Deletes the person, with roles, sessions, links and tokens.
pub async fn delete(tx: &mut WriteTx, person: &Authorised<Person, ManagePersons>) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(person.id)).await?;
    Ok(())
}

/// Deletes a person together with the account that they were made for: where they hold nothing else, and belong to its organisation.
pub async fn delete_with_account(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, ManageAccounts>,
    person: PersonId,
) -> Result<(), StoreError> {
    tx.execute(DELETE_WITH_ACCOUNT.bind(person).bind(account.id).bind(account.organisation)).await?;
    Ok(())
}

/// What the panel does at every start: the built-in roles hold what this release says, and the first administrator is there.
/// Returns the administrator. Again is no change.
pub async fn bootstrap(tx: &mut WriteTx, login: &Login, now: Micros) -> Result<PersonId, StoreError> {
    for (role, permissions) in BUILT_IN {
        let held: Vec<String> = tx.all(PERMISSIONS.bind(*role)).await?;
        let held: BTreeSet<&str> = held.iter().map(String::as_str).collect();
        let wanted: BTreeSet<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
        if held == wanted {
            continue;
        }
        tx.execute(DROP_PERMISSIONS.bind(*role)).await?;
        for permission in wanted {
            tx.execute(ADD_PERMISSION.bind(*role).bind(permission)).await?;
        }
    }
    match insert_administrator(tx, login, now).await? {
        Some(id) => Ok(id),
        // There already: its rights are left as they are, someone may have taken them away.
        None => Ok(tx.one::<Person>(BY_LOGIN.bind(login.as_str())).await?.id),
    }
}

/// Makes an administrator, who signs in by one-time links at first; `None` where the login is taken.
pub async fn create_administrator(
    tx: &mut WriteTx,
    _proof: &Authorised<Installation, ManagePersons>,
    login: &Login,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    insert_administrator(tx, login, now).await
}

async fn insert_administrator(
    tx: &mut WriteTx,
    login: &Login,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    let new = NewPerson { login: login.clone(), email: None, password: None };
    let Some(id) = insert(tx, store::fixed::ROOT_ORGANISATION, &new, now).await? else { return Ok(None) };
    let grant = GRANT_EVERYWHERE
        .bind(RoleId::new())
        .bind(id)
        .bind(store::fixed::ADMINISTRATOR_ROLE)
        .bind(store::fixed::ROOT_ORGANISATION)
        .bind(now);
    tx.execute(grant).await?;
    Ok(Some(id))
}

/// Whether the person is an administrator.
pub async fn is_administrator(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    let statement = IS_ADMINISTRATOR
        .bind(person)
        .bind(store::fixed::ADMINISTRATOR_ROLE)
        .bind(store::fixed::ROOT_ORGANISATION);
    Ok(tx.one::<i64>(statement).await? > 0)
}

#[cfg(test)]
mod tests;
