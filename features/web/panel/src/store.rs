//! Rows.

pub(crate) mod name;
pub(crate) mod name_left;
pub(crate) mod node;
pub(crate) mod site;
pub(crate) mod site_adopted;
pub(crate) mod site_block;
pub(crate) mod site_https;
pub(crate) mod site_list;
pub(crate) mod traffic;
