//! Rows.

pub(crate) mod pool;
