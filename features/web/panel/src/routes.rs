//! Routes.

pub(crate) mod log;
pub(crate) mod name;
pub(crate) mod node;
pub(crate) mod site;
pub(crate) mod site_rules;
pub(crate) mod traffic;
