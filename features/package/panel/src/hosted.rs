//! What the other features do about limits and features.

use api_kit::ApiError;
use desired::{BoxFuture, Draft};
use limits::{Count, Feature, State};
use names::AccountId;
use store::WriteTx;

/// The other features' part. One implementation, in the panel, knows them all.
pub trait Hosted: Send + Sync {
    /// An account may have something else than before: what the host holds it to gets a new generation, and nothing else.
    fn limits_changed<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        before: &'a State,
        after: &'a State,
    ) -> BoxFuture<'a, Result<(), ApiError>>;

    /// Something about the account was said anew: its version tells.
    fn touched<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        draft: &'a mut Draft,
        account: AccountId,
    ) -> BoxFuture<'a, Result<(), ApiError>>;

    /// The names of what the account has that needs the feature.
    fn uses<'a>(
        &'a self,
        tx: &'a mut WriteTx,
        account: AccountId,
        feature: Feature,
    ) -> BoxFuture<'a, Result<Vec<String>, ApiError>>;

    /// How the features count their rows.
    fn counts(&self) -> Vec<Count>;
}
