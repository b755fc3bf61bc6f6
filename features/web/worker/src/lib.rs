//! What a site needs of its account's tree, done as the tenant: the document root, the starter page, and sizes.
//!
//! Nothing here follows a link or leaves the home, whatever the tenant puts in the way at whatever moment.

mod docroot;
mod sizes;
mod starter;

use std::sync::Arc;

use hostfs::{Dir, HostFsError};
use wire::{Refusal, Router};

pub use docroot::make_docroot;
pub use sizes::get_sizes;

/// The procedures, over the account's home.
pub fn router(home: Dir) -> Router {
    let home = Arc::new(home);
    let for_sizes = Arc::clone(&home);
    Router::new("holdfast-worker")
        .blocking(move |_, ask: web_spec::MakeDocroot| make_docroot(&home, &ask).map_err(|e| refuse(&e)))
        .blocking(move |_, ask: web_spec::GetSizes| get_sizes(&for_sizes, &ask).map_err(|e| refuse(&e)))
}

/// The tenant's own doing is told with the path, so that the tenant can mend it.
fn refuse(error: &HostFsError) -> Refusal {
    Refusal::new("holdfast.webworker1.Tree", error.to_string())
}
