//! The web server on the host: nginx's tree of configuration, its sites, its logs.

pub mod layout;
mod record;
mod tree;

pub use record::{Owner, SiteRecord, SiteWant, Want};
pub use tree::{Preview, Tree, TreeError};
