//! What other features ask of accounts, within their own transactions.

use account_spec::Limits;
use api_kit::ApiError;
use desired::Draft;
use limits::{Amount, Feature, Limit, State};
use names::AccountId;
use store::WriteTx;

use crate::object::AccountObject;
use crate::store::account;

/// What the host holds the account to.
pub(crate) fn host(state: &State) -> Limits {
    let usual = Limits::default();
    let number = |limit, usual| u32::try_from(state.number(limit)).unwrap_or(usual);
    let most = |limit| state.most(limit).stored().and_then(|most| u64::try_from(most).ok());
    Limits {
        cpu_percent: number(Limit::CpuPercent, usual.cpu_percent),
        memory_bytes: u64::try_from(state.number(Limit::MemoryBytes)).unwrap_or(usual.memory_bytes),
        tasks: number(Limit::Tasks, usual.tasks),
        io_weight: number(Limit::IoWeight, usual.io_weight),
        disk_bytes: most(Limit::DiskBytes),
        inodes: most(Limit::Inodes),
    }
}

/// The same, limit by limit.
pub(crate) fn amounts(host: Limits) -> [(Limit, Amount); 6] {
    let of = |number: u64| Amount::Of(i64::try_from(number).unwrap_or(i64::MAX));
    let most = |number: Option<u64>| number.map_or(Amount::Unlimited, of);
    [
        (Limit::CpuPercent, of(host.cpu_percent.into())),
        (Limit::MemoryBytes, of(host.memory_bytes)),
        (Limit::Tasks, of(host.tasks.into())),
        (Limit::IoWeight, of(host.io_weight.into())),
        (Limit::DiskBytes, most(host.disk_bytes)),
        (Limit::Inodes, most(host.inodes)),
    ]
}

/// What the account may have is otherwise now: where the host holds it to that, it gets a new generation.
pub async fn limits_changed(
    tx: &mut WriteTx,
    draft: &mut Draft,
    before: &State,
    after: &State,
) -> Result<(), ApiError> {
    let limits = host(after);
    if host(before) != limits {
        account::set_limits(tx, after.account, &limits).await?;
    } else if before.is_on(Feature::Sftp) == after.is_on(Feature::Sftp) {
        return Ok(());
    }
    draft.raise::<AccountObject>(tx, &after.account).await
}

/// Something of the account is otherwise, which its version tells.
pub async fn touched(tx: &mut WriteTx, draft: &mut Draft, account: AccountId) -> Result<(), ApiError> {
    draft.raise::<AccountObject>(tx, &account).await
}
