//! Rows.

pub(crate) mod certificate;
pub(crate) mod certificate_block;
pub(crate) mod certificate_list;
pub(crate) mod name;
