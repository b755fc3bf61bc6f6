//! What may be asked, over typed values.

pub(crate) mod bring;
pub(crate) mod certificate;
pub(crate) mod names;
