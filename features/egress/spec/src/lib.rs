//! Calls to egress, the one process that speaks to other servers, and the bounds that it keeps.
//!
//! The bounds are here, and not in egress alone, so that the panel refuses at once, with the field's name, what egress would refuse later.

mod bounds;
mod fetch;

pub use bounds::{Bounds, BoundsError, BoundsFile, Forbidden, PATH};
pub use fetch::{Body, Fetch, FetchReply, Header, MAX_ANSWER, MAX_BODY, MAX_TIMEOUT, Verb, errors};

#[cfg(test)]
mod tests;
