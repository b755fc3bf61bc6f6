//! Rows.

pub(crate) mod attempt;
pub(crate) mod given;
pub(crate) mod identity;
pub(crate) mod mapping;
pub(crate) mod provider;
