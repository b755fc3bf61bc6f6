//! Routes.

pub(crate) mod log;
pub(crate) mod node;
pub(crate) mod site;
pub(crate) mod traffic;
