//! What may be asked, over typed values.

pub(crate) mod body;
pub(crate) mod claims;
pub(crate) mod https;
pub(crate) mod names;
pub(crate) mod node;
pub(crate) mod php;
pub(crate) mod redirects;
pub(crate) mod site;
