//! What somebody holds on one account or organisation, all of it: for rules that compare what two people may.

use std::collections::BTreeSet;

use names::{AccountId, Micros, OrganisationId, PersonId};
use store::{Bound, Statement, StoreError, Tx, WriteTx};

use crate::actor::Actor;
use crate::authorised::{Authorised, OrganisationRef};
use crate::permission::{ManageOrganisations, PermissionId};

const ON_ACCOUNT: Statement = Statement::new(
    "SELECT permission AS value FROM person_account_permission WHERE person_id = $1 AND account_id = $2
     UNION
     SELECT rp.permission FROM person_role pr JOIN role_permission rp ON rp.role_id = pr.role_id
     WHERE pr.person_id = $1 AND pr.account_id = $2",
);
const ON_ORGANISATION: Statement = Statement::new(
    "SELECT permission AS value FROM person_organisation_permission WHERE person_id = $1 AND organisation_id = $2
     UNION
     SELECT rp.permission FROM person_role pr JOIN role_permission rp ON rp.role_id = pr.role_id
     WHERE pr.person_id = $1 AND pr.organisation_id = $2",
);
const IN_FORCE_ON_ACCOUNT: Statement = Statement::new(
    "SELECT permission AS value FROM person_account_permission v JOIN person p ON p.id = v.person_id
     WHERE v.person_id = $1 AND v.account_id = $2 AND p.suspended_at IS NULL",
);
const IN_FORCE_ON_ORGANISATION: Statement = Statement::new(
    "SELECT permission AS value FROM person_organisation_permission v JOIN person p ON p.id = v.person_id
     WHERE v.person_id = $1 AND v.organisation_id = $2 AND p.suspended_at IS NULL",
);
const ADMINISTRATORS: Statement = Statement::new(
    "SELECT COUNT(DISTINCT p.id) AS value
     FROM organisation_role r JOIN person p ON p.id = r.person_id
     WHERE r.role_id = $1 AND r.organisation_id = $2 AND p.suspended_at IS NULL",
);
const END_POWERLESS: Statement = Statement::new(
    "UPDATE session SET revoked_at = $2
     WHERE revoked_at IS NULL AND person_id = $1
       AND NOT EXISTS (SELECT 1 FROM role_in_force r WHERE r.person_id = session.person_id)",
);
const END_POWERLESS_BELOW: Statement = Statement::new(
    "UPDATE session SET revoked_at = $2
     WHERE revoked_at IS NULL
       AND person_id IN (SELECT pr.person_id FROM person_role pr
                              JOIN organisation_above up ON up.organisation_id = pr.organisation_id WHERE up.above_id = $1
                         UNION
                         SELECT pr.person_id FROM person_role pr JOIN account a ON a.id = pr.account_id
                              JOIN organisation_above up ON up.organisation_id = a.organisation_id WHERE up.above_id = $1)
       AND NOT EXISTS (SELECT 1 FROM role_in_force r WHERE r.person_id = session.person_id)",
);

pub(crate) const STATEMENTS: &[Statement] = &[
    ON_ACCOUNT,
    ON_ORGANISATION,
    IN_FORCE_ON_ACCOUNT,
    IN_FORCE_ON_ORGANISATION,
    ADMINISTRATORS,
    END_POWERLESS,
    END_POWERLESS_BELOW,
];

/// What a role can be held on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One account.
    Account(AccountId),
    /// An organisation, and all below it.
    Organisation(OrganisationId),
}

impl Place {
    /// Whether a permission means anything when it is held here.
    pub fn counts(self, permission: PermissionId) -> bool {
        match self {
            Self::Account(_) => permission.reach() == "account",
            Self::Organisation(id) if id.to_string() == store::fixed::ROOT_ORGANISATION => true,
            Self::Organisation(_) => permission.reach() != "system",
        }
    }
}

impl Actor {
    /// All that the actor holds here at this moment, and that counts here.
    pub async fn held_on(&self, tx: &mut Tx, place: Place) -> Result<BTreeSet<PermissionId>, StoreError> {
        let held = match place {
            Place::Account(id) => self.on_account(tx, &id.to_string()).await?,
            Place::Organisation(id) => self.on_organisation(tx, &id.to_string()).await?,
        };
        Ok(held.into_iter().filter(|&permission| place.counts(permission)).collect())
    }
}

/// All that a person may here, and what their roles on this very place would let them do were they in force.
pub async fn by_person(
    tx: &mut Tx,
    person: PersonId,
    place: Place,
) -> Result<BTreeSet<PermissionId>, StoreError> {
    let statement = match place {
        Place::Account(id) => ON_ACCOUNT.bind(person).bind(id),
        Place::Organisation(id) => ON_ORGANISATION.bind(person).bind(id),
    };
    permissions(tx, statement, place).await
}

/// All that a person may here at this moment; nothing where they are suspended.
pub async fn in_force(
    tx: &mut Tx,
    person: PersonId,
    place: Place,
) -> Result<BTreeSet<PermissionId>, StoreError> {
    let statement = match place {
        Place::Account(id) => IN_FORCE_ON_ACCOUNT.bind(person).bind(id),
        Place::Organisation(id) => IN_FORCE_ON_ORGANISATION.bind(person).bind(id),
    };
    permissions(tx, statement, place).await
}

async fn permissions(
    tx: &mut Tx,
    statement: Bound,
    place: Place,
) -> Result<BTreeSet<PermissionId>, StoreError> {
    let texts: Vec<String> = tx.all(statement).await?;
    let known = texts.iter().filter_map(|text| PermissionId::from_stored(text));
    Ok(known.filter(|&permission| place.counts(permission)).collect())
}

/// How many people rule the installation at this moment. Whatever takes a right away looks, in its own transaction, that one is left.
pub async fn administrators(tx: &mut Tx) -> Result<i64, StoreError> {
    let (role, root) = (store::fixed::ADMINISTRATOR_ROLE, store::fixed::ROOT_ORGANISATION);
    tx.one(ADMINISTRATORS.bind(role).bind(root)).await
}

/// Ends the person's sessions where nothing that they hold is in force any more; how many there were.
pub async fn end_powerless(tx: &mut WriteTx, person: PersonId, now: Micros) -> Result<u64, StoreError> {
    tx.execute(END_POWERLESS.bind(person).bind(now)).await
}

/// The same for all who hold something in this organisation, below it, or on an account of theirs.
pub async fn end_powerless_below(
    tx: &mut WriteTx,
    organisation: &Authorised<OrganisationRef, ManageOrganisations>,
    now: Micros,
) -> Result<u64, StoreError> {
    tx.execute(END_POWERLESS_BELOW.bind(organisation.id).bind(now)).await
}
