//! What a site needs of other kinds, looked up on the host itself: what is there is what counts.

use std::sync::Arc;

use hostd::Host;
use names::{AccountName, PoolName};
use web_agent::Others;

/// Looks on the host.
pub(crate) struct OnHost(pub(crate) Arc<Host>);

impl Others for OnHost {
    fn account_ready(&self, account: &AccountName) -> bool {
        let Ok(users) = self.0.users() else { return false };
        let ours = |uid: u32| self.0.is_account(uid).unwrap_or(false);
        let there = || self.0.files().stat(&self.0.bounds().home(account)).ok().flatten();
        users.user(account.as_str()).is_some_and(|user| {
            ours(user.uid) && there().is_some_and(|home| home.uid == user.uid && home.mode == 0o710)
        })
    }

    fn pool_ready(&self, pool: &PoolName) -> bool {
        // PID 1 listens there, whether the master sleeps or not
        matches!(self.0.files().stat(&format!("/run/holdfast-php/{pool}.sock")), Ok(Some(_)))
    }
}
