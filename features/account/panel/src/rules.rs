//! What may be asked of an account, over typed values.

mod body;
mod suspension;

use std::sync::Arc;

use account_spec::Limits;
use api_kit::{ApiError, FieldError, IfMatch};
use auth::person::{self, NewPerson};
use auth::sign_in;
use auth::{
    AccountRef, Actor, Authorised, Denied, EditAccount, Login, ManageAccounts, OrganisationRef, Passwords,
    StoredHash,
};
use desired::event::{Code, Event};
use desired::{Draft, Key, Rules, check_password, setting};
use limits::{DEFAULT_PACKAGE, PackageKey, Within};
use names::{
    AccountId, AccountName, CryptHash, EmailAddress, Label, Micros, OrganisationId, PackageId, Password,
    PersonId, Secret, SshPublicKey,
};
use store::{Store, StoreError, Tx, WriteTx};

use crate::accounts;
use crate::dependents::Dependents;
use crate::object::AccountObject;
use crate::store::account::{self, Account, Inserted, NewRow, Row};

pub(crate) use body::{CreateAccount, EditAccountBody, LimitsEdit};
pub(crate) use suspension::{OverQuota, SetSuspended, SuspendAccount};

/// Keys of one account.
const MOST_KEYS: usize = 32;

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
