//! Rows.

pub(crate) mod account;
pub(crate) mod organisation;
pub(crate) mod package;
