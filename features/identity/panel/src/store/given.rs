//! Rows of roles that providers gave.

use names::{IdentityId, Micros, OrganisationId, PersonId, RoleId};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

const HELD: Statement = Statement::new(
    "SELECT pr.id AS value FROM person_role pr WHERE pr.person_id = $1 AND pr.role_id = $2 AND pr.organisation_id = $3",
);
const GIVEN: Statement = Statement::new(
    "SELECT pr.id, pr.role_id, r.name AS role, pr.organisation_id, o.name AS organisation
     FROM identity_role g JOIN person_role pr ON pr.id = g.person_role_id JOIN role r ON r.id = pr.role_id
          JOIN organisation o ON o.id = pr.organisation_id
     WHERE g.identity_id = $1 ORDER BY o.name, r.name",
);
const GIVERS: Statement =
    Statement::new("SELECT COUNT(*) AS value FROM identity_role WHERE person_role_id = $1");
const GIVE: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $2, $3, $4, $5)",
);
const NOTE: Statement = Statement::new(
    "INSERT INTO identity_role (person_role_id, identity_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
);
const FORGET: Statement =
    Statement::new("DELETE FROM identity_role WHERE person_role_id = $1 AND identity_id = $2");
const TAKE: Statement = Statement::new(
    "DELETE FROM person_role WHERE id = $1
       AND NOT EXISTS (SELECT 1 FROM identity_role g WHERE g.person_role_id = person_role.id)",
);

pub(crate) const STATEMENTS: &[Statement] = &[HELD, GIVEN, GIVERS, GIVE, NOTE, FORGET, TAKE];

/// A role that was given.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    id: String,
    pub(crate) role: RoleId,
    pub(crate) role_name: String,
    pub(crate) organisation: OrganisationId,
    pub(crate) organisation_name: String,
}

impl FromRow for Given {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.text("id")?,
            role: row.parse("role_id")?,
            role_name: row.text("role")?,
            organisation: row.parse("organisation_id")?,
            organisation_name: row.text("organisation")?,
        })
    }
}

/// All that came by this identity and is still held.
pub(crate) async fn list(tx: &mut Tx, identity: IdentityId) -> Result<Vec<Given>, StoreError> {
    tx.all(GIVEN.bind(identity)).await
}

/// Gives a role; whether the person did not have it. One that was given by hand stays so.
pub(crate) async fn give(
    tx: &mut WriteTx,
    identity: IdentityId,
    person: PersonId,
    (role, organisation): (RoleId, OrganisationId),
    now: Micros,
) -> Result<bool, StoreError> {
    let held: Option<String> = tx.optional(HELD.bind(person).bind(role).bind(organisation)).await?;
    if let Some(held) = held {
        if tx.one::<i64>(GIVERS.bind(&held)).await? > 0 {
            tx.execute(NOTE.bind(&held).bind(identity)).await?;
        }
        return Ok(false);
    }
    // a person's role has the id of a role's kind, wherever one is given
    let id = RoleId::new();
    tx.execute(GIVE.bind(id).bind(person).bind(role).bind(organisation).bind(now)).await?;
    tx.execute(NOTE.bind(id).bind(identity)).await?;
    Ok(true)
}

/// Takes a role back; whether the person has it no more. One that another provider gave too stays.
pub(crate) async fn take(tx: &mut WriteTx, identity: IdentityId, given: &Given) -> Result<bool, StoreError> {
    tx.execute(FORGET.bind(&given.id).bind(identity)).await?;
    Ok(tx.execute(TAKE.bind(&given.id)).await? == 1)
}
