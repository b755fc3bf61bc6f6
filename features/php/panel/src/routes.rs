//! Routes.

pub(crate) mod pool;
