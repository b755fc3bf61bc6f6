//! Passkeys: keys that browsers and devices hold (WebAuthn). Here are their rows; what is asked of a browser, and what its answers prove,
//! is `auth-webauthn`'s alone, so that its many dependencies stay behind one door.

use names::{Micros, PasskeyId, PersonId};
use serde_json::Value;
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

/// The most that one person has.
pub const MOST: usize = 20;

const INSERT: Statement = Statement::new(
    "INSERT INTO passkey (id, person_id, credential_id, relying_party, name, credential, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (credential_id) DO NOTHING",
);
const LIST: Statement = Statement::new(
    "SELECT id, person_id, credential_id, relying_party, name, credential, created_at, last_used_at FROM passkey
     WHERE person_id = $1 ORDER BY created_at, id",
);
const FIND: Statement = Statement::new(
    "SELECT id, person_id, credential_id, relying_party, name, credential, created_at, last_used_at FROM passkey
     WHERE credential_id = $1",
);
const USED: Statement = Statement::new("UPDATE passkey SET credential = $2, last_used_at = $3 WHERE id = $1");
const RENAME: Statement = Statement::new("UPDATE passkey SET name = $3 WHERE id = $1 AND person_id = $2");
const REMOVE: Statement = Statement::new("DELETE FROM passkey WHERE id = $1 AND person_id = $2");

pub(crate) const STATEMENTS: &[Statement] = &[INSERT, LIST, FIND, USED, RENAME, REMOVE];

/// One passkey.
#[derive(Debug, Clone, PartialEq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// Whose it is.
    pub person: PersonId,
    /// How the device names it: base64url.
    pub credential_id: String,
    /// The name of the panel that it was made for.
    pub relying_party: String,
    /// What its person calls it.
    pub name: String,
    /// The public key and its counter, as `auth-webauthn` keeps them.
    pub credential: Value,
    /// When it was made.
    pub created_at: Micros,
    /// When it last signed in.
    pub last_used_at: Option<Micros>,
}

impl FromRow for Passkey {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            person: row.parse("person_id")?,
            credential_id: row.text("credential_id")?,
            relying_party: row.text("relying_party")?,
            name: row.text("name")?,
            credential: row.json("credential")?,
            created_at: row.time("created_at")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

/// That a browser proved to hold a passkey of this person. Made by `auth-webauthn` alone, of an answer that it checked.
#[derive(Debug)]
pub struct Shown {
    person: PersonId,
}

impl Shown {
    /// For `auth-webauthn`, which has checked the browser's answer.
    pub fn checked(person: PersonId) -> Self {
        Self { person }
    }

    pub(crate) fn person(&self) -> PersonId {
        self.person
    }
}

/// Keeps a new one; whether no other has this credential id.
pub async fn insert(tx: &mut WriteTx, new: &Passkey) -> Result<bool, StoreError> {
    let insert = INSERT
        .bind(new.id)
        .bind(new.person)
        .bind(&new.credential_id)
        .bind(&new.relying_party)
        .bind(&new.name)
        .bind(new.credential.clone())
        .bind(new.created_at);
    Ok(tx.execute(insert).await? == 1)
}

/// All of a person's, the oldest first.
pub async fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Passkey>, StoreError> {
    tx.all(LIST.bind(person)).await
}

/// The one with this credential id.
pub async fn by_credential(tx: &mut Tx, credential_id: &str) -> Result<Option<Passkey>, StoreError> {
    tx.optional(FIND.bind(credential_id)).await
}

/// It signed in; its counter goes on.
pub async fn used(tx: &mut WriteTx, id: PasskeyId, credential: Value, now: Micros) -> Result<(), StoreError> {
    tx.execute(USED.bind(id).bind(credential).bind(now)).await?;
    Ok(())
}

/// Calls it otherwise; whether it is the person's.
pub async fn rename(
    tx: &mut WriteTx,
    person: PersonId,
    id: PasskeyId,
    name: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(RENAME.bind(id).bind(person).bind(name)).await? == 1)
}

/// Forgets it; whether it was the person's.
pub async fn remove(tx: &mut WriteTx, person: PersonId, id: PasskeyId) -> Result<bool, StoreError> {
    Ok(tx.execute(REMOVE.bind(id).bind(person)).await? == 1)
}
