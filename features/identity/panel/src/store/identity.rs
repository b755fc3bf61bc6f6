//! Rows of links: by which subject of a provider a person is known.

use auth::Login;
use names::{IdentityId, IdentityProviderId, Micros, PersonId};
use serde::{Deserialize, Serialize};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

const BY_SUBJECT: Statement = Statement::new(
    "SELECT i.id, i.provider_id, i.person_id, p.login, i.made_person FROM identity i JOIN person p ON p.id = i.person_id
     WHERE i.provider_id = $1 AND i.subject = $2",
);
const OF_PERSON: Statement = Statement::new(
    "SELECT i.id, i.provider_id, i.person_id, p.login, i.made_person FROM identity i JOIN person p ON p.id = i.person_id
     WHERE i.provider_id = $1 AND i.person_id = $2",
);
const OF_PROVIDER: Statement = Statement::new(
    "SELECT i.id, i.provider_id, i.person_id, p.login, i.made_person FROM identity i JOIN person p ON p.id = i.person_id
     WHERE i.provider_id = $1 ORDER BY i.id",
);
const OWN: Statement = Statement::new(
    "SELECT i.id, i.provider_id, i.person_id, p.login, i.made_person FROM identity i JOIN person p ON p.id = i.person_id
     WHERE i.id = $1 AND i.person_id = $2",
);
const LIST: Statement = Statement::new(
    "SELECT i.id, v.name AS provider, v.label, i.subject, v.enabled, i.created_at, i.last_used_at
     FROM identity i JOIN identity_provider v ON v.id = i.provider_id WHERE i.person_id = $1 ORDER BY v.name",
);
const INSERT: Statement = Statement::new(
    "INSERT INTO identity (id, provider_id, subject, person_id, made_person, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING",
);
const USED: Statement = Statement::new("UPDATE identity SET last_used_at = $2 WHERE id = $1");
const DELETE: Statement = Statement::new("DELETE FROM identity WHERE id = $1");
const OTHER_WAYS: Statement = Statement::new(
    "SELECT (SELECT COUNT(*) FROM person WHERE id = $1 AND password_hash IS NOT NULL)
          + (SELECT COUNT(*) FROM passkey WHERE person_id = $1)
          + (SELECT COUNT(*) FROM identity WHERE person_id = $1 AND id <> $2) AS value",
);
const ROLES: Statement = Statement::new("SELECT COUNT(*) AS value FROM role_in_force WHERE person_id = $1");

pub(crate) const STATEMENTS: &[Statement] =
    &[BY_SUBJECT, OF_PERSON, OF_PROVIDER, OWN, LIST, INSERT, USED, DELETE, OTHER_WAYS, ROLES];

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: IdentityId,
    pub(crate) provider: IdentityProviderId,
    pub(crate) person: PersonId,
    pub(crate) login: Login,
    /// Whether the person was made by it.
    pub(crate) made_person: bool,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            provider: row.parse("provider_id")?,
            person: row.parse("person_id")?,
            login: row.parse("login")?,
            made_person: row.flag("made_person")?,
        })
    }
}

/// A provider that one is known by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Identity {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub(crate) id: IdentityId,
    /// The provider's name.
    pub(crate) provider: String,
    /// What is on the provider's button.
    pub(crate) label: String,
    /// What the provider calls one: its own word, which means nothing elsewhere.
    pub(crate) subject: String,
    /// Whether one can sign in by it now.
    pub(crate) enabled: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Micros,
    /// When it last signed in; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) last_used_at: Option<Micros>,
}

impl FromRow for Identity {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            provider: row.text("provider")?,
            label: row.text("label")?,
            subject: row.text("subject")?,
            enabled: row.flag("enabled")?,
            created_at: row.time("created_at")?,
            last_used_at: row.opt_time("last_used_at")?,
        })
    }
}

/// Who is known by a subject.
pub(crate) async fn by_subject(
    tx: &mut Tx,
    provider: IdentityProviderId,
    subject: &str,
) -> Result<Option<Known>, StoreError> {
    tx.optional(BY_SUBJECT.bind(provider).bind(subject)).await
}

/// By which subject of a provider a person is known.
pub(crate) async fn of_person(
    tx: &mut Tx,
    provider: IdentityProviderId,
    person: PersonId,
) -> Result<Option<Known>, StoreError> {
    tx.optional(OF_PERSON.bind(provider).bind(person)).await
}

/// All who are known by a provider.
pub(crate) async fn of_provider(tx: &mut Tx, provider: IdentityProviderId) -> Result<Vec<Known>, StoreError> {
    tx.all(OF_PROVIDER.bind(provider)).await
}

/// A person's own.
pub(crate) async fn own(tx: &mut Tx, person: PersonId, id: IdentityId) -> Result<Option<Known>, StoreError> {
    tx.optional(OWN.bind(id).bind(person)).await
}

/// All of a person's, in the order of the providers' names.
pub(crate) async fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Identity>, StoreError> {
    tx.all(LIST.bind(person)).await
}

/// Links a subject to a person; none where it is somebody's, or the person has another one there.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    (provider, subject): (IdentityProviderId, &str),
    person: PersonId,
    made_person: bool,
    now: Micros,
) -> Result<Option<IdentityId>, StoreError> {
    let id = IdentityId::new();
    let insert = INSERT.bind(id).bind(provider).bind(subject).bind(person).bind(made_person).bind(now);
    Ok((tx.execute(insert).await? == 1).then_some(id))
}

/// It signed in.
pub(crate) async fn used(tx: &mut WriteTx, id: IdentityId, now: Micros) -> Result<(), StoreError> {
    tx.execute(USED.bind(id).bind(now)).await?;
    Ok(())
}

/// Forgets it. What it gave is to be taken before.
pub(crate) async fn delete(tx: &mut WriteTx, id: IdentityId) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(id)).await?;
    Ok(())
}

/// Whether the person can sign in without it.
pub(crate) async fn has_other_ways(
    tx: &mut Tx,
    person: PersonId,
    but: IdentityId,
) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(OTHER_WAYS.bind(person).bind(but)).await? > 0)
}

/// Whether anything that the person holds is in force.
pub(crate) async fn holds_anything(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.one::<i64>(ROLES.bind(person)).await? > 0)
}
