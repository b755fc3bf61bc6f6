//! The web server on the host: nginx's tree of configuration, its sites, its logs.

mod check;
mod isolate;
pub mod layout;
mod probe;
mod record;
mod render;
mod tree;

pub use check::{Check, UnitCheck, Verdict};
pub use probe::{Probe, SocketProbe};
pub use record::{Owner, SiteRecord, SiteWant, Want};
pub use render::{RenderError, Templates};
pub use tree::{Preview, Tree, TreeError};
