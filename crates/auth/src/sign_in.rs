//! Showing who one is: by password, or by a one-time link.

use std::time::Duration;

use names::{Micros, OpaqueToken, PersonId, Secret};
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::login::Login;
use crate::origin::Origin;
use crate::passwords::{PasswordError, Passwords};
use crate::throttle::{self, Attempt};

/// A one-time link works for so long.
pub const LINK_LASTS: Duration = Duration::from_mins(15);

const FIND: Statement =
    Statement::new("SELECT id, login, password_hash FROM person WHERE login = $1 AND suspended_at IS NULL");
const UNCHANGED: Statement = Statement::new(
    "SELECT id, login, password_hash FROM person WHERE id = $1 AND password_hash = $2 AND suspended_at IS NULL",
);
const ADD_LINK: Statement = Statement::new(
    "INSERT INTO login_link (token_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
);
const USE_LINK: Statement = Statement::new(
    "UPDATE login_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
     RETURNING person_id AS value",
);
const DROP_LINKS: Statement =
    Statement::new("DELETE FROM login_link WHERE person_id = $1 AND used_at IS NULL");
const BY_ID: Statement =
    Statement::new("SELECT id, login, password_hash FROM person WHERE id = $1 AND suspended_at IS NULL");
const PRUNE: Statement = Statement::new("DELETE FROM login_link WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[FIND, UNCHANGED, ADD_LINK, USE_LINK, DROP_LINKS, BY_ID, PRUNE];

/// Proof that someone has just shown who they are; what a session is begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    person: PersonId,
    login: Login,
}

impl Verified {
    /// Who.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// By which name.
    pub fn login(&self) -> &Login {
        &self.login
    }
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The login, the password or the link is not right, or the person is suspended. Which, is not said.
    #[error("the login or the password is not right")]
    Refused,
    /// Too many failures.
    #[error("too many failed sign-ins")]
    Locked {
        /// Not before this moment.
        until: Micros,
    },
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error("the sign-in could not be looked up")]
    Store(#[from] StoreError),
}

/// Why a password may not be replaced.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The one of now was not shown.
    #[error("the password of now is missing")]
    Missing,
    /// It is not the one of now, or could not be checked.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

struct Candidate {
    person: PersonId,
    login: Login,
    hash: Option<String>,
}

impl FromRow for Candidate {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            person: row.parse("id")?,
            login: row.parse("login")?,
            hash: row.opt_text("password_hash")?,
        })
    }
}

/// Checks a login and a password, as they were typed.
///
/// The time it takes, and the answer, are the same whether the login is unknown, has no password, is suspended, or the password is wrong.
pub async fn by_password(
    store: &Store,
    passwords: &Passwords,
    login: &str,
    password: Secret<String>,
    origin: Origin,
    now: Micros,
) -> Result<Verified, SignInError> {
    let login = login.get(..login.len().min(256)).unwrap_or_default();
    let (attempt, candidate) = store
        .write(async |tx| -> Result<_, StoreError> {
            let attempt = throttle::begin(tx, login, origin, now).await?;
            // A text that is no login is looked up too: the same work, the same answer.
            let candidate: Option<Candidate> = tx.optional(FIND.bind(login)).await?;
            Ok((attempt, candidate))
        })
        .await?;
    if let Attempt::Locked { until } = attempt {
        return Err(SignInError::Locked { until });
    }
    let hash = candidate.as_ref().and_then(|candidate| candidate.hash.clone());
    let right = passwords.verify(password, hash.clone()).await?;
    let (Some(candidate), Some(hash), true) = (candidate, hash, right) else {
        return Err(SignInError::Refused);
    };
    store
        .write(async |tx| -> Result<_, SignInError> {
            // The password may have been changed, or the person suspended, while it was checked.
            let still: Option<Candidate> = tx.optional(UNCHANGED.bind(candidate.person).bind(hash)).await?;
            let still = still.ok_or(SignInError::Refused)?;
            throttle::forgive(tx, login, origin, now).await?;
            Ok(Verified { person: still.person, login: still.login })
        })
        .await
}

/// Checks the password of now, before another takes its place: a session alone, of a browser that was left open, is not enough to keep its
/// person out. Who has no password has none to show.
pub async fn confirm(
    store: &Store,
    passwords: &Passwords,
    person: PersonId,
    offered: Option<Secret<String>>,
    origin: Origin,
    now: Micros,
) -> Result<(), ConfirmError> {
    let read = async |tx: &mut Tx| tx.optional::<Candidate>(BY_ID.bind(person)).await;
    let candidate = store.read(read).await.map_err(SignInError::from)?.ok_or(SignInError::Refused)?;
    if candidate.hash.is_none() {
        return Ok(());
    }
    let offered = offered.ok_or(ConfirmError::Missing)?;
    by_password(store, passwords, candidate.login.as_str(), offered, origin, now).await?;
    Ok(())
}

/// Makes a link's token for a person, which works once and for [`LINK_LASTS`]. It cannot be had again.
pub async fn make_link(tx: &mut WriteTx, person: PersonId, now: Micros) -> Result<OpaqueToken, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    tx.execute(ADD_LINK.bind(token.hash()).bind(person).bind(now).bind(now.plus(LINK_LASTS))).await?;
    Ok(token)
}

/// Takes back the links of a person that were not used.
pub(crate) async fn drop_links(tx: &mut WriteTx, person: PersonId) -> Result<(), StoreError> {
    tx.execute(DROP_LINKS.bind(person)).await?;
    Ok(())
}

/// Uses a link's token up. Of two that come at once, one gets in.
///
/// Attempts are not counted: 256 bits are not guessed, and the general limit of requests holds.
pub async fn by_link(tx: &mut WriteTx, token: &OpaqueToken, now: Micros) -> Result<Verified, SignInError> {
    let person: Option<String> = tx.optional(USE_LINK.bind(token.hash()).bind(now)).await?;
    let person = person.ok_or(SignInError::Refused)?;
    let candidate: Option<Candidate> = tx.optional(BY_ID.bind(person)).await?;
    let candidate = candidate.ok_or(SignInError::Refused)?;
    Ok(Verified { person: candidate.person, login: candidate.login })
}

/// Forgets links that are over; called now and then.
pub async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}

#[cfg(test)]
mod tests;
