//! Rows.

pub(crate) mod account;
pub(crate) mod site_traffic;
pub(crate) mod usage;
