//! Persons and their roles.

use names::{AccountId, EmailAddress, Micros, PersonId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::authorised::{Authorised, Installation};
use crate::login::Login;
use crate::passwords::StoredHash;
use crate::permission::{ManageAccounts, ManagePersons, OWNER, PermissionId};
use crate::{session, sign_in};

const INSERT: Statement = Statement::new(
    "INSERT INTO person (id, login, email, password_hash, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (login) DO NOTHING",
);
const BY_LOGIN: Statement =
    Statement::new("SELECT id, login, email, suspended_at, created_at FROM person WHERE login = $1");
const BY_ID: Statement =
    Statement::new("SELECT id, login, email, suspended_at, created_at FROM person WHERE id = $1");
const SET_PASSWORD: Statement =
    Statement::new("UPDATE person SET password_hash = $2, updated_at = $3 WHERE id = $1");
const SUSPEND: Statement =
    Statement::new("UPDATE person SET suspended_at = $2, updated_at = $3 WHERE id = $1");
const DELETE: Statement = Statement::new("DELETE FROM person WHERE id = $1");
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
const ADD_PERMISSION: Statement = Statement::new(
    "INSERT INTO role_permission (role_id, permission) VALUES ($1, $2) ON CONFLICT (role_id, permission) DO NOTHING",
);

pub(crate) const STATEMENTS: &[Statement] = &[
    INSERT,
    BY_LOGIN,
    BY_ID,
    SET_PASSWORD,
    SUSPEND,
    DELETE,
    GRANT_EVERYWHERE,
    GRANT_ACCOUNT,
    IS_ADMINISTRATOR,
    ADD_PERMISSION,
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
            suspended_at: row.opt_time("suspended_at")?,
            created_at: row.time("created_at")?,
        })
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

/// What a person is to be made for; each kind of proof allows it.
pub trait MayMakePersons {}
impl MayMakePersons for Authorised<Installation, ManagePersons> {}
impl MayMakePersons for Authorised<Installation, ManageAccounts> {}

/// Makes a person; `None` where the login is taken.
pub async fn create(
    tx: &mut WriteTx,
    _proof: &impl MayMakePersons,
    new: &NewPerson,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    insert(tx, new, now).await
}

async fn insert(tx: &mut WriteTx, new: &NewPerson, now: Micros) -> Result<Option<PersonId>, StoreError> {
    let id = PersonId::new();
    let insert = INSERT
        .bind(id)
        .bind(new.login.as_str())
        .bind(new.email.as_ref().map(EmailAddress::as_str))
        .bind(new.password.as_ref().map(StoredHash::expose))
        .bind(now);
    Ok((tx.execute(insert).await? == 1).then_some(id))
}

/// Makes the person the owner of an account. Again is no change.
pub async fn grant_owner(
    tx: &mut WriteTx,
    _proof: &Authorised<Installation, ManageAccounts>,
    person: PersonId,
    account: AccountId,
    now: Micros,
) -> Result<(), StoreError> {
    let id = names::Id::<names::kind::Role>::new();
    let role = store::fixed::OWNER_ROLE;
    tx.execute(GRANT_ACCOUNT.bind(id).bind(person).bind(role).bind(account).bind(now)).await?;
    Ok(())
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
    _proof: &impl MayMakePersons,
    person: PersonId,
    suspended: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SUSPEND.bind(person).bind(suspended.then_some(now)).bind(now)).await?;
    if suspended {
        sign_in::drop_links(tx, person).await?;
        session::revoke_all(tx, person, now).await?;
    }
    Ok(())
}

/// Deletes the person, with roles, sessions and links.
pub async fn delete(
    tx: &mut WriteTx,
    _proof: &impl MayMakePersons,
    person: PersonId,
) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(person)).await?;
    Ok(())
}

/// What the panel does at every start: the built-in roles get the permissions of this release, and the first administrator is there.
/// Returns the administrator. Again is no change.
pub async fn bootstrap(tx: &mut WriteTx, login: &Login, now: Micros) -> Result<PersonId, StoreError> {
    for permission in PermissionId::ALL {
        tx.execute(ADD_PERMISSION.bind(store::fixed::ADMINISTRATOR_ROLE).bind(permission.as_str())).await?;
    }
    for permission in OWNER {
        tx.execute(ADD_PERMISSION.bind(store::fixed::OWNER_ROLE).bind(permission.as_str())).await?;
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
    let Some(id) = insert(tx, &new, now).await? else { return Ok(None) };
    let grant = GRANT_EVERYWHERE
        .bind(names::Id::<names::kind::Role>::new())
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
