//! Suspending accounts and letting them go on: as a person says, and as the policy for accounts at their limits does.

use std::sync::Arc;

use api_kit::{ApiError, IfMatch};
use auth::{AccountRef, Authorised, SuspendAccounts, session};
use desired::event::Code;
use desired::{Draft, Key, Note, Rules};
use serde::Deserialize;
use store::WriteTx;
use utoipa::ToSchema;

use super::{Told, check_staying};
use crate::dependents::Dependents;
use crate::object::AccountObject;
use crate::store::account::{self, Account, Row};
use crate::store::usage::{self, Policy};

/// Why an account is suspended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuspendAccount {
    /// Shown to whoever looks at the account.
    #[schema(value_type = Option<String>)]
    pub(crate) reason: Option<Note>,
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
