//! One look at a name, from the question to what follows.

use std::sync::Arc;
use std::time::Duration;

use api_kit::{ApiError, Progress};
use desired::{Asked, Outcome};
use names::{DomainName, SiteId};
use serde_json::json;
use store::{StoreError, Tx, WriteTx};

use super::judge::{State, judge};
use super::observe::{NotVisited, Observed, Question};
use super::policy::{self, Policy};
use super::prove::{Prove, proof};
use super::{Pointing, upkeep};
use crate::store::name::{self, Named, Proof};
use crate::store::site::Row;
use crate::store::{name_check, node, site};

/// Who has a name looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Somebody asked: it is in the audit.
    Person,
    /// Its time came.
    Time,
}

/// A name as it is now, with what is said of names here.
struct Known {
    site: Row,
    named: Named,
    policy: Policy,
    question: Question,
}

impl Pointing {
    /// What was seen of a name that need not be a site's, for whoever orders a certificate for it.
    pub async fn look(&self, name: &DomainName) -> Result<(Observed, policy::Ours), StoreError> {
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            Ok((policy::read(tx).await?, node::local(tx).await?.and_then(|node| node.acme)))
        };
        let (policy, key) = self.panel.store().read(read).await?;
        let question = Question {
            name: name.clone(),
            proof: false,
            visit: key.ok_or(NotVisited::NoKey),
            ours: policy.ours.clone(),
        };
        Ok((self.observe(&question).await, policy.ours))
    }

    /// Looks at a name of a site, keeps what was seen, and makes the name its account's where that is proven. Where `asked` is for a plan,
    /// nothing is kept. None where the site has no such name.
    pub(crate) async fn check(
        &self,
        id: SiteId,
        name: &DomainName,
        (asked, by): (&Asked, By),
    ) -> Result<Option<Outcome<()>>, ApiError> {
        let Some(known) = self.known(id, name).await? else { return Ok(None) };
        let seen = self.observe(&known.question).await;
        let proves = proof(&known.named, &seen, &known.policy).is_some();
        let outcome = if proves || asked.change.dry_run || asked.change.expect_plan.is_some() {
            let certificates = Arc::clone(&self.certificates);
            let prove = Prove { certificates, site: id, name: name.clone(), seen: seen.clone() };
            self.panel.change(asked, prove).await.map(|outcome| outcome.with(()))
        } else {
            Ok(Outcome::Done { value: (), progress: Progress::Observed })
        };
        // what was seen was seen, whatever came of it
        if !asked.change.dry_run {
            self.keep(&known, &seen, (asked, by)).await?;
        }
        outcome.map(Some)
    }

    async fn known(&self, id: SiteId, name: &DomainName) -> Result<Option<Known>, StoreError> {
        let read = async |tx: &mut Tx| -> Result<Option<Known>, StoreError> {
            let Some(site) = site::unscoped(tx, &id.to_string()).await? else { return Ok(None) };
            let all = name::of_site(tx, id).await?;
            let Some(named) = all.into_iter().find(|named| named.name == *name) else { return Ok(None) };
            let policy = policy::read(tx).await?;
            let key = node::local(tx).await?.and_then(|node| node.acme);
            let visit = match key {
                _ if !named.ownership.is_known() => Err(NotVisited::Pending),
                _ if !site.block.is_observed() => Err(NotVisited::NotServed),
                None => Err(NotVisited::NoKey),
                Some(key) => Ok(key),
            };
            let proof = !named.ownership.is_known() && policy.proofs.contains(&Proof::Dns);
            let question = Question { name: name.clone(), proof, visit, ours: policy.ours.clone() };
            Ok(Some(Known { site, named, policy, question }))
        };
        self.panel.store().read(read).await
    }

    async fn keep(
        &self,
        known: &Known,
        seen: &Observed,
        (asked, by): (&Asked, By),
    ) -> Result<(), StoreError> {
        let Known { site, policy, .. } = known;
        let name = &known.named.name;
        let state = judge(name, seen, &policy.ours).state;
        let now = self.panel.now();
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            // it may be known by now whose it is
            let all = name::of_site(tx, site.id).await?;
            let is_known = all.iter().any(|named| named.name == *name && named.ownership.is_known());
            let is_new = is_known != known.named.ownership.is_known();
            let before = name_check::find(tx, name).await?.map_or(0, |check| check.troubles);
            let troubles = if state == State::Good || is_new { 0 } else { before.saturating_add(1) };
            let again = if is_new { upkeep::SOON } else { upkeep::again(is_known, state, troubles) };
            if by == By::Person {
                let entry = audit::Entry {
                    who: asked.who.clone(),
                    request_id: &asked.cause.request_id,
                    action: "site.name.check",
                    object: audit::Object::of_account("site", site.id, site.account_id),
                    before: None,
                    after: Some(json!({ "name": name, "state": state })),
                    plan_hash: asked.change.expect_plan,
                    outcome: audit::Outcome::Done,
                };
                audit::append(tx, &entry, now).await?;
            }
            if let Some(claim) = &asked.claim {
                claim.done(tx).await?;
            }
            name_check::put(tx, site.id, name, (now, spread(again)), (troubles, seen)).await
        };
        self.panel.store().write(write).await
    }
}

/// Up to a fifth longer, so that what was looked at together is not for ever.
fn spread(pause: Duration) -> Duration {
    let mut bytes = [0; 1];
    let chance = if getrandom::fill(&mut bytes).is_ok() { f64::from(bytes[0]) / 255.0 } else { 0.5 };
    pause.mul_f64(1.0 + 0.2 * chance)
}
