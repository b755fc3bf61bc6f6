//! Rows.

pub(crate) mod pool;
pub(crate) mod setting;
pub(crate) mod site;
