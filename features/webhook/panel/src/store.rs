//! Rows.

pub(crate) mod delivery;
pub(crate) mod webhook;
