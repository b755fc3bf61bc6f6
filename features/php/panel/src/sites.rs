//! Sites, as settings of PHP need them.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use names::{AccountId, SiteId};
use store::WriteTx;

/// Which sites may have to go to another pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of the account's that have PHP.
    All,
    /// These, as far as they have PHP.
    These(Vec<SiteId>),
}

/// The feature that has sites. One implementation, in the panel; tests have their own.
pub trait Sites: Send + Sync {
    /// What was chosen of PHP is otherwise: each site asks for its pool anew, and is raised where that is another one, or takes other
    /// uploads. Pools that no site uses any longer go.
    fn settle<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
        which: Which,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}
