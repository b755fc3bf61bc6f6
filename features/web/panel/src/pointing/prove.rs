//! A name that waits becomes its account's, as that has shown.

use std::sync::Arc;

use api_kit::{ApiError, Change};
use auth::Actor;
use converge::Cause;
use desired::event::{Code, Event};
use desired::{Asked, Draft, Key, Rules};
use names::{DomainName, SiteId};
use serde_json::json;
use store::WriteTx;
use web_spec::SiteSpec;

use super::judge::is_led_here;
use super::observe::Observed;
use super::policy::{self, Policy};
use crate::certificates::Certificates;
use crate::object::SiteObject;
use crate::rules::claims;
use crate::rules::https::{self, Wish};
use crate::store::name::{self, Named, Ownership, Proof};
use crate::store::site;

/// How what was seen proves a name, of the proofs that hold here; none: it does not.
pub(crate) fn proof(named: &Named, seen: &Observed, policy: &Policy) -> Option<Proof> {
    if named.ownership != Ownership::Pending {
        return None;
    }
    let holds = |proof: &Proof| match proof {
        Proof::Dns => named.proof_token.as_deref().is_some_and(|token| seen.is_proven_by(token)),
        Proof::Pointing => is_led_here(seen, &policy.ours),
    };
    // the better one first
    [Proof::Dns, Proof::Pointing].into_iter().find(|proof| policy.proofs.contains(proof) && holds(proof))
}

/// One name becomes its account's, where everything is still as it was when it was looked at.
pub(crate) struct Prove {
    pub(crate) certificates: Arc<dyn Certificates>,
    pub(crate) site: SiteId,
    pub(crate) name: DomainName,
    pub(crate) seen: Observed,
}

impl Rules for Prove {
    type Value = bool;

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<(bool, Key), ApiError> {
        let (id, key) = (self.site, Key::of::<SiteSpec>(&self.site));
        let Some(row) = site::unscoped(tx, &id.to_string()).await? else { return Ok((false, key)) };
        let policy = policy::read(tx).await?;
        let names = name::of_site(tx, id).await?;
        let named = names.iter().find(|named| named.name == self.name);
        let Some(proof) = named.and_then(|named| proof(named, &self.seen, &policy)) else {
            return Ok((false, key));
        };
        // what was another's to begin with, or came to be that since, is for an administrator to decide
        let is_free = claims::stands_alone(tx, row.account_id, &self.name).await?;
        if row.block.deleted_at.is_some() || !is_free {
            return Ok((false, key));
        }
        if !name::prove(tx, (id, &self.name), proof, draft.now).await? {
            return Ok((false, key));
        }
        https::set(&*self.certificates, tx, draft, id, Wish::Same).await?;
        draft.raise::<SiteObject>(tx, &id).await?;
        let object = audit::Object::of_account("site", id, row.account_id);
        let after = json!({ "name": self.name, "proof": proof });
        draft.audit(tx, "site.name.prove", object, None, Some(after)).await?;
        let event = Event::of(key.clone(), Some(row.account_id), Code::Changed, row.name.as_str());
        draft.event(tx, &event).await?;
        Ok((true, key))
    }
}

/// As nobody asked for at this moment.
pub(super) fn by_system() -> Asked {
    let actor = Actor::system();
    let cause = Cause { actor: actor.name().to_owned(), request_id: String::new() };
    Asked { change: Change::default(), wait: None, cause, who: audit::Who::from(&actor), claim: None }
}
