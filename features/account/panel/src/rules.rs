//! What may be asked of an account, over typed values.

use std::sync::Arc;

use account_spec::Limits;
use api_kit::{ApiError, FieldError, IfMatch};
use auth::person::{self, NewPerson};
use auth::{
    AccountRef, Actor, Authorised, Denied, EditAccount, Login, ManageAccounts, OrganisationKey,
    OrganisationRef, Passwords, StoredHash, SuspendAccounts,
};
use auth::{session, sign_in};
use desired::event::{Code, Event};
use desired::{Draft, Key, Note, Rules, check_password, setting};
use limits::{Amount, DEFAULT_PACKAGE, Limit, PackageKey, Within};
use names::{
    AccountId, AccountName, CryptHash, EmailAddress, Label, Micros, OrganisationId, PackageId, Password,
    PersonId, Secret, SshPublicKey,
};
use serde::Deserialize;
use store::{Store, StoreError, Tx, WriteTx};
use utoipa::ToSchema;

use crate::accounts;
use crate::dependents::Dependents;
use crate::object::AccountObject;
use crate::store::account::{self, Account, Inserted, NewRow, Row};
use crate::store::usage::{self, Policy};

/// Keys of one account.
const MOST_KEYS: usize = 32;

/// What a new account is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a package are three different wishes")]
pub(crate) struct CreateAccount {
    /// The name: `[a-z][a-z0-9]{1,30}`. It is the Linux user's name and the owner's login, and never changes.
    #[schema(value_type = String, example = "alice")]
    pub(crate) name: AccountName,
    /// The organisation that it belongs to, by name or id; left out: the caller's own.
    #[schema(value_type = Option<String>)]
    pub(crate) organisation: Option<OrganisationKey>,
    /// Where to write to.
    #[schema(value_type = String, example = "alice@example.test")]
    pub(crate) email: EmailAddress,
    /// Signs the owner in, and opens SFTP. Without one, keys and one-time links do.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
    /// Public keys that open SFTP, one line each.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub(crate) ssh_keys: Vec<SshPublicKey>,
    /// What it is sold: the name or id of a package of its organisation or of one above; null: none; left out: that of the setting
    /// `package.default`.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<String>)]
    pub(crate) package: Option<Option<PackageKey>>,
    /// Limits of all that the account runs, of its own; what is left out is as its package says, or as usual.
    #[serde(default)]
    pub(crate) limits: LimitsEdit,
}

/// What is to be otherwise; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditAccountBody {
    /// Where to write to.
    #[schema(value_type = Option<String>)]
    pub(crate) email: Option<EmailAddress>,
    /// Signs the owner in, and opens SFTP. All sessions of the owner end.
    #[schema(value_type = Option<String>, format = Password)]
    pub(crate) password: Option<Password>,
    /// The owner's password of now. A new one needs it where there is one, unless an administrator sets it.
    #[schema(format = Password)]
    pub(crate) current_password: Option<String>,
    /// All public keys that open SFTP, one line each.
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) ssh_keys: Option<Vec<SshPublicKey>>,
    /// Limits; administrators alone.
    pub(crate) limits: Option<LimitsEdit>,
}

/// Limits, each of which may be left out.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a limit are three different wishes")]
pub(crate) struct LimitsEdit {
    /// Processor time, in per cent of one processor.
    #[schema(minimum = 1, maximum = 100_000)]
    pub(crate) cpu_percent: Option<u32>,
    /// Memory, in bytes.
    #[schema(minimum = 67_108_864)]
    pub(crate) memory_bytes: Option<u64>,
    /// Processes and threads.
    #[schema(minimum = 8, maximum = 100_000)]
    pub(crate) tasks: Option<u32>,
    /// Share of the disks' throughput; 100 is usual.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(crate) io_weight: Option<u32>,
    /// Disk space, in bytes; null: no limit.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<u64>, minimum = 1_048_576)]
    pub(crate) disk_bytes: Option<Option<u64>>,
    /// Files, directories and links; null: no limit.
    #[serde(default, deserialize_with = "desired::nullable")]
    #[schema(value_type = Option<u64>, minimum = 100, maximum = 1_000_000_000)]
    pub(crate) inodes: Option<Option<u64>>,
}

/// Why an account is suspended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspendAccount {
    /// Shown to whoever looks at the account.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<Note>,
}

impl LimitsEdit {
    /// Those that were not left out.
    fn given(self) -> impl Iterator<Item = (Limit, Amount)> {
        let whole = |number: u64| Amount::Of(i64::try_from(number).unwrap_or(i64::MAX));
        let or_unlimited = move |number: Option<u64>| number.map_or(Amount::Unlimited, whole);
        let all = [
            (Limit::CpuPercent, self.cpu_percent.map(u64::from).map(whole)),
            (Limit::MemoryBytes, self.memory_bytes.map(whole)),
            (Limit::Tasks, self.tasks.map(u64::from).map(whole)),
            (Limit::IoWeight, self.io_weight.map(u64::from).map(whole)),
            (Limit::DiskBytes, self.disk_bytes.map(or_unlimited)),
            (Limit::Inodes, self.inodes.map(or_unlimited)),
        ];
        all.into_iter().filter_map(|(limit, amount)| Some((limit, amount?)))
    }

    /// The limits with these changes, each within its range.
    pub(crate) fn over(self, old: Limits) -> Result<Limits, ApiError> {
        let limits = Limits {
            cpu_percent: self.cpu_percent.unwrap_or(old.cpu_percent),
            memory_bytes: self.memory_bytes.unwrap_or(old.memory_bytes),
            tasks: self.tasks.unwrap_or(old.tasks),
            io_weight: self.io_weight.unwrap_or(old.io_weight),
            disk_bytes: self.disk_bytes.unwrap_or(old.disk_bytes),
            inodes: self.inodes.unwrap_or(old.inodes),
        };
        let checks = [
            ("cpu_percent", (1..=100_000).contains(&limits.cpu_percent), "1 to 100000 per cent"),
            (
                "memory_bytes",
                (64 << 20..=1 << 50).contains(&limits.memory_bytes),
                "67108864 bytes (64 MiB) to 1 PiB",
            ),
            ("tasks", (8..=100_000).contains(&limits.tasks), "8 to 100000 tasks"),
            ("io_weight", (1..=10_000).contains(&limits.io_weight), "1 to 10000"),
            (
                "disk_bytes",
                limits.disk_bytes.is_none_or(|bytes| Limits::DISK_BYTES.contains(&bytes)),
                "1048576 bytes (1 MiB) to 1 PiB, or null for no limit",
            ),
            (
                "inodes",
                limits.inodes.is_none_or(|count| Limits::INODES.contains(&count)),
                "100 to 1000000000 files, or null for no limit",
            ),
        ];
        let errors: Vec<_> = checks
            .iter()
            .filter(|(_, fits, _)| !fits)
            .map(|(field, _, range)| {
                let reason = "The limit is out of range.";
                FieldError::new(
                    format!("/limits/{field}"),
                    "out_of_range",
                    reason,
                    format!("Choose {range}."),
                )
            })
            .collect();
        if errors.is_empty() { Ok(limits) } else { Err(ApiError::invalid_all(errors)) }
    }
}

/// No key twice, and not too many.
fn check_keys(keys: &[SshPublicKey]) -> Result<(), ApiError> {
    if keys.len() > MOST_KEYS {
        let remedy = "Send 32 keys at most.";
        return Err(api_kit::json::refuse(
            "ssh_keys",
            "ssh_keys_too_many",
            "There are too many keys.",
            remedy,
        ));
    }
    let twice =
        keys.iter().enumerate().find(|(i, key)| keys[..*i].iter().any(|k| k.base64() == key.base64()));
    if let Some((i, _)) = twice {
        let error = FieldError::new(
            format!("/ssh_keys/{i}"),
            "ssh_key_twice",
            "The key is there already.",
            "Send it once.",
        );
        return Err(ApiError::invalid(error));
    }
    Ok(())
}

/// A password as it is stored: for signing in, and for SFTP.
#[derive(Debug, Clone)]
pub(crate) struct Hashes {
    sign_in: StoredHash,
    sftp: CryptHash,
}

/// Checks a password against the installation's policy and hashes it, which takes a while; never within a transaction.
pub(crate) async fn hash(
    store: &Store,
    passwords: &Passwords,
    password: Option<Password>,
    about: Vec<String>,
) -> Result<Option<Hashes>, ApiError> {
    let Some(password) = password else { return Ok(None) };
    check_password(store, passwords, "password", &password, about).await?;
    let sftp = passwords.sftp_hash(password.clone()).await.map_err(ApiError::internal)?;
    let sign_in = passwords.hash(password).await.map_err(ApiError::internal)?;
    Ok(Some(Hashes { sign_in, sftp }))
}

/// A new account whose values were checked.
#[expect(clippy::option_option, reason = "as in the body")]
pub(crate) struct NewAccount {
    name: AccountName,
    email: EmailAddress,
    hashes: Option<Hashes>,
    ssh_keys: Vec<SshPublicKey>,
    package: Option<Option<PackageKey>>,
    limits: LimitsEdit,
}

impl NewAccount {
    /// Checks what needs no database, and hashes the password.
    pub(crate) async fn of(
        body: CreateAccount,
        store: &Store,
        passwords: &Passwords,
    ) -> Result<Self, ApiError> {
        check_keys(&body.ssh_keys)?;
        body.limits.over(Limits::default())?;
        let about = vec![body.name.to_string(), body.email.to_string()];
        let hashes = hash(store, passwords, body.password, about).await?;
        let CreateAccount { name, email, ssh_keys, package, limits, .. } = body;
        Ok(Self { name, email, hashes, ssh_keys, package, limits })
    }
}

fn name_taken() -> ApiError {
    let reason = "An account or a person has this name, or an account of this name is still being removed.";
    let error =
        FieldError::new("/name", "name_taken", reason, "Choose another name, or wait until it is gone.");
    ApiError::invalid(error)
}

/// Makes the account and its owner.
pub(crate) struct Create {
    pub(crate) actor: Actor,
    pub(crate) proof: Authorised<OrganisationRef, ManageAccounts>,
    pub(crate) new: NewAccount,
}

impl Rules for Create {
    type Value = Account;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Account, Key), ApiError> {
        let Self { actor, proof, new } = self;
        let id = draft.new_id();
        let one = limits::take_account(tx, actor, proof.id).await?;
        let owner = NewPerson {
            login: Login::from(&new.name),
            email: Some(new.email.clone()),
            password: new.hashes.as_ref().map(|hashes| hashes.sign_in.clone()),
        };
        let owner = person::create(tx, proof, &owner, draft.now).await?.ok_or_else(name_taken)?;
        let row = NewRow {
            id,
            name: &new.name,
            owner,
            email: &new.email,
            sftp_password: new.hashes.as_ref().map(|hashes| &hashes.sftp),
            ssh_keys: &new.ssh_keys,
        };
        match account::insert(tx, proof, &row, one, draft.now).await? {
            Inserted::Yes => {}
            Inserted::NameTaken => return Err(name_taken()),
            Inserted::NoUid => {
                return Err(ApiError::conflict(
                    "uids_used_up",
                    "All uids from 20000 to 59999 were given out once.",
                ));
            }
            Inserted::NoNode => {
                return Err(ApiError::conflict("no_node", "There is no server for the account yet."));
            }
        }
        person::grant_owner(tx, proof, owner, id, draft.now).await?;
        let package = self.package(tx).await?;
        limits::assign(tx, proof, id, package).await?;
        check_within(tx, proof.id, new.limits).await?;
        for (limit, amount) in new.limits.given() {
            limits::set_override(tx, proof, id, limit, Some(amount)).await?;
        }
        for state in limits::settle(tx, actor, Within::Account(id)).await? {
            account::set_limits(tx, id, &accounts::host(&state)).await?;
        }
        let account = Account::from(&account::find_made(tx, proof, id).await?);
        let key = Key::of::<account_spec::AccountSpec>(&id);
        draft.made(key.clone());
        Told::new("account.create", Code::Created, None, &account).write(tx, draft).await?;
        Ok((account, key))
    }
}

impl Create {
    /// What the account is sold.
    async fn package(&self, tx: &mut Tx) -> Result<Option<PackageId>, ApiError> {
        let key = match &self.new.package {
            Some(None) => return Ok(None),
            Some(Some(key)) => key.clone(),
            None => match setting::get::<Label>(tx, DEFAULT_PACKAGE).await? {
                Some(name) => {
                    let root: OrganisationId =
                        store::fixed::ROOT_ORGANISATION.parse().map_err(ApiError::internal)?;
                    let found = limits::usable(tx, root, &PackageKey::Name(name)).await?;
                    return Ok(found.map(|package| package.id));
                }
                None => return Ok(None),
            },
        };
        if let Some(package) = limits::usable(tx, self.proof.id, &key).await? {
            return Ok(Some(package.id));
        }
        let reason = "The organisation has no such package, and none above it has.";
        let remedy = "`holdfast package list` shows those that there are.";
        Err(api_kit::json::refuse("package", "no_such_package", reason, remedy))
    }
}

/// Nobody gives what their organisation has not.
async fn check_within(tx: &mut Tx, organisation: OrganisationId, limits: LimitsEdit) -> Result<(), ApiError> {
    let ceiling = limits::ceiling(tx, organisation).await?;
    let refused = |(limit, amount)| ceiling.refuses(limit, amount, format!("/limits/{limit}"));
    let errors: Vec<_> = limits.given().filter_map(refused).collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_all(errors)) }
}

/// Whoever does not manage the account shows the owner's password of now before it is replaced. Whoever does, does not replace the password
/// of an owner who may more than they do. Neither a token nor somebody who acts as another sets a password at all.
pub(crate) async fn check_current(
    store: &Store,
    passwords: &Passwords,
    actor: &Actor,
    account: &Authorised<AccountRef, EditAccount>,
    owner: Option<PersonId>,
    body: &mut EditAccountBody,
) -> Result<(), ApiError> {
    let current = body.current_password.take().map(Secret::new);
    let Some(owner) = owner.filter(|_| body.password.is_some()) else { return Ok(()) };
    let look = async |tx: &mut Tx| -> Result<_, StoreError> {
        let manages = actor.may::<ManageAccounts>(tx, account.id).await?;
        Ok((manages, manages && person::is_covered(tx, actor, owner).await?))
    };
    match store.read(look).await? {
        (true, true) => return Ok(()),
        (true, false) if actor.person_id() != Some(owner) => {
            let detail = "The owner of this account may more than you do elsewhere. They set their password themselves.";
            return Err(ApiError::forbidden(detail));
        }
        _ => {}
    }
    let confirmed = sign_in::confirm(store, passwords, owner, current, actor.origin(), Micros::now()).await;
    confirmed.map_err(|error| api_kit::unconfirmed("current_password", error))
}

/// Changes whose values were checked.
pub(crate) struct Edits {
    email: Option<EmailAddress>,
    hashes: Option<Hashes>,
    ssh_keys: Option<Vec<SshPublicKey>>,
    limits: Option<(Authorised<AccountRef, ManageAccounts>, LimitsEdit)>,
}

impl Edits {
    /// Checks what needs no database, and hashes the password. Limits are theirs alone who manage the account.
    pub(crate) async fn of(
        body: EditAccountBody,
        now: &Row,
        manages: Option<Authorised<AccountRef, ManageAccounts>>,
        store: &Store,
        passwords: &Passwords,
    ) -> Result<Self, ApiError> {
        check_keys(body.ssh_keys.as_deref().unwrap_or_default())?;
        let limits = match body.limits {
            Some(limits) => {
                limits.over(Limits::default())?;
                Some((manages.ok_or(Denied::NotAllowed)?, limits))
            }
            None => None,
        };
        let email = body.email.as_ref().unwrap_or(&now.email);
        let about = vec![now.name.to_string(), email.to_string()];
        let hashes = hash(store, passwords, body.password, about).await?;
        Ok(Self { email: body.email, hashes, ssh_keys: body.ssh_keys, limits })
    }
}

/// Refuses to touch an account that is on its way out.
fn check_staying(row: &Row) -> Result<(), ApiError> {
    if row.block.deleted_at.is_some() {
        return Err(ApiError::conflict("deleting", "The account is being removed."));
    }
    Ok(())
}

/// Changes the account.
pub(crate) struct Edit {
    pub(crate) actor: Actor,
    pub(crate) proof: Authorised<AccountRef, EditAccount>,
    pub(crate) if_match: IfMatch,
    pub(crate) values: Edits,
}

impl Rules for Edit {
    type Value = Account;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Account, Key), ApiError> {
        let Self { actor, proof, if_match, values: edit } = self;
        let mut row = account::find_to_edit(tx, proof).await?;
        if_match.require(row.block.generation)?;
        check_staying(&row)?;
        let before = Account::from(&row);
        if let Some(email) = &edit.email {
            row.email.clone_from(email);
        }
        if let Some(keys) = &edit.ssh_keys {
            row.ssh_keys.clone_from(keys);
        }
        if let Some((manages, limits)) = &edit.limits {
            check_within(tx, manages.organisation, *limits).await?;
            for (limit, amount) in limits.given() {
                limits::set_override(tx, manages, proof.id, limit, Some(amount)).await?;
            }
            for state in limits::settle(tx, actor, Within::Account(proof.id)).await? {
                row.limits = accounts::host(&state);
            }
        }
        if let Some(hashes) = &edit.hashes {
            row.sftp_password = Some(hashes.sftp.clone());
            if let Some(owner) = row.owner {
                person::set_password(tx, owner, &hashes.sign_in, draft.now).await?;
            }
        }
        account::update(tx, &row, draft.now).await?;
        draft.raise::<AccountObject>(tx, &proof.id).await?;
        let after = Account::from(&account::find_to_edit(tx, proof).await?);
        let told = Told::new("account.edit", Code::Changed, Some(&before), &after);
        Told { new_password: edit.hashes.is_some(), ..told }.write(tx, draft).await?;
        Ok((after, Key::of::<account_spec::AccountSpec>(&proof.id)))
    }
}

/// Suspends the account with all that hangs on it, or lets it go on. Roles on it are kept and do not count meanwhile, and sessions of those
/// who hold nothing else end.
pub(crate) struct SetSuspended {
    pub(crate) dependents: Arc<dyn Dependents>,
    pub(crate) proof: Authorised<AccountRef, SuspendAccounts>,
    pub(crate) if_match: IfMatch,
    pub(crate) suspended: bool,
    pub(crate) reason: Option<Note>,
}

impl Rules for SetSuspended {
    type Value = Account;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Account, Key), ApiError> {
        let Self { dependents, proof, if_match, .. } = self;
        let row = account::find_to_suspend(tx, proof).await?;
        if_match.check(row.block.generation)?;
        check_staying(&row)?;
        let reason = self.reason.as_ref().map(Note::as_str);
        // what a person decides, the policy for accounts at their limits does not take back
        let policy = if self.suspended { Policy::None } else { Policy::Spared };
        usage::set_policy(tx, proof, policy).await?;
        suspend(tx, draft, dependents.as_ref(), proof, &row, (self.suspended, reason)).await
    }
}

/// Suspends the account because it is at a limit, or lets it go on where that was done before. Does nothing where a person was quicker.
pub(crate) struct OverQuota {
    pub(crate) dependents: Arc<dyn Dependents>,
    pub(crate) proof: Authorised<AccountRef, SuspendAccounts>,
    pub(crate) suspended: bool,
}

impl Rules for OverQuota {
    type Value = Account;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Account, Key), ApiError> {
        let Self { dependents, proof, suspended } = self;
        let row = account::find_to_suspend(tx, proof).await?;
        let (before, after) = match suspended {
            true => (Policy::None, Policy::Suspended),
            false => (Policy::Suspended, Policy::None),
        };
        let stands = usage::policy(tx, proof).await? == before && row.suspended != *suspended;
        if !stands || row.block.deleted_at.is_some() {
            return Ok((Account::from(&row), Key::of::<account_spec::AccountSpec>(&proof.id)));
        }
        usage::set_policy(tx, proof, after).await?;
        let reason = suspended.then_some(crate::usage::REASON);
        suspend(tx, draft, dependents.as_ref(), proof, &row, (*suspended, reason)).await
    }
}

async fn suspend(
    tx: &mut WriteTx,
    draft: &mut Draft,
    dependents: &dyn Dependents,
    proof: &Authorised<AccountRef, SuspendAccounts>,
    row: &Row,
    (suspended, reason): (bool, Option<&str>),
) -> Result<(Account, Key), ApiError> {
    let before = Account::from(row);
    account::set_suspended(tx, proof, suspended, reason, draft.now).await?;
    if suspended {
        session::revoke_powerless(tx, proof, draft.now).await?;
    }
    draft.raise::<AccountObject>(tx, &proof.id).await?;
    if suspended != row.suspended {
        dependents.changed(tx, draft, row.id).await?;
    }
    let after = Account::from(&account::find_to_suspend(tx, proof).await?);
    let action = if suspended { "account.suspend" } else { "account.unsuspend" };
    Told::new(action, Code::Changed, Some(&before), &after).write(tx, draft).await?;
    Ok((after, Key::of::<account_spec::AccountSpec>(&proof.id)))
}

/// What suspends an account from above was changed: its specification is another one.
pub async fn state_changed(tx: &mut WriteTx, draft: &mut Draft, account: AccountId) -> Result<(), ApiError> {
    draft.raise::<AccountObject>(tx, &account).await
}

/// Asks for the account's removal. Its owner goes with it, unless they hold something else.
pub(crate) struct Delete {
    pub(crate) dependents: Arc<dyn Dependents>,
    pub(crate) proof: Authorised<AccountRef, ManageAccounts>,
    pub(crate) if_match: IfMatch,
}

impl Rules for Delete {
    type Value = Account;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(Account, Key), ApiError> {
        let Self { dependents, proof, if_match } = self;
        let row = account::find_to_manage(tx, proof).await?;
        if_match.check(row.block.generation)?;
        let key = Key::of::<account_spec::AccountSpec>(&proof.id);
        let before = Account::from(&row);
        if row.block.deleted_at.is_some() {
            draft.made(key.clone());
            return Ok((before, key));
        }
        dependents.leaving(tx, draft, row.id).await?;
        limits::leaving(tx, proof).await?;
        let one = limits::give_back(tx, proof.id, 1).await?;
        limits::assign(tx, proof, proof.id, None).await?;
        account::delete(tx, proof, one, draft.now).await?;
        if let Some(owner) = row.owner {
            person::delete_with_account(tx, proof, owner).await?;
        }
        draft.raise::<AccountObject>(tx, &proof.id).await?;
        let after = Account::from(&account::find_to_manage(tx, proof).await?);
        Told::new("account.delete", Code::DeletionAsked, Some(&before), &after).write(tx, draft).await?;
        Ok((after, key))
    }
}

/// A change, as the audit and the events tell it.
struct Told<'a> {
    action: &'a str,
    code: Code,
    before: Option<&'a Account>,
    after: &'a Account,
    new_password: bool,
}

impl<'a> Told<'a> {
    fn new(action: &'a str, code: Code, before: Option<&'a Account>, after: &'a Account) -> Self {
        Self { action, code, before, after, new_password: false }
    }

    async fn write(self, tx: &mut WriteTx, draft: &Draft) -> Result<(), ApiError> {
        let json = |account: &Account| serde_json::to_value(account).map_err(ApiError::internal);
        let (before, mut after) = (self.before.map(json).transpose()?, json(self.after)?);
        if self.new_password {
            after["password"] = "changed".into();
        }
        let id = self.after.id;
        draft
            .audit(tx, self.action, audit::Object::of_account("account", id, id), before, Some(after))
            .await?;
        let key = Key::of::<account_spec::AccountSpec>(&id);
        draft.event(tx, &Event::of(key, Some(id), self.code, self.after.name.as_str())).await
    }
}
