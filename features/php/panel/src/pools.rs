//! What other features ask of pools, within their own transactions.

use api_kit::ApiError;
use converge::Wanted;
use desired::event::{Code, Event};
use desired::{Draft, Key};
use names::{AccountId, ByteSize, PhpVersion, PoolId, PoolName, SiteId};
use php_spec::{Bytes, Effective, PoolSpec, Settings, UPLOAD_LIMIT};
use store::{Tx, WriteTx};

use crate::build_spec::build;
use crate::object::PoolObject;
use crate::store::{pool, setting, site};

/// The pool of a site: the one of its account and version, or one of its own where it chose what the others have not. It is made where there
/// is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOfSite {
    /// The pool.
    pub id: PoolId,
    /// What its PHP takes as an upload at most.
    pub upload: ByteSize,
}

/// See [`PoolOfSite`].
pub async fn ensure(
    tx: &mut WriteTx,
    draft: &mut Draft,
    (account, site): (AccountId, SiteId),
    version: PhpVersion,
) -> Result<PoolOfSite, ApiError> {
    let sold = setting::sold(tx, account).await?.ok_or_else(|| ApiError::not_found("account"))?;
    let of_account = setting::of_account(tx, account).await?.settings;
    let of_site = setting::of_site(tx, site).await?.settings;
    let shared = Effective::of(&of_account, &Settings::default(), sold.bounds);
    let wanted = Effective::of(&of_account, &of_site, sold.bounds);
    let own = (!wanted.is_as(&shared)).then_some(site);
    let upload = wanted.settings.upload_limit.map_or(UPLOAD_LIMIT, Bytes::size);
    if let Some(found) = pool::of_version(tx, account, version, own).await? {
        if found.block.deleted_at.is_some() {
            pool::set_deleted(tx, found.id, None).await?;
            draft.raise::<PoolObject>(tx, &found.id).await?;
        }
        return Ok(PoolOfSite { id: found.id, upload });
    }
    let name = match own {
        Some(site) => PoolName::of_site(sold.name, version, site),
        None => PoolName::new(sold.name, version),
    };
    let id = draft.new_id();
    pool::insert(tx, id, account, &name, draft.now).await?;
    let key = Key::of::<PoolSpec>(&id);
    draft.made(key.clone());
    draft.event(tx, &Event::of(key, Some(account), Code::Created, name.as_str())).await?;
    Ok(PoolOfSite { id, upload })
}

/// The account's sites that chose something of PHP themselves.
pub async fn sites_with_settings(tx: &mut Tx, account: AccountId) -> Result<Vec<SiteId>, ApiError> {
    Ok(site::with_settings(tx, account).await?)
}

/// The site goes, and what it chose of PHP with it.
pub async fn site_leaving(tx: &mut WriteTx, site: SiteId) -> Result<(), ApiError> {
    Ok(setting::forget(tx, site).await?)
}

/// What is wished of the account's pools, for [`raise_changed`].
pub(crate) async fn wishes(
    tx: &mut Tx,
    account: AccountId,
) -> Result<Vec<(PoolId, Wanted<PoolSpec>)>, ApiError> {
    Ok(pool::of_account(tx, account).await?.iter().map(|row| (row.id, build(row))).collect())
}

/// Raises those of the account's pools of which something else is wished than before.
pub(crate) async fn raise_changed(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
    before: &[(PoolId, Wanted<PoolSpec>)],
) -> Result<(), ApiError> {
    for (id, wanted) in wishes(tx, account).await? {
        if before.iter().any(|(old, was)| *old == id && *was != wanted) {
            draft.raise::<PoolObject>(tx, &id).await?;
        }
    }
    Ok(())
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
