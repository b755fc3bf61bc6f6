//! Codes of an authenticator (TOTP, RFC 6238): six digits, a new code every 30 seconds, SHA-1, as every authenticator knows them.
//!
//! The secret lies sealed in the database. It is offered first, and counts once a code of it was shown: a picture that was not scanned
//! locks nobody out. A code is good one step before and after its own, and once: the step of the newest code that was taken is kept, and
//! neither it nor an older one is taken again.

use std::time::Duration;

use names::{Micros, PersonId, Secret};
use seal::{SealError, SealKey};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use totp_rs::{Builder, Totp};

/// What was offered must be confirmed within this time.
pub const OFFER_LASTS: Duration = Duration::from_mins(15);
/// Bytes of a secret: as many as SHA-1 has.
const SECRET: usize = 20;
/// What the secrets are sealed for.
const KIND: &str = "totp";

const FIND: Statement = Statement::new(
    "SELECT secret, last_step, offered, offered_at, confirmed_at FROM totp WHERE person_id = $1",
);
const OFFER: Statement = Statement::new(
    "INSERT INTO totp (person_id, offered, offered_at) VALUES ($1, $2, $3)
     ON CONFLICT (person_id) DO UPDATE SET offered = excluded.offered, offered_at = excluded.offered_at",
);
const CONFIRM: Statement = Statement::new(
    "UPDATE totp SET secret = offered, confirmed_at = $2, last_step = $3, offered = NULL, offered_at = NULL
     WHERE person_id = $1 AND offered IS NOT NULL",
);
const TAKE: Statement = Statement::new(
    "UPDATE totp SET last_step = $2 WHERE person_id = $1 AND secret IS NOT NULL AND (last_step IS NULL OR last_step < $2)",
);
const REMOVE: Statement = Statement::new("DELETE FROM totp WHERE person_id = $1");
const PRUNE: Statement = Statement::new("DELETE FROM totp WHERE secret IS NULL AND offered_at < $1");

pub(crate) const STATEMENTS: &[Statement] = &[FIND, OFFER, CONFIRM, TAKE, REMOVE, PRUNE];

/// Why an authenticator was not asked or offered.
#[derive(Debug, thiserror::Error)]
pub enum TotpError {
    /// The secret could not be sealed or opened.
    #[error("the authenticator's secret could not be sealed or opened")]
    Seal(#[from] SealError),
    /// There is no randomness, or the library refuses the secret.
    #[error("the authenticator's secret could not be made")]
    Secret,
    /// The database.
    #[error("the authenticator could not be looked up")]
    Store(#[from] StoreError),
}

struct Found {
    secret: Option<String>,
    offered: Option<(String, Micros)>,
    confirmed_at: Option<Micros>,
}

impl FromRow for Found {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            secret: row.opt_text("secret")?,
            offered: row.opt_text("offered")?.zip(row.opt_time("offered_at")?),
            confirmed_at: row.opt_time("confirmed_at")?,
        })
    }
}

fn totp(secret: &[u8]) -> Result<Totp, TotpError> {
    Builder::new().with_secret(secret).build().map_err(|_| TotpError::Secret)
}

/// The step of a code that fits now, one step early or late included.
fn step(totp: &Totp, code: &str, now: Micros) -> Option<i64> {
    let seconds = u64::try_from(now.as_secs()).unwrap_or(0);
    totp.check(code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// Offers a new secret, as an authenticator takes it (base32). The one that counts, if there is one, goes on counting.
pub async fn offer(
    tx: &mut WriteTx,
    seal: &SealKey,
    person: PersonId,
    now: Micros,
) -> Result<Secret<String>, TotpError> {
    let mut bytes = [0; SECRET];
    getrandom::fill(&mut bytes).map_err(|_| TotpError::Secret)?;
    let secret = Secret::new(bytes);
    let sealed = seal.seal((KIND, &person.to_string()), secret.expose())?;
    tx.execute(OFFER.bind(person).bind(sealed).bind(now)).await?;
    Ok(Secret::new(totp(secret.expose())?.secret().to_base32()))
}

/// The secret that was offered counts from now on, if this is a code of it.
pub async fn confirm(
    tx: &mut WriteTx,
    seal: &SealKey,
    person: PersonId,
    code: &str,
    now: Micros,
) -> Result<Confirmed, TotpError> {
    let found: Option<Found> = tx.optional(FIND.bind(person)).await?;
    let offered = found.and_then(|found| found.offered).filter(|&(_, at)| now.since(at) < OFFER_LASTS);
    let Some((offered, _)) = offered else { return Ok(Confirmed::NothingOffered) };
    let secret = seal.open((KIND, &person.to_string()), &offered)?;
    let Some(step) = step(&totp(secret.expose())?, code, now) else { return Ok(Confirmed::Wrong) };
    tx.execute(CONFIRM.bind(person).bind(now).bind(step)).await?;
    Ok(Confirmed::Yes)
}

/// What came of a code for what was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// It counts from now on.
    Yes,
    /// It is not a code of it.
    Wrong,
    /// Nothing was offered in the last [`OFFER_LASTS`].
    NothingOffered,
}

/// Since when codes are asked for.
pub async fn confirmed_at(tx: &mut Tx, person: PersonId) -> Result<Option<Micros>, StoreError> {
    let found: Option<Found> = tx.optional(FIND.bind(person)).await?;
    Ok(found.and_then(|found| found.confirmed_at))
}

/// Takes a code: whether it fits, and neither it nor a later one was taken before.
pub(crate) async fn take(
    tx: &mut WriteTx,
    seal: &SealKey,
    person: PersonId,
    code: &str,
    now: Micros,
) -> Result<bool, TotpError> {
    let found: Option<Found> = tx.optional(FIND.bind(person)).await?;
    let Some(secret) = found.and_then(|found| found.secret) else { return Ok(false) };
    let secret = seal.open((KIND, &person.to_string()), &secret)?;
    let Some(step) = step(&totp(secret.expose())?, code, now) else { return Ok(false) };
    Ok(tx.execute(TAKE.bind(person).bind(step)).await? == 1)
}

/// Forgets the secret; codes are no longer asked for.
pub async fn remove(tx: &mut WriteTx, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.execute(REMOVE.bind(person)).await? == 1)
}

/// Forgets offers that nobody confirmed.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now.minus(OFFER_LASTS))).await
}
