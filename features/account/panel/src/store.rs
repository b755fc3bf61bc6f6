//! Rows.

pub(crate) mod account;
pub(crate) mod usage;
