//! Routes.

pub(crate) mod pool;
pub(crate) mod setting;
