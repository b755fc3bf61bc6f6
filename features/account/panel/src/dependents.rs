//! What hangs on an account and belongs to other features.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use names::AccountId;
use store::WriteTx;

/// The other features' part in a change of an account. One implementation, in the panel, knows them all; tests have their own.
pub trait Dependents: Send + Sync {
    /// The account was suspended or let go on: all that names its state gets a new generation.
    fn changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;

    /// The account is to be deleted: refuses where something of worth is still there, and deletes what goes with it.
    fn leaving<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;
}
