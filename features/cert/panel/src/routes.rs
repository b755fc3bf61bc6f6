//! Routes.

pub(crate) mod certificate;
