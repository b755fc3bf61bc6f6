//! What may be asked, over typed values.

pub(crate) mod identity;
pub(crate) mod provider;
