//! What other features ask of sites, within their own transactions.

use api_kit::ApiError;
use desired::Draft;
use limits::Count;
use names::AccountId;
use store::{StoreError, Tx, WriteTx};

use crate::object::SiteObject;
use crate::store::{name, site};

/// How sites and their names are counted.
pub const COUNTS: [Count; 2] = [site::SITES, name::NAMES];

/// The primary names of the account's sites with PHP.
pub async fn with_php(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, StoreError> {
    site::with_php(tx, account).await
}

/// The account's state is part of what its sites are.
pub async fn account_changed(
    tx: &mut WriteTx,
    draft: &mut Draft,
    account: AccountId,
) -> Result<(), ApiError> {
    for id in site::ids_of_account(tx, account).await? {
        draft.raise::<SiteObject>(tx, &id).await?;
    }
    Ok(())
}

/// Whether a site has this name, served or not.
pub async fn has_name(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    Ok(name::holder(tx, name).await?.is_some())
}

/// An account goes only when its sites were deleted: they are what people would miss.
pub async fn account_leaving(tx: &mut WriteTx, account: AccountId) -> Result<(), ApiError> {
    let sites = site::ids_of_account(tx, account).await?.len();
    if sites == 0 {
        return Ok(());
    }
    let detail = match sites {
        1 => "The account has a site. Delete it first.".to_owned(),
        sites => format!("The account has {sites} sites. Delete them first."),
    };
    Err(ApiError::conflict("account_has_sites", detail))
}
