//! PHP pools, as sites need them.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use names::{AccountId, BodySize, PhpVersion, PoolId, SiteId};
use store::WriteTx;

/// The pool that runs a site's PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolOfSite {
    /// The pool.
    pub id: PoolId,
    /// The largest upload that its PHP takes.
    pub upload: BodySize,
}

/// The feature that has pools. One implementation, in the panel; tests have their own.
pub trait Pools: Send + Sync {
    /// The pool that runs a site's PHP of this version: the one that the account's sites share, or one of its own. It is made where there
    /// is none.
    fn ensure<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        of: (AccountId, SiteId),
        version: PhpVersion,
    ) -> BoxFuture<'a, Result<PoolOfSite, ApiError>>;

    /// The site goes, and what it chose of PHP with it.
    fn site_leaving<'a>(&'a self, tx: &'a mut WriteTx, site: SiteId) -> BoxFuture<'a, Result<(), ApiError>>;

    /// Asks for the removal of the account's pools that no site uses any longer.
    fn release_unused<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}
