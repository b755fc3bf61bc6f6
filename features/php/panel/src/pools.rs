//! What other features ask of pools, within their own transactions.

use api_kit::ApiError;
use desired::event::{Code, Event};
use desired::{Draft, Key};
use names::{AccountId, PhpVersion, PoolId};
use php_spec::PoolSpec;
use store::WriteTx;

use crate::object::PoolObject;
use crate::store::pool;

/// The account's pool of this version; it is made where there is none.
pub async fn ensure(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
    version: PhpVersion,
) -> Result<PoolId, ApiError> {
    if let Some(found) = pool::of_version(tx, account, version).await? {
        if found.block.deleted_at.is_some() {
            pool::set_deleted(tx, found.id, None).await?;
            draft.raise::<PoolObject>(tx, &found.id).await?;
        }
        return Ok(found.id);
    }
    let id = draft.new_id();
    pool::insert(tx, id, account, version, draft.now).await?;
    let key = Key::of::<PoolSpec>(&id);
    draft.made(key.clone());
    if let Some(made) = pool::of_version(tx, account, version).await? {
        draft.event(tx, &Event::of(key, Some(account), Code::Created, made.name.as_str())).await?;
    }
    Ok(id)
}

/// Asks for the removal of the account's pools that no site uses any longer.
pub async fn release_unused(tx: &mut WriteTx, draft: &mut Draft, account: AccountId) -> Result<(), ApiError> {
    for found in pool::of_account(tx, account).await? {
        if found.block.deleted_at.is_none() && found.sites == 0 {
            remove(tx, draft, &found).await?;
        }
    }
    Ok(())
}

/// The account's state is part of what its pools are.
pub async fn account_changed(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
) -> Result<(), ApiError> {
    for found in pool::of_account(tx, account).await? {
        if found.block.deleted_at.is_none() {
            draft.raise::<PoolObject>(tx, &found.id).await?;
        }
    }
    Ok(())
}

/// Pools go with their account.
pub async fn account_leaving(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
) -> Result<(), ApiError> {
    for found in pool::of_account(tx, account).await? {
        if found.block.deleted_at.is_none() {
            remove(tx, draft, &found).await?;
        }
    }
    Ok(())
}

async fn remove(tx: &mut WriteTx, draft: &mut Draft, found: &pool::Row) -> Result<(), ApiError> {
    pool::set_deleted(tx, found.id, Some(draft.now)).await?;
    draft.raise::<PoolObject>(tx, &found.id).await?;
    let key = Key::of::<PoolSpec>(&found.id);
    draft.event(tx, &Event::of(key, Some(found.account_id), Code::DeletionAsked, found.name.as_str())).await
}
