//! One's own links to providers.

use api_kit::ApiError;
use audit::{Entry, Object, Outcome, Who};
use auth::Actor;
use names::{IdentityId, Micros, PersonId};
use serde_json::json;
use store::WriteTx;

use crate::roles::{self, Of};
use crate::store::{identity, provider};

/// Unlinks a provider: what it gave goes with it.
pub(crate) async fn unlink(
    tx: &mut WriteTx,
    actor: &Actor,
    person: PersonId,
    id: IdentityId,
    now: Micros,
) -> Result<(), ApiError> {
    let known = identity::own(tx, person, id).await?.ok_or_else(|| ApiError::not_found("identity"))?;
    if !identity::has_other_ways(tx, person, id).await? {
        let detail = "You could not sign in any more: set a password or make a passkey first.";
        return Err(ApiError::conflict("last_way_in", detail));
    }
    let provider = provider::find(tx, &provider::ProviderKey::Id(known.provider)).await?;
    let provider = provider.ok_or_else(|| ApiError::not_found("identity"))?;
    roles::take_all(tx, &Of::known(&known, &provider.name), now).await?;
    identity::delete(tx, id).await?;
    let entry = Entry {
        who: Who::from(actor),
        request_id: &api_kit::request_id::current().unwrap_or_default(),
        action: "identity.unlink",
        object: Object::of_installation("identity", id),
        before: Some(json!({ "provider": provider.name })),
        after: None,
        plan_hash: None,
        outcome: Outcome::Done,
    };
    audit::append(tx, &entry, now).await?;
    match api_kit::idempotency::current() {
        Some(claim) => Ok(claim.done(tx).await?),
        None => Ok(()),
    }
}
