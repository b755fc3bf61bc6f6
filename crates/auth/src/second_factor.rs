//! The second factor: what a person shows after the password or a one-time link.
//!
//! Whoever has an authenticator or a passkey is not signed in by the first factor alone. What they hold then is [`NeedsSecondFactor`]: a
//! token of its own that works for five minutes, from the network that it was given to, and for [`finish`] alone. It is no session: no
//! request is let through by it, and a session is begun with a [`Verified`], which only the second factor makes of it.
//!
//! Wrong codes are counted per person in the database: five in a quarter of an hour, then none is looked at for as long.

use std::time::Duration;

use names::{Micros, OpaqueToken, PersonId, Secret};
use seal::SealKey;
use store::{FromRow, Row, RowError, Statement, Store, StoreError, Tx, WriteTx};

use crate::login::Login;
use crate::origin::Origin;
use crate::passkey::Shown;
use crate::sign_in::{Means, SignInError, Verified};
use crate::throttle::{self, Attempt};
use crate::{allow_list, recovery, totp};

/// So long after the first factor the second one must be shown.
pub const PENDING_LASTS: Duration = Duration::from_mins(5);
/// A longer text is no code.
const LONGEST: usize = 64;

const HELD: Statement = Statement::new(
    "SELECT (SELECT COUNT(*) FROM totp WHERE person_id = $1 AND secret IS NOT NULL) AS totp,
            (SELECT COUNT(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL) AS recovery_codes,
            (SELECT COUNT(*) FROM passkey WHERE person_id = $1) AS passkeys",
);
const ADD: Statement = Statement::new(
    "INSERT INTO pending_sign_in (token_hash, person_id, means, network, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
const FIND: Statement = Statement::new(
    "SELECT q.person_id, q.means, p.login FROM pending_sign_in q JOIN person p ON p.id = q.person_id
     WHERE q.token_hash = $1 AND q.network = $2 AND q.expires_at > $3 AND p.suspended_at IS NULL",
);
const USE: Statement = Statement::new("DELETE FROM pending_sign_in WHERE token_hash = $1");
const DROP: Statement = Statement::new("DELETE FROM pending_sign_in WHERE person_id = $1");
const PRUNE: Statement = Statement::new("DELETE FROM pending_sign_in WHERE expires_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[HELD, ADD, FIND, USE, DROP, PRUNE];

/// What a person has to show after the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// An authenticator that was confirmed.
    pub totp: bool,
    /// Passkeys.
    pub passkeys: i64,
    /// Recovery codes that were not used.
    pub recovery_codes: i64,
}

impl FromRow for Held {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            totp: row.int("totp")? > 0,
            passkeys: row.int("passkeys")?,
            recovery_codes: row.int("recovery_codes")?,
        })
    }
}

impl Held {
    /// Whether a second factor is asked for.
    pub fn is_asked(self) -> bool {
        self.totp || self.passkeys > 0
    }

    /// The words for what can be shown.
    pub fn methods(self) -> Vec<&'static str> {
        let all = [
            ("totp", self.totp),
            ("passkey", self.passkeys > 0),
            ("recovery_code", self.is_asked() && self.recovery_codes > 0),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(method, _)| method).collect()
    }
}

/// What a person has.
pub async fn held(tx: &mut Tx, person: PersonId) -> Result<Held, StoreError> {
    tx.one(HELD.bind(person)).await
}

/// Someone who has shown the first factor and owes the second one. It holds no right and signs nobody in.
#[derive(Debug)]
pub struct NeedsSecondFactor {
    /// For [`finish`]; it cannot be had again.
    pub token: OpaqueToken,
    /// What can be shown.
    pub held: Held,
    /// Until when.
    pub expires_at: Micros,
}

/// Where a pending sign-in came from, and must go on from.
fn network(origin: Origin) -> String {
    origin.network().map_or_else(|| "socket".to_owned(), |network| network.to_string())
}

/// Begins the wait for a second factor.
pub(crate) async fn ask(
    tx: &mut WriteTx,
    (person, means): (PersonId, Means),
    held: Held,
    origin: Origin,
    now: Micros,
) -> Result<NeedsSecondFactor, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    let expires_at = now.plus(PENDING_LASTS);
    let add = ADD.bind(token.hash()).bind(person).bind(means.as_str()).bind(network(origin)).bind(now);
    tx.execute(add.bind(expires_at)).await?;
    Ok(NeedsSecondFactor { token, held, expires_at })
}

/// A pending sign-in that was found.
pub(crate) struct Pending {
    pub(crate) person: PersonId,
    pub(crate) login: Login,
    pub(crate) means: Means,
}

impl FromRow for Pending {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { person: row.parse("person_id")?, login: row.parse("login")?, means: row.parse("means")? })
    }
}

/// The pending sign-in of a token, from where it began.
pub(crate) async fn pending(
    tx: &mut Tx,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<Option<Pending>, StoreError> {
    let found: Option<Pending> = tx.optional(FIND.bind(token.hash()).bind(network(origin)).bind(now)).await?;
    match found {
        Some(found) if allow_list::admits(tx, Some(found.person), origin).await? => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// The token works no more.
pub(crate) async fn used(tx: &mut WriteTx, token: &OpaqueToken) -> Result<bool, StoreError> {
    Ok(tx.execute(USE.bind(token.hash())).await? == 1)
}

/// Ends a sign-in with a code: six digits of the authenticator, or a recovery code. The token is used up by the right one; a wrong one
/// counts against the person.
pub async fn finish(
    store: &Store,
    seal: &SealKey,
    token: &OpaqueToken,
    code: Secret<String>,
    origin: Origin,
    now: Micros,
) -> Result<Verified, SignInError> {
    // What is refused is written down too, so that the outcome travels inside of what is committed.
    let work = async |tx: &mut WriteTx| -> Result<_, SignInError> {
        let Some(pending) = pending(tx, token, origin, now).await? else {
            return Ok(Err(SignInError::Code { person: None }));
        };
        Ok(match take(tx, seal, pending.person, code.expose(), origin, now).await? {
            Taken::Locked { until } => Err(SignInError::Locked { until }),
            Taken::Wrong => {
                Err(SignInError::Code { person: Some(Box::new((pending.person, pending.login))) })
            }
            Taken::Right(second) => {
                used(tx, token).await?;
                Ok(Verified::with_second(pending.person, pending.login, pending.means, second))
            }
        })
    };
    store.write(work).await?
}

/// Ends a sign-in with a passkey, which must be of the person who waits.
pub async fn finish_by_passkey(
    tx: &mut WriteTx,
    token: &OpaqueToken,
    shown: &Shown,
    origin: Origin,
    now: Micros,
) -> Result<Verified, SignInError> {
    let pending = pending(tx, token, origin, now).await?.filter(|pending| pending.person == shown.person());
    let Some(pending) = pending else { return Err(SignInError::Code { person: None }) };
    used(tx, token).await?;
    Ok(Verified::with_second(pending.person, pending.login, pending.means, Second::Passkey))
}

/// Who waits for a second factor with this token.
pub async fn waiting(
    tx: &mut Tx,
    token: &OpaqueToken,
    origin: Origin,
    now: Micros,
) -> Result<Option<PersonId>, StoreError> {
    Ok(pending(tx, token, origin, now).await?.map(|pending| pending.person))
}

/// Checks a code of someone who is signed in already, before something dangerous. A code is used up by it.
pub async fn confirm(
    store: &Store,
    seal: &SealKey,
    person: PersonId,
    code: Secret<String>,
    origin: Origin,
    now: Micros,
) -> Result<(), SignInError> {
    let work = async |tx: &mut WriteTx| take(tx, seal, person, code.expose(), origin, now).await;
    match store.write(work).await? {
        Taken::Right(_) => Ok(()),
        Taken::Wrong => Err(SignInError::Code { person: None }),
        Taken::Locked { until } => Err(SignInError::Locked { until }),
    }
}

/// As [`confirm`], by a passkey: whether it is theirs.
pub fn confirmed_by_passkey(person: PersonId, shown: &Shown) -> bool {
    shown.person() == person
}

/// Which second factor was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// A code of the authenticator.
    Totp,
    /// A recovery code.
    RecoveryCode,
    /// A passkey.
    Passkey,
}

impl Second {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
        }
    }
}

enum Taken {
    Right(Second),
    Wrong,
    Locked { until: Micros },
}

async fn take(
    tx: &mut WriteTx,
    seal: &SealKey,
    person: PersonId,
    code: &str,
    origin: Origin,
    now: Micros,
) -> Result<Taken, SignInError> {
    if let Attempt::Locked { until } = throttle::begin_code(tx, person, origin, now).await? {
        return Ok(Taken::Locked { until });
    }
    let plain: String = code.chars().filter(|c| !c.is_ascii_whitespace()).take(LONGEST + 1).collect();
    let second = if plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        totp::take(tx, seal, person, &plain, now).await?.then_some(Second::Totp)
    } else if plain.len() <= LONGEST {
        recovery::take(tx, person, &plain, now).await?.then_some(Second::RecoveryCode)
    } else {
        None
    };
    let Some(second) = second else { return Ok(Taken::Wrong) };
    throttle::forgive_code(tx, person, origin, now).await?;
    Ok(Taken::Right(second))
}

/// Ends what waits for a second factor of this person.
pub(crate) async fn drop_pending(tx: &mut WriteTx, person: PersonId) -> Result<(), StoreError> {
    tx.execute(DROP.bind(person)).await?;
    Ok(())
}

/// Recovery codes are of use with another factor alone: they go with the last one.
pub async fn tidy(tx: &mut WriteTx, person: PersonId) -> Result<(), StoreError> {
    if !held(tx, person).await?.is_asked() {
        recovery::remove(tx, person).await?;
    }
    Ok(())
}

/// Forgets what waited in vain.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}

#[cfg(test)]
mod tests;
