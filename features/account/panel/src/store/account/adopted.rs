//! Rows of accounts that are made from what the server holds, and the user ids that were ever given there.

use account_spec::{AccountSpec, UidNote};
use names::{AccountId, CryptHash, EmailAddress, Micros, OrganisationId, PersonId};
use store::{Statement, StoreError, Tx, WriteTx};

use super::{INSERT, Inserted, LOCAL_NODE, SUSPEND, json};

const CLAIM_NOTED: Statement = Statement::new(
    "INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
);
const USED_UIDS: Statement = Statement::new("SELECT uid AS value FROM used_uid ORDER BY uid LIMIT 100000");
const HOLDER_OF_UID: Statement = Statement::new("SELECT account_id AS value FROM used_uid WHERE uid = $1");
const NAME_OF_UID: Statement = Statement::new("UPDATE used_uid SET account_name = $2 WHERE uid = $1");
const SET_DELETED: Statement = Statement::new("UPDATE account SET deleted_at = $2 WHERE id = $1");

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] =
    &[CLAIM_NOTED, USED_UIDS, HOLDER_OF_UID, NAME_OF_UID, SET_DELETED];

/// A row that is made from what the server holds.
pub(crate) struct AdoptedRow<'a> {
    pub(crate) id: AccountId,
    pub(crate) owner: PersonId,
    pub(crate) organisation: OrganisationId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) spec: &'a AccountSpec,
}

/// Makes a row from what the server holds, with the uid that it has there.
pub(crate) async fn insert_adopted(
    tx: &mut WriteTx,
    new: &AdoptedRow<'_>,
    now: Micros,
) -> Result<Inserted, StoreError> {
    let AdoptedRow { id, owner, organisation, email, spec } = new;
    let uid = i64::from(spec.uid.get());
    tx.execute(CLAIM_NOTED.bind(uid).bind(*id).bind(spec.name.as_str()).bind(now)).await?;
    let holder: Option<String> = tx.optional(HOLDER_OF_UID.bind(uid)).await?;
    if holder != Some(id.to_string()) {
        return Ok(Inserted::NoUid);
    }
    tx.execute(NAME_OF_UID.bind(uid).bind(spec.name.as_str())).await?;
    let Some(node) = tx.optional::<String>(LOCAL_NODE).await? else { return Ok(Inserted::NoNode) };
    let insert = INSERT
        .bind(*id)
        .bind(spec.name.as_str())
        .bind(*organisation)
        .bind(*owner)
        .bind(node)
        .bind(uid)
        .bind(email.as_str())
        .bind(spec.sftp_password.as_ref().map(CryptHash::expose))
        .bind(json(&spec.ssh_keys))
        .bind(json(&spec.limits))
        .bind(now);
    if tx.execute(insert).await? != 1 {
        return Ok(Inserted::NameTaken);
    }
    suspend_adopted(tx, *id, spec.suspended, now).await?;
    Ok(Inserted::Yes)
}

/// As the server holds it; the reason is not known there.
pub(crate) async fn suspend_adopted(
    tx: &mut WriteTx,
    id: AccountId,
    suspended: bool,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SUSPEND.bind(id).bind(suspended).bind(None::<String>).bind(now)).await?;
    Ok(())
}

/// As the server holds it: there or on its way out.
pub(crate) async fn set_deleted(
    tx: &mut WriteTx,
    id: AccountId,
    at: Option<Micros>,
) -> Result<(), StoreError> {
    tx.execute(SET_DELETED.bind(id).bind(at)).await?;
    Ok(())
}

/// Every uid that is known to have been given.
pub(crate) async fn used_uids(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    tx.all(USED_UIDS).await
}

/// A uid that the server noted as given is given to nobody else.
pub(crate) async fn claim_noted(tx: &mut WriteTx, note: &UidNote, now: Micros) -> Result<(), StoreError> {
    let claim = CLAIM_NOTED.bind(i64::from(note.uid.get())).bind(note.account).bind("").bind(now);
    tx.execute(claim).await?;
    Ok(())
}
