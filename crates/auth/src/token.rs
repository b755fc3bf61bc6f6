//! Tokens: what a program shows in place of a person who signs in.
//!
//! A token is its person's, and never may more than they may at that moment: it holds the permissions that it was given, of those that its
//! person holds, on the accounts and organisations that it was given, or wherever its person does (the views `account_permission` and
//! `organisation_permission`). It is shown once, stored as its SHA-256, and found by that.
//!
//! It stops when it expires, when it is deleted, while its person is suspended, and goes with its person. A new password does not end it:
//! programs would stop for no reason that their owner thinks of. [`delete_all`] ends all at once.

use std::collections::BTreeSet;
use std::time::Duration;

use names::{AccountId, ApiToken, Label, Micros, OrganisationId, PersonId, TokenId};
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::TokenKey;
use crate::actor::{Actor, Credential, Identity};
use crate::login::Login;
use crate::origin::Origin;
use crate::permission::PermissionId;

/// How long a token works where nothing else is said.
pub const LASTS: Duration = Duration::from_hours(90 * 24);
/// Tokens of one person.
pub const MOST: i64 = 50;
/// Accounts and organisations that one token may be bound to.
pub const MOST_SCOPES: usize = 100;
/// Uses closer together than this are not written down.
const NOTED_EVERY: Duration = Duration::from_mins(1);
/// So long after it expired, a token is still listed.
const LISTED: Duration = Duration::from_hours(30 * 24);

const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM token WHERE person_id = $1");
const INSERT: Statement = Statement::new(
    "INSERT INTO token (id, person_id, name, token_hash, created_at, expires_at, scoped)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person_id, name) DO NOTHING",
);
const ADD_PERMISSION: Statement =
    Statement::new("INSERT INTO token_permission (token_id, permission) VALUES ($1, $2)");
const ADD_SCOPE: Statement = Statement::new(
    "INSERT INTO token_scope (id, token_id, organisation_id, account_id) VALUES ($1, $2, $3, $4)",
);
const FIND: Statement = Statement::new(
    "SELECT t.id, t.name, t.person_id, t.last_used_at, p.login FROM token t JOIN person p ON p.id = t.person_id
     WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.suspended_at IS NULL",
);
const FIND_AGAIN: Statement = Statement::new(
    "SELECT t.id, t.name, t.person_id, t.last_used_at, p.login FROM token t JOIN person p ON p.id = t.person_id
     WHERE t.id = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.suspended_at IS NULL",
);
const TOUCH: Statement = Statement::new(
    "UPDATE token SET last_used_at = $2, last_origin = $3
     WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
);
const LIST: Statement = Statement::new(
    "SELECT id, name, created_at, expires_at, last_used_at, last_origin, scoped FROM token
     WHERE person_id = $1 ORDER BY name LIMIT 200",
);
const BY_ID: Statement = Statement::new(
    "SELECT id, name, created_at, expires_at, last_used_at, last_origin, scoped FROM token
     WHERE person_id = $1 AND id = $2",
);
const BY_NAME: Statement = Statement::new(
    "SELECT id, name, created_at, expires_at, last_used_at, last_origin, scoped FROM token
     WHERE person_id = $1 AND name = $2",
);
const PERMISSIONS: Statement = Statement::new(
    "SELECT permission AS value FROM token_permission WHERE token_id = $1 ORDER BY permission LIMIT 200",
);
const ACCOUNTS: Statement = Statement::new(
    "SELECT a.name AS value FROM token_scope s JOIN account a ON a.id = s.account_id
     WHERE s.token_id = $1 ORDER BY a.name LIMIT 200",
);
const ORGANISATIONS: Statement = Statement::new(
    "SELECT o.name AS value FROM token_scope s JOIN organisation o ON o.id = s.organisation_id
     WHERE s.token_id = $1 ORDER BY o.name LIMIT 200",
);
const DELETE: Statement = Statement::new("DELETE FROM token WHERE id = $1 AND person_id = $2");
const DELETE_ALL: Statement = Statement::new("DELETE FROM token WHERE person_id = $1");
const PRUNE: Statement = Statement::new("DELETE FROM token WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[
    COUNT,
    INSERT,
    ADD_PERMISSION,
    ADD_SCOPE,
    FIND,
    FIND_AGAIN,
    TOUCH,
    LIST,
    BY_ID,
    BY_NAME,
    PERMISSIONS,
    ACCOUNTS,
    ORGANISATIONS,
    DELETE,
    DELETE_ALL,
    PRUNE,
];

/// Where a token counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Wherever its person may.
    Everything,
    /// On these alone, and below the organisations. Should all of them go, it counts nowhere.
    Only {
        /// Accounts that the maker was found to see.
        accounts: BTreeSet<AccountId>,
        /// Organisations that the maker was found to see.
        organisations: BTreeSet<OrganisationId>,
    },
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name, unique among its person's.
    pub name: Label,
    /// What it may do.
    pub permissions: BTreeSet<PermissionId>,
    /// Where.
    pub scope: Scope,
    /// Until when; none: for ever.
    pub expires_at: Option<Micros>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The person has a token of this name.
    #[error("the name is taken")]
    NameTaken,
    /// The person has [`MOST`] already.
    #[error("there are too many tokens")]
    TooMany,
    /// The person holds this permission nowhere.
    #[error("{0} is not held")]
    NotHeld(PermissionId),
    /// The database, or no randomness.
    #[error("the token could not be written down")]
    Store(#[from] StoreError),
}

/// A token in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its id.
    pub id: TokenId,
    /// Its name.
    pub name: Label,
    /// When it was made.
    pub created_at: Micros,
    /// Until when it works; none: for ever.
    pub expires_at: Option<Micros>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Micros>,
    /// Where it was last used from.
    pub last_origin: Option<String>,
    /// Whether it counts on some accounts and organisations alone.
    pub scoped: bool,
    /// What it may do, of what its person may.
    pub permissions: Vec<String>,
    /// The accounts that it is bound to.
    pub accounts: Vec<String>,
    /// The organisations that it is bound to.
    pub organisations: Vec<String>,
}

impl FromRow for TokenInfo {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            created_at: row.time("created_at")?,
            expires_at: row.opt_time("expires_at")?,
            last_used_at: row.opt_time("last_used_at")?,
            last_origin: row.opt_text("last_origin")?,
            scoped: row.flag("scoped")?,
            permissions: Vec::new(),
            accounts: Vec::new(),
            organisations: Vec::new(),
        })
    }
}

impl TokenInfo {
    async fn whole(mut self, tx: &mut Tx) -> Result<Self, StoreError> {
        self.permissions = tx.all(PERMISSIONS.bind(self.id)).await?;
        if self.scoped {
            self.accounts = tx.all(ACCOUNTS.bind(self.id)).await?;
            self.organisations = tx.all(ORGANISATIONS.bind(self.id)).await?;
        }
        Ok(self)
    }
}

struct Found {
    id: TokenId,
    name: Label,
    person: PersonId,
    login: Login,
    last_used_at: Option<Micros>,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            person: row.parse("person_id")?,
            login: row.parse("login")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

impl Found {
    async fn actor(&self, tx: &mut Tx, origin: Origin) -> Result<Actor, StoreError> {
        let by = Credential::Token { id: self.id, name: self.name.clone() };
        let identity = Identity::Person { id: self.person, login: self.login.clone(), by };
        Actor::person(tx, identity, origin).await
    }
}

/// The permissions that the person holds anywhere and that change nothing.
pub async fn views_of(tx: &mut Tx, person: PersonId) -> Result<BTreeSet<PermissionId>, StoreError> {
    let holder = person.to_string();
    let mut held = BTreeSet::new();
    for permission in PermissionId::ALL.iter().copied().filter(|permission| permission.is_view()) {
        if Actor::held_somewhere(tx, &holder, permission).await? {
            held.insert(permission);
        }
    }
    Ok(held)
}

/// Makes a token of this person, and gives what is shown once.
pub async fn create(
    tx: &mut WriteTx,
    person: PersonId,
    new: &NewToken,
    now: Micros,
) -> Result<(TokenId, ApiToken), CreateError> {
    if tx.one::<i64>(COUNT.bind(person)).await? >= MOST {
        return Err(CreateError::TooMany);
    }
    let holder = person.to_string();
    for &permission in &new.permissions {
        if !Actor::held_somewhere(tx, &holder, permission).await? {
            return Err(CreateError::NotHeld(permission));
        }
    }
    let token = ApiToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let id = TokenId::new();
    let insert = INSERT
        .bind(id)
        .bind(person)
        .bind(new.name.to_string())
        .bind(token.hash())
        .bind(now)
        .bind(new.expires_at)
        .bind(new.scope != Scope::Everything);
    if tx.execute(insert).await? == 0 {
        return Err(CreateError::NameTaken);
    }
    for permission in &new.permissions {
        tx.execute(ADD_PERMISSION.bind(id).bind(permission.as_str())).await?;
    }
    if let Scope::Only { accounts, organisations } = &new.scope {
        let scope = || ADD_SCOPE.bind(TokenId::new()).bind(id);
        for &account in accounts {
            tx.execute(scope().bind(None::<&str>).bind(account)).await?;
        }
        for &organisation in organisations {
            tx.execute(scope().bind(organisation).bind(None::<&str>)).await?;
        }
    }
    Ok((id, token))
}

/// Whose token it is, with the rights of this moment; `None` where it is no good.
///
/// Reads alone; once a minute the use is written down, which nobody waits for.
pub async fn resolve(
    store: &Store,
    token: &ApiToken,
    origin: Origin,
    now: Micros,
) -> Result<Option<Actor>, StoreError> {
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        // Looked up by its hash: how long the look-up takes tells nothing of the token.
        let found: Option<Found> = tx.optional(FIND.bind(token.hash()).bind(now)).await?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some((found.actor(tx, origin).await?, found)))
    };
    let Some((actor, found)) = store.read(read).await? else { return Ok(None) };
    if found.last_used_at.is_none_or(|last| now.since(last) >= NOTED_EVERY) {
        tokio::spawn(touch(store.clone(), found.id, origin, now));
    }
    Ok(Some(actor))
}

async fn touch(store: Store, token: TokenId, origin: Origin, now: Micros) {
    let touch = TOUCH.bind(token).bind(now).bind(origin.to_string());
    if let Err(error) = store.note(async |tx| tx.execute(touch).await).await {
        tracing::warn!(error = %error, "the use of a token could not be written down");
    }
}

/// The actor of a token that was found before; none where it is no good any longer.
pub(crate) async fn find_again(
    tx: &mut Tx,
    token: TokenId,
    origin: Origin,
    now: Micros,
) -> Result<Option<Actor>, StoreError> {
    let found: Option<Found> = tx.optional(FIND_AGAIN.bind(token).bind(now)).await?;
    match found {
        Some(found) => found.actor(tx, origin).await.map(Some),
        None => Ok(None),
    }
}

/// A person's tokens by name, those that expired lately among them.
pub async fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<TokenInfo>, StoreError> {
    let found: Vec<TokenInfo> = tx.all(LIST.bind(person)).await?;
    let mut whole = Vec::with_capacity(found.len());
    for token in found {
        whole.push(token.whole(tx).await?);
    }
    Ok(whole)
}

/// One token of this person.
pub async fn find(tx: &mut Tx, person: PersonId, key: &TokenKey) -> Result<Option<TokenInfo>, StoreError> {
    let statement = match key {
        TokenKey::Id(id) => BY_ID.bind(person).bind(*id),
        TokenKey::Name(name) => BY_NAME.bind(person).bind(name.to_string()),
    };
    let found: Option<TokenInfo> = tx.optional(statement).await?;
    match found {
        Some(token) => token.whole(tx).await.map(Some),
        None => Ok(None),
    }
}

/// Ends one token of this person; whether there was one.
pub async fn delete(tx: &mut WriteTx, person: PersonId, token: TokenId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE.bind(token).bind(person)).await? == 1)
}

/// Ends all tokens of this person; how many there were.
pub async fn delete_all(tx: &mut WriteTx, person: PersonId) -> Result<u64, StoreError> {
    tx.execute(DELETE_ALL.bind(person)).await
}

/// Forgets tokens that expired a while ago; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now.minus(LISTED))).await
}

#[cfg(test)]
mod tests;
