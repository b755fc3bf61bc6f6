//! Authorities that issue certificates.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`store`] | rows, and how the API shows them |
//! | [`text`] | what an authority gives to its customers |
//! | [`rules`] | what may be asked of one |
//! | [`routes`] | `/authorities` |
//! | [`account`] | the panel's account at one: found, or made |
//!
//! Whoever makes an authority here agrees to its terms: before that, nothing is asked of it. One of them is the default: certificates are
//! ordered there.

pub(crate) mod account;
pub(crate) mod routes;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod store;
pub(crate) mod text;

pub use routes::table;
pub use search::search;
