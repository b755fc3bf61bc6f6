//! Rows of attempts: who was sent to a provider and is not back yet. They are in the database, so that a restart of the panel loses none.

use std::time::Duration;

use names::{Digest, IdentityProviderId, Micros, OpaqueToken, PersonId, Secret, SessionId};
use seal::{SealError, SealKey};
use store::{FromRow, Row, RowError, Statement, StoreError, WriteTx};

/// So long somebody may take at a provider.
pub(crate) const LASTS: Duration = Duration::from_mins(10);
/// Attempts at once; the oldest give way, so that a stranger who begins many costs little.
const MOST: i64 = 2000;

const INSERT: Statement = Statement::new(
    "INSERT INTO identity_attempt (state_hash, browser_hash, nonce_hash, provider_id, verifier, person_id, session_id, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const FIND: Statement = Statement::new(
    "SELECT nonce_hash, provider_id, verifier, person_id, session_id FROM identity_attempt
     WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3",
);
const USE: Statement = Statement::new("DELETE FROM identity_attempt WHERE state_hash = $1");
const COUNT: Statement = Statement::new("SELECT COUNT(*) AS value FROM identity_attempt");
const OLDEST: Statement = Statement::new(
    "DELETE FROM identity_attempt WHERE state_hash IN
       (SELECT state_hash FROM identity_attempt ORDER BY expires_at LIMIT 100)",
);
const PRUNE: Statement = Statement::new("DELETE FROM identity_attempt WHERE expires_at <= $1");

pub(crate) const STATEMENTS: &[Statement] = &[INSERT, FIND, USE, COUNT, OLDEST, PRUNE];

/// What is kept of a question.
#[derive(Debug)]
pub(crate) struct New<'a> {
    pub(crate) state: &'a OpaqueToken,
    pub(crate) browser: &'a OpaqueToken,
    pub(crate) nonce: &'a OpaqueToken,
    pub(crate) provider: IdentityProviderId,
    pub(crate) verifier: &'a Secret<String>,
    /// Who links the provider, in which session; none: a sign-in.
    pub(crate) links: Option<(PersonId, SessionId)>,
}

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) nonce: Digest,
    pub(crate) provider: IdentityProviderId,
    verifier: String,
    pub(crate) links: Option<(PersonId, SessionId)>,
}

impl FromRow for Attempt {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let (person, session) = (row.opt_parse("person_id")?, row.opt_parse("session_id")?);
        Ok(Self {
            nonce: row.parse("nonce_hash")?,
            provider: row.parse("provider_id")?,
            verifier: row.text("verifier")?,
            links: person.zip(session),
        })
    }
}

impl Attempt {
    /// PKCE's own half, which no stranger with a copy of the database has.
    pub(crate) fn verifier(&self, seal: &SealKey, state: &OpaqueToken) -> Result<Secret<String>, SealError> {
        let opened = seal.open(("identity_attempt", &state.hash().to_string()), &self.verifier)?;
        let text = String::from_utf8(opened.expose().clone()).map_err(|_| SealError::Broken)?;
        Ok(Secret::new(text))
    }
}

/// What the provider shows as `nonce`, as text.
fn nonce_hash(nonce: &OpaqueToken) -> Digest {
    Digest::of(nonce.expose().expose().as_bytes())
}

/// Keeps a question.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    seal: &SealKey,
    new: &New<'_>,
    now: Micros,
) -> Result<(), StoreError> {
    if tx.one::<i64>(COUNT).await? >= MOST {
        prune(tx, now).await?;
        if tx.one::<i64>(COUNT).await? >= MOST {
            tx.execute(OLDEST).await?;
        }
    }
    let place = new.state.hash().to_string();
    let verifier = seal.seal(("identity_attempt", &place), new.verifier.expose().as_bytes());
    let verifier = verifier.map_err(|error| StoreError::Other(Box::new(error)))?;
    let insert = INSERT
        .bind(new.state.hash())
        .bind(new.browser.hash())
        .bind(nonce_hash(new.nonce))
        .bind(new.provider)
        .bind(verifier)
        .bind(new.links.map(|(person, _)| person))
        .bind(new.links.map(|(_, session)| session))
        .bind(now)
        .bind(now.plus(LASTS));
    tx.execute(insert).await?;
    Ok(())
}

/// The question of a state, which is gone with that; none where it is over, was answered, or another browser asked.
pub(crate) async fn answered(
    tx: &mut WriteTx,
    state: &OpaqueToken,
    browser: &OpaqueToken,
    now: Micros,
) -> Result<Option<Attempt>, StoreError> {
    // Looked up by hashes: how long it takes tells nothing of either.
    let found: Option<Attempt> = tx.optional(FIND.bind(state.hash()).bind(browser.hash()).bind(now)).await?;
    let Some(found) = found else { return Ok(None) };
    Ok((tx.execute(USE.bind(state.hash())).await? == 1).then_some(found))
}

/// Forgets who did not come back.
pub(crate) async fn prune(tx: &mut WriteTx, now: Micros) -> Result<u64, StoreError> {
    tx.execute(PRUNE.bind(now)).await
}
