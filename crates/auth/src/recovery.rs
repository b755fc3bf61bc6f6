//! Recovery codes: ten of them, for whoever has lost the authenticator. Each works once, in the place of a code.
//!
//! 80 random bits each, so that a plain digest of person and code is all that is stored. They are shown when they are made and never again.

use names::{Digest, Micros, PersonId, Secret};
use store::{Statement, StoreError, WriteTx};

/// How many are made at a time.
pub const MANY: usize = 10;
/// Letters of one; a group of four is set apart.
const LETTERS: usize = 16;
/// What is easily mistaken (i, l, o, u) is left out.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

const INSERT: Statement =
    Statement::new("INSERT INTO recovery_code (code_hash, person_id, created_at) VALUES ($1, $2, $3)");
const REMOVE: Statement = Statement::new("DELETE FROM recovery_code WHERE person_id = $1");
const TAKE: Statement =
    Statement::new("UPDATE recovery_code SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL");

pub(crate) const STATEMENTS: &[Statement] = &[INSERT, REMOVE, TAKE];

/// A code as it is typed, without what people put between the groups.
fn hash(person: PersonId, code: &str) -> Digest {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Digest::of_parts(["recovery code", &person.to_string(), &plain])
}

/// Makes new ones; those of before no longer work.
pub async fn make(
    tx: &mut WriteTx,
    person: PersonId,
    now: Micros,
) -> Result<Vec<Secret<String>>, StoreError> {
    remove(tx, person).await?;
    let mut codes = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        let mut bytes = [0; LETTERS];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Other(Box::new(error)))?;
        let mut code = String::with_capacity(LETTERS + 3);
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 && i % 4 == 0 {
                code.push('-');
            }
            // 256 is a multiple of 32: no letter is likelier than another.
            code.push(char::from(ALPHABET[usize::from(byte & 31)]));
        }
        tx.execute(INSERT.bind(hash(person, &code)).bind(person).bind(now)).await?;
        codes.push(Secret::new(code));
    }
    Ok(codes)
}

/// Takes one: whether it is one of the person's that was not used.
pub(crate) async fn take(
    tx: &mut WriteTx,
    person: PersonId,
    code: &str,
    now: Micros,
) -> Result<bool, StoreError> {
    Ok(tx.execute(TAKE.bind(hash(person, code)).bind(now)).await? == 1)
}

/// Forgets all of the person's.
pub async fn remove(tx: &mut WriteTx, person: PersonId) -> Result<(), StoreError> {
    tx.execute(REMOVE.bind(person)).await?;
    Ok(())
}
