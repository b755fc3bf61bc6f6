//! Routes.

pub(crate) mod account;
