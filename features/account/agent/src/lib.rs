//! Makes accounts on the host: user, group, home, slice, SFTP keys and password, and the worker's socket.
//!
//! Of a home this crate touches nothing but the directory itself: its entry in the homes' root, which tenants cannot
//! write. All below it is the worker's matter.

mod accounts;
mod observe;
mod quota;
mod render;
mod step;
mod trash;

pub use accounts::Accounts;
pub use observe::{Observed, home_kind};
pub use quota::{FOR_USAGE, HomeKind, QuotaWork, Quotas, held};
pub use step::Step;
