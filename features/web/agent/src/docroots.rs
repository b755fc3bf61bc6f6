//! Document roots, which the account's worker makes: root opens nothing below a home.

use std::sync::Arc;

use hostd::Host;
use names::AccountName;
use web_spec::{DocrootMade, MakeDocroot};

use crate::worker_calls::{WorkerCallError, WorkerCalls};

/// Asks an account's worker for a document root.
pub trait Docroots: Send + Sync {
    /// Makes it.
    fn make(
        &self,
        host: &Host,
        account: &AccountName,
        request: &MakeDocroot,
    ) -> Result<DocrootMade, WorkerCallError>;
}

/// The worker of the account, by its socket.
impl Docroots for Arc<WorkerCalls> {
    fn make(
        &self,
        host: &Host,
        account: &AccountName,
        request: &MakeDocroot,
    ) -> Result<DocrootMade, WorkerCallError> {
        self.docroot(host, account, request)
    }
}
