//! Rows of accounts, and how the API shows them.

pub(crate) mod adopted;
pub(crate) mod list;

use account_spec::Limits;
use auth::{
    AccountRef, Authorised, EditAccount, ManageAccounts, OrganisationRef, SuspendAccounts, ViewAccount,
};
use desired::{Block, BlockSql, Convergence};
use limits::{Accounts, Given, Taken};
use names::{
    AccountId, AccountName, CryptHash, EmailAddress, Label, Micros, NodeId, PersonId, SshPublicKey, Uid,
};
use serde::{Deserialize, Serialize};
use store::{FromRow, RowError, Statement, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

/// uids that are given out; the same range is in the agent's bounds.
const UIDS: std::ops::RangeInclusive<i64> = 20_000..=59_999;

const FIND: Statement = Statement::new(
    "SELECT id, name, (SELECT o.name FROM organisation o WHERE o.id = account.organisation_id) AS organisation,
            (SELECT p.name FROM package p WHERE p.id = account.package_id) AS package,
            (SELECT COUNT(*) FROM account_feature_off f WHERE f.account_id = account.id AND f.feature = 'sftp') AS sftp_off,
            (SELECT u.note FROM account_usage u WHERE u.account_id = account.id AND u.disk_held = 0) AS disk_note,
            (SELECT u.note FROM account_usage u WHERE u.account_id = account.id AND u.inodes_held = 0) AS inodes_note,
            (SELECT t.suspended_above FROM account_state t WHERE t.account_id = account.id) AS suspended_above,
            owner_person_id, uid, email, sftp_password_hash, ssh_keys, limits, suspended, suspended_reason,
            created_at, updated_at, generation, observed_generation, spec_digest, condition, reason, message, since,
            attempts, next_attempt_at, deleted_at, expect_plan, overwrite,
            (SELECT COUNT(*) FROM pool WHERE pool.account_id = account.id)
              + (SELECT COUNT(*) FROM site WHERE site.account_id = account.id)
              + (SELECT COUNT(*) FROM certificate WHERE certificate.account_id = account.id) AS dependents
     FROM account WHERE id = $1",
);
const NEXT_UID: Statement = Statement::new("SELECT COALESCE(MAX(uid), 19999) + 1 AS value FROM used_uid");
const CLAIM_UID: Statement = Statement::new(
    "INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES ($1, $2, $3, $4)",
);
const LOCAL_NODE: Statement = Statement::new("SELECT id AS value FROM node ORDER BY created_at LIMIT 1");
const INSERT: Statement = Statement::new(
    "INSERT INTO account (id, name, organisation_id, owner_person_id, node_id, uid, email, sftp_password_hash, ssh_keys,
                          limits, created_at, updated_at, since)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $11) ON CONFLICT (name) DO NOTHING",
);
const UPDATE: Statement = Statement::new(
    "UPDATE account SET email = $2, sftp_password_hash = $3, ssh_keys = $4, limits = $5, updated_at = $6 WHERE id = $1",
);
const SET_LIMITS: Statement = Statement::new("UPDATE account SET limits = $2 WHERE id = $1");
const SUSPEND: Statement =
    Statement::new("UPDATE account SET suspended = $2, suspended_reason = $3, updated_at = $4 WHERE id = $1");
const DELETE: Statement = Statement::new("UPDATE account SET deleted_at = $2, updated_at = $2 WHERE id = $1");

/// The statements over the columns that converging rows share.
pub(crate) const BLOCK: BlockSql = BlockSql {
    raise: Statement::new(
        "UPDATE account SET generation = generation + 1, updated_at = $2, since = $2, overwrite = $3,
                condition = CASE WHEN deleted_at IS NULL THEN 'pending' ELSE 'deleting' END,
                reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL, expect_plan = NULL,
                spec_digest = NULL
         WHERE id = $1",
    ),
    lift: Statement::new("UPDATE account SET generation = $2 WHERE id = $1 AND generation < $2"),
    expect: Statement::new("UPDATE account SET expect_plan = $2 WHERE id = $1"),
    again: Statement::new("UPDATE account SET attempts = 0, next_attempt_at = NULL WHERE id = $1"),
    record: Statement::new(
        "UPDATE account SET observed_generation = COALESCE($3, observed_generation), spec_digest = COALESCE($4, spec_digest),
                condition = $5, reason = $6, message = $7, since = $8, attempts = $9, next_attempt_at = $10,
                expect_plan = CASE WHEN $5 = 'ready' THEN NULL ELSE expect_plan END,
                overwrite = CASE WHEN $5 = 'ready' THEN 0 ELSE overwrite END
         WHERE id = $1 AND generation = $2",
    ),
    behind: Statement::new("UPDATE account SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2"),
    purge: Statement::new("DELETE FROM account WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL"),
    unsettled: Statement::new(
        "SELECT id AS value FROM account WHERE condition <> 'ready' OR observed_generation < generation",
    ),
    waiting: Statement::new("SELECT id AS value FROM account WHERE reason = 'waits_for' AND (id = $1 OR $1 IS NULL)"),
    page: Statement::new(
        "SELECT id, generation, observed_generation, spec_digest, condition, reason, message, since, attempts,
                next_attempt_at, deleted_at, expect_plan, overwrite
         FROM account WHERE id > $1 ORDER BY id LIMIT $2",
    ),
};

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    FIND,
    NEXT_UID,
    CLAIM_UID,
    LOCAL_NODE,
    INSERT,
    UPDATE,
    SET_LIMITS,
    SUSPEND,
    DELETE,
    BLOCK.raise,
    BLOCK.lift,
    BLOCK.expect,
    BLOCK.again,
    BLOCK.record,
    BLOCK.behind,
    BLOCK.purge,
    BLOCK.unsettled,
    BLOCK.waiting,
    BLOCK.page,
];

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: AccountId,
    pub(crate) name: AccountName,
    pub(crate) organisation: Label,
    pub(crate) package: Option<Label>,
    /// SFTP is not part of what it was sold.
    pub(crate) sftp_off: bool,
    pub(crate) owner: Option<PersonId>,
    pub(crate) uid: Uid,
    pub(crate) email: EmailAddress,
    pub(crate) sftp_password: Option<CryptHash>,
    pub(crate) ssh_keys: Vec<SshPublicKey>,
    pub(crate) limits: Limits,
    /// Why the server cannot hold a limit of disk space, as far as it was asked.
    pub(crate) disk_note: Option<String>,
    /// The same of files.
    pub(crate) inodes_note: Option<String>,
    /// By itself.
    pub(crate) suspended: bool,
    pub(crate) suspended_reason: Option<String>,
    /// By an organisation above it.
    pub(crate) suspended_above: bool,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
    pub(crate) block: Block,
    /// Pools, sites and certificates, those on their way out included.
    pub(crate) dependents: i64,
}

impl Row {
    /// Suspended, by whatever.
    pub(crate) fn is_off(&self) -> bool {
        self.suspended || self.suspended_above
    }
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            name: row.parse("name")?,
            organisation: row.parse("organisation")?,
            package: row.opt_parse("package")?,
            sftp_off: row.int("sftp_off")? > 0,
            owner: row.opt_parse("owner_person_id")?,
            uid: row.number("uid")?,
            email: row.parse("email")?,
            sftp_password: row.opt_parse("sftp_password_hash")?,
            ssh_keys: row.json("ssh_keys")?,
            limits: row.opt_json("limits")?.unwrap_or_default(),
            disk_note: row.opt_text("disk_note")?,
            inodes_note: row.opt_text("inodes_note")?,
            suspended: row.flag("suspended")?,
            suspended_reason: row.opt_text("suspended_reason")?,
            suspended_above: row.flag("suspended_above")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            block: Block::from_row(row)?,
            dependents: row.int("dependents")?,
        })
    }
}

impl Row {
    /// Why a limit that the account has is not held.
    fn limits_note(&self) -> Option<&str> {
        let disk = self.limits.disk_bytes.and(self.disk_note.as_deref());
        disk.or(self.limits.inodes.and(self.inodes_note.as_deref()))
    }
}

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: AccountId,
    /// The name: the Linux user, and the owner's login.
    #[schema(value_type = String)]
    pub name: AccountName,
    /// The organisation that it belongs to.
    #[schema(value_type = String)]
    pub organisation: Label,
    /// What it was sold; null: as usual in all.
    #[schema(value_type = Option<String>)]
    pub package: Option<Label>,
    /// Where to write to.
    #[schema(value_type = String)]
    pub email: EmailAddress,
    /// The Linux user's number.
    #[schema(value_type = u32)]
    pub uid: Uid,
    /// Whether SFTP takes a password.
    pub has_password: bool,
    /// Public keys that open SFTP, one line each.
    #[schema(value_type = Vec<String>)]
    pub ssh_keys: Vec<SshPublicKey>,
    /// Limits of all that the account runs.
    #[schema(value_type = AccountLimits)]
    pub limits: Limits,
    /// Which of its limits the server cannot hold, and why; null: it holds them all, or was not asked yet.
    pub limits_note: Option<String>,
    /// No SFTP, no PHP, no pages.
    pub suspended: bool,
    /// What suspends it: `account`, `organisation` (its own, or one above that), or both.
    pub suspended_by: Vec<String>,
    /// Why it is suspended by itself.
    pub suspended_reason: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Micros,
    /// How it stands.
    #[serde(flatten)]
    pub convergence: Convergence,
}

/// Limits of an account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AccountLimits {
    /// Processor time, in per cent of one processor.
    #[schema(minimum = 1, maximum = 100_000)]
    pub cpu_percent: u32,
    /// Memory, in bytes.
    #[schema(minimum = 67_108_864)]
    pub memory_bytes: u64,
    /// Processes and threads.
    #[schema(minimum = 8, maximum = 100_000)]
    pub tasks: u32,
    /// Share of the disks' throughput; 100 is usual.
    #[schema(minimum = 1, maximum = 10_000)]
    pub io_weight: u32,
    /// Disk space, in bytes; left out: no limit.
    #[schema(minimum = 1_048_576)]
    pub disk_bytes: Option<u64>,
    /// Files, directories and links; left out: no limit.
    #[schema(minimum = 100, maximum = 1_000_000_000)]
    pub inodes: Option<u64>,
}

impl From<&Row> for Account {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            organisation: row.organisation.clone(),
            package: row.package.clone(),
            email: row.email.clone(),
            uid: row.uid,
            has_password: row.sftp_password.is_some(),
            ssh_keys: row.ssh_keys.clone(),
            limits: row.limits,
            limits_note: row.limits_note().map(str::to_owned),
            suspended: row.is_off(),
            suspended_by: [("account", row.suspended), ("organisation", row.suspended_above)]
                .into_iter()
                .filter(|(_, is)| *is)
                .map(|(what, _)| what.to_owned())
                .collect(),
            suspended_reason: row.suspended_reason.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            convergence: Convergence::from(&row.block),
        }
    }
}

/// For the driver alone, which acts for no one.
pub(crate) async fn unscoped(tx: &mut Tx, id: &str) -> Result<Option<Row>, StoreError> {
    tx.optional(FIND.bind(id)).await
}

/// The account that the proof is about.
pub(crate) async fn find(
    tx: &mut Tx,
    account: &Authorised<AccountRef, ViewAccount>,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(account.id)).await
}

/// As [`find`], for whoever is to change it.
pub(crate) async fn find_to_edit(
    tx: &mut Tx,
    account: &Authorised<AccountRef, EditAccount>,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(account.id)).await
}

/// As [`find`], for whoever rules over accounts.
pub(crate) async fn find_to_manage(
    tx: &mut Tx,
    account: &Authorised<AccountRef, ManageAccounts>,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(account.id)).await
}

/// As [`find`], for whoever may suspend it.
pub(crate) async fn find_to_suspend(
    tx: &mut Tx,
    account: &Authorised<AccountRef, SuspendAccounts>,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(account.id)).await
}

/// One that has just been made.
pub(crate) async fn find_made(
    tx: &mut Tx,
    _proof: &Authorised<OrganisationRef, ManageAccounts>,
    id: AccountId,
) -> Result<Row, StoreError> {
    tx.one(FIND.bind(id)).await
}

/// Values of a new row.
pub(crate) struct NewRow<'a> {
    pub(crate) id: AccountId,
    pub(crate) name: &'a AccountName,
    pub(crate) owner: PersonId,
    pub(crate) email: &'a EmailAddress,
    pub(crate) sftp_password: Option<&'a CryptHash>,
    pub(crate) ssh_keys: &'a [SshPublicKey],
}

/// What came of [`insert`].
pub(crate) enum Inserted {
    Yes,
    NameTaken,
    /// All uids were given out.
    NoUid,
    /// There is no node yet.
    NoNode,
}

/// Makes a row, with a uid that nobody ever had.
pub(crate) async fn insert(
    tx: &mut WriteTx,
    organisation: &Authorised<OrganisationRef, ManageAccounts>,
    new: &NewRow<'_>,
    _one: Taken<Accounts>,
    now: Micros,
) -> Result<Inserted, StoreError> {
    let uid: i64 = tx.one(NEXT_UID).await?;
    if !UIDS.contains(&uid) {
        return Ok(Inserted::NoUid);
    }
    let Some(node) = tx.optional::<String>(LOCAL_NODE).await? else { return Ok(Inserted::NoNode) };
    let node: NodeId = node.parse().map_err(|_| StoreError::Missing)?;
    tx.execute(CLAIM_UID.bind(uid).bind(new.id).bind(new.name.as_str()).bind(now)).await?;
    let insert = INSERT
        .bind(new.id)
        .bind(new.name.as_str())
        .bind(organisation.id)
        .bind(new.owner)
        .bind(node)
        .bind(uid)
        .bind(new.email.as_str())
        .bind(new.sftp_password.map(CryptHash::expose))
        .bind(json(new.ssh_keys))
        .bind(json(&Limits::default()))
        .bind(now);
    Ok(if tx.execute(insert).await? == 1 { Inserted::Yes } else { Inserted::NameTaken })
}

/// Writes what an edit may change.
pub(crate) async fn update(tx: &mut WriteTx, row: &Row, now: Micros) -> Result<(), StoreError> {
    let update = UPDATE
        .bind(row.id)
        .bind(row.email.as_str())
        .bind(row.sftp_password.as_ref().map(CryptHash::expose))
        .bind(json(&row.ssh_keys))
        .bind(json(&row.limits))
        .bind(now);
    tx.execute(update).await?;
    Ok(())
}

/// Writes down what the host is to hold the account to.
pub(crate) async fn set_limits(tx: &mut WriteTx, id: AccountId, limits: &Limits) -> Result<(), StoreError> {
    tx.execute(SET_LIMITS.bind(id).bind(json(limits))).await?;
    Ok(())
}

/// Suspends the account, or lets it go on.
pub(crate) async fn set_suspended(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, SuspendAccounts>,
    suspended: bool,
    reason: Option<&str>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(SUSPEND.bind(account.id).bind(suspended).bind(reason).bind(now)).await?;
    Ok(())
}

/// Marks the account for removal.
pub(crate) async fn delete(
    tx: &mut WriteTx,
    account: &Authorised<AccountRef, ManageAccounts>,
    _one: Given<Accounts>,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(DELETE.bind(account.id).bind(now)).await?;
    Ok(())
}

/// Keys and limits are texts and numbers, which are always JSON.
fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
