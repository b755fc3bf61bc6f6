//! What may be asked, over typed values.

pub(crate) mod names;
