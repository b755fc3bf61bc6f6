//! Links for people who were just made: they work once, as those of [`crate::sign_in`], and for days, since nobody waits for them.
//!
//! A link is revoked with its person: by suspending, by setting a password, by deleting.

use std::time::Duration;

use names::{Micros, OpaqueToken, PersonId};
use store::{Statement, StoreError, WriteTx};

/// Such a link, and an invitation, are good for so long.
pub const LASTS: Duration = Duration::from_hours(7 * 24);

const ADD: Statement = Statement::new(
    "INSERT INTO login_link (token_hash, person_id, created_at, expires_at, kind) VALUES ($1, $2, $3, $4, 'invitation')",
);

pub(crate) const STATEMENTS: &[Statement] = &[ADD];

/// Makes the link's token for a person. It cannot be had again.
pub async fn make_link(tx: &mut WriteTx, person: PersonId, now: Micros) -> Result<OpaqueToken, StoreError> {
    let token = OpaqueToken::generate().map_err(|error| StoreError::Other(Box::new(error)))?;
    tx.execute(ADD.bind(token.hash()).bind(person).bind(now).bind(now.plus(LASTS))).await?;
    Ok(token)
}
