//! Rows.

pub(crate) mod account;
