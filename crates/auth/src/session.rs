//! Sessions: a token of 256 random bits in the browser's cookie, its SHA-256 in the database, and nothing else that could sign anyone in.
//!
//! A session ends 30 minutes after it was last used, 12 hours after it began, when it is revoked, when its person is suspended, and when
//! its person's password changes. One in which somebody else acts as the person ends earlier; see [`acting`](crate::acting).

use std::time::Duration;

use names::{Micros, OpaqueToken, PersonId, SessionId};
use serde::Serialize;
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::acting;
use crate::actor::{Acting, Actor, Credential, Identity};
use crate::authorised::{AccountRef, Authorised};
use crate::login::Login;
use crate::origin::Origin;
use crate::permission::SuspendAccounts;
use crate::sign_in::Verified;
use crate::token;

/// Unused for so long, a session is over.
pub const IDLE: Duration = Duration::from_mins(30);
/// So long after it began, a session is over however much it was used.
pub const LONGEST: Duration = Duration::from_hours(12);
/// Uses closer together than this are not written down: a page's many requests make one write.
const NOTED_EVERY: Duration = Duration::from_mins(1);

const INSERT: Statement = Statement::new(
    "INSERT INTO session (id, person_id, token_hash, created_at, last_seen_at, idle_expires_at, expires_at, sudo_until, origin)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)",
);
const FIND: Statement = Statement::new(
    "SELECT s.id, s.person_id, s.last_seen_at, s.expires_at, s.impersonator_id, i.login AS impersonator, s.by_root, p.login
     FROM session s JOIN person p ON p.id = s.person_id LEFT JOIN person i ON i.id = s.impersonator_id
     WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.expires_at > $2
       AND p.suspended_at IS NULL AND i.suspended_at IS NULL",
);
const FIND_AGAIN: Statement = Statement::new(
    "SELECT s.id, s.person_id, s.last_seen_at, s.expires_at, s.impersonator_id, i.login AS impersonator, s.by_root, p.login
     FROM session s JOIN person p ON p.id = s.person_id LEFT JOIN person i ON i.id = s.impersonator_id
     WHERE s.id = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.expires_at > $2
       AND p.suspended_at IS NULL AND i.suspended_at IS NULL",
);
const TOUCH: Statement = Statement::new(
    "UPDATE session SET last_seen_at = $2, idle_expires_at = $3
     WHERE id = $1 AND revoked_at IS NULL AND last_seen_at < $2",
);
const LIST: Statement = Statement::new(
    "SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.origin, s.impersonator_id, s.by_root, i.login AS impersonator
     FROM session s LEFT JOIN person i ON i.id = s.impersonator_id
     WHERE s.person_id = $1 AND s.revoked_at IS NULL AND s.idle_expires_at > $2 AND s.expires_at > $2
     ORDER BY s.created_at DESC LIMIT 200",
);
const REVOKE: Statement = Statement::new(
    "UPDATE session SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL",
);
const REVOKE_ALL: Statement = Statement::new(
    "UPDATE session SET revoked_at = $2 WHERE (person_id = $1 OR impersonator_id = $1) AND revoked_at IS NULL",
);
const REVOKE_POWERLESS: Statement = Statement::new(
    "UPDATE session SET revoked_at = $2
     WHERE revoked_at IS NULL AND person_id IN (SELECT person_id FROM person_role WHERE account_id = $1)
       AND NOT EXISTS (SELECT 1 FROM role_in_force r WHERE r.person_id = session.person_id)",
);
const PRUNE: Statement = Statement::new("DELETE FROM session WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] =
    &[INSERT, FIND, FIND_AGAIN, TOUCH, LIST, REVOKE, REVOKE_ALL, REVOKE_POWERLESS, PRUNE];

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The cookie's value; it cannot be had again.
    pub token: OpaqueToken,
    /// When it ends at the latest.
    pub expires_at: Micros,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Micros,
    /// When it was last used, to the minute.
    pub last_seen_at: Micros,
    /// When it ends at the latest.
    pub expires_at: Micros,
    /// The address it began from.
    pub origin: String,
    /// Who acts as the person in it, where it is not themselves.
    pub acting: Option<Acting>,
}

impl FromRow for SessionInfo {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            created_at: row.time("created_at")?,
            last_seen_at: row.time("last_seen_at")?,
            expires_at: row.time("expires_at")?,
            origin: row.text("origin")?,
            acting: acting_of(row)?,
        })
    }
}

/// Who acts as a session's person, where it is not themselves.
fn acting_of(row: &Row) -> Result<Option<Acting>, RowError> {
    if row.flag("by_root")? {
        return Ok(Some(Acting::root()));
    }
    let (id, login) = (row.opt_parse("impersonator_id")?, row.opt_parse("impersonator")?);
    Ok(id.zip(login).map(|(id, login)| Acting { id: Some(id), login }))
}

struct Found {
    id: SessionId,
    person: PersonId,
    login: Login,
    last_seen_at: Micros,
    acting: Option<Acting>,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            person: row.parse("person_id")?,
            login: row.parse("login")?,
            last_seen_at: row.time("last_seen_at")?,
            acting: acting_of(row)?,
        })
    }
}

impl Found {
    /// None where somebody acts as the person who may not any longer.
    async fn actor(&self, tx: &mut Tx, origin: Origin, now: Micros) -> Result<Option<Actor>, StoreError> {
        if let Some(by) = &self.acting
            && acting::refusal(tx, by.id, self.person, now).await?.is_some()
        {
            return Ok(None);
        }
        let identity = Identity::Person {
            id: self.person,
            login: self.login.clone(),
            by: Credential::Session { id: self.id, acting: self.acting.clone() },
        };
        Actor::person(tx, identity, origin).await.map(Some)
    }
}

/// Begins a session for someone who has just shown who they are.
pub async fn begin(
    tx: &mut WriteTx,
    verified: &Verified,
    origin: Origin,
    now: Micros,
) -> Result<NewSession, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let session = NewSession { id: SessionId::new(), token, expires_at: now.plus(LONGEST) };
    let insert = INSERT
        .bind(session.id)
        .bind(verified.person())
        .bind(session.token.hash())
        .bind(now)
        .bind(now.plus(IDLE))
        .bind(session.expires_at)
        .bind(None::<Micros>)
        .bind(origin.to_string());
    tx.execute(insert).await?;
    Ok(session)
}

/// Who the token's session belongs to, with the rights of this moment; `None` where it is over or was never there.
///
/// Reads alone. Once a minute the use is written down, which nobody waits for: where the disk is full or the writer is busy, whoever is
/// signed in can look all the same, and at worst signs in again after [`IDLE`].
pub async fn resolve(
    store: &Store,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<Option<Actor>, StoreError> {
    let found = store.read(async |tx| find(tx, token, origin, now).await).await?;
    let Some((actor, found)) = found else { return Ok(None) };
    let Some(actor) = actor else {
        // It does not come back with the right.
        tokio::spawn(acting::end_for_good(store.clone(), found.id, now));
        return Ok(None);
    };
    if now.since(found.last_seen_at) >= NOTED_EVERY {
        tokio::spawn(touch(store.clone(), found.id, now));
    }
    Ok(Some(actor))
}

async fn touch(store: Store, session: SessionId, now: Micros) {
    let touch = TOUCH.bind(session).bind(now).bind(now.plus(IDLE));
    if let Err(error) = store.note(async |tx| tx.execute(touch).await).await {
        tracing::warn!(error = %error, "the use of a session could not be written down");
    }
}

async fn find(
    tx: &mut Tx,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<Option<(Option<Actor>, Found)>, StoreError> {
    // Looked up by its hash: how long the look-up takes tells nothing of the token.
    let found: Option<Found> = tx.optional(FIND.bind(token.hash()).bind(now)).await?;
    let Some(found) = found else { return Ok(None) };
    let actor = found.actor(tx, origin, now).await?;
    Ok(Some((actor, found)))
}

/// Who was resolved before, with the rights of this moment; `None` where the session or the token is over meanwhile. Root and the panel
/// itself have none that could end.
///
/// Reads alone, and counts as no use: for what goes on by itself, such as a stream, which must not outlive the rights that it began with.
pub async fn still_valid(tx: &mut Tx, actor: &Actor, now: Micros) -> Result<Option<Actor>, StoreError> {
    if let Some((token, _)) = actor.token() {
        return token::find_again(tx, token, actor.origin(), now).await;
    }
    let Some(session) = actor.session() else { return Ok(Some(actor.clone())) };
    by_id(tx, session, actor.origin(), now).await
}

/// The actor of a session that was found before; none where it is over.
pub(crate) async fn by_id(
    tx: &mut Tx,
    session: SessionId,
    origin: Origin,
    now: Micros,
) -> Result<Option<Actor>, StoreError> {
    let found: Option<Found> = tx.optional(FIND_AGAIN.bind(session).bind(now)).await?;
    match found {
        Some(found) => found.actor(tx, origin, now).await,
        None => Ok(None),
    }
}

/// A person's sessions that are not over, the newest first.
pub async fn list(tx: &mut Tx, person: PersonId, now: Micros) -> Result<Vec<SessionInfo>, StoreError> {
    tx.all(LIST.bind(person).bind(now)).await
}

/// Ends one session of this person; whether there was one.
pub async fn revoke(
    tx: &mut WriteTx,
    person: PersonId,
    session: SessionId,
    now: Micros,
) -> Result<bool, StoreError> {
    Ok(tx.execute(REVOKE.bind(session).bind(person).bind(now)).await? == 1)
}

/// Ends all sessions of this person, and those in which they act as others; how many there were.
pub async fn revoke_all(tx: &mut WriteTx, person: PersonId, now: Micros) -> Result<u64, StoreError> {
    tx.execute(REVOKE_ALL.bind(person).bind(now)).await
}

/// Ends all sessions of those who hold something on this account and nothing that is in force, there or elsewhere: after the account was
/// suspended; how many there were.
pub async fn revoke_powerless(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, SuspendAccounts>,
    now: Micros,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_POWERLESS.bind(account.id).bind(now)).await
}

/// Forgets sessions that are over; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}

#[cfg(test)]
mod tests;
