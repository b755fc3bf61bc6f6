//! Routes.

pub(crate) mod node;
pub(crate) mod site;
