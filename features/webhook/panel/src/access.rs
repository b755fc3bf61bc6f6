//! Who may do what with webhooks; the one place that says so.
//!
//! A webhook is sent what happens to every account in its organisation's tree, and has the panel call an address of somebody's choice, so it is the
//! administrators' matter.

use api_kit::ApiError;
use auth::{Actor, Authorised, EditSettings, Installation};
use desired::Access;

/// Proof that webhooks may be seen and changed.
pub(crate) type Proof = Authorised<Installation, EditSettings>;

/// What the routes declare.
pub(crate) fn declared() -> Access {
    Access::everywhere::<EditSettings>()
}

/// The proof, or 403.
pub(crate) fn proof(actor: &Actor) -> Result<Proof, ApiError> {
    Ok(actor.everywhere::<EditSettings>()?)
}
