//! PHP pools, as sites need them.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use names::{AccountId, PhpVersion, PoolId};
use store::WriteTx;

/// The feature that has pools. One implementation, in the panel; tests have their own.
pub trait Pools: Send + Sync {
    /// The account's pool of this version; it is made where there is none.
    fn ensure<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
        version: PhpVersion,
    ) -> BoxFuture<'a, Result<PoolId, ApiError>>;

    /// Asks for the removal of the account's pools that no site uses any longer.
    fn release_unused<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}
