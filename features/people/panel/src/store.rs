//! Rows.

pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod organisation;
pub(crate) mod person;
pub(crate) mod role;
