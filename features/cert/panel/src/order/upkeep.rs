//! What goes on by itself: the key, accounts at authorities, orders that are due, and when authorities would have certificates renewed.

use std::collections::HashMap;
use std::time::Duration;

use ::store::{StoreError, Tx, WriteTx};
use api_kit::ApiError;
use desired::{Draft, Key, Rules};
use jobs::{Jobs, Problem};
use names::{AuthorityId, CertificateId, Micros};
use serde_json::json;

use super::job::{by_system, cancelled};
use super::store::{self, Because, Ended, IssuedRow};
use super::{Issuing, choose, rules, schedule};
use crate::acme::directory::Directory;
use crate::acme::http::Http;
use crate::acme::key::{self, AcmeKey};
use crate::acme::renewal::{self, Life, Replaced};
use crate::authority::account;
use crate::authority::store::{self as authorities, AuthorityRow};
use crate::store::certificate;

/// A look at least this often, whatever is known to be due.
const QUIET: Duration = Duration::from_mins(1);
/// Between two looks, so that a burst of events is few of them.
const GATHER: Duration = Duration::from_secs(2);
/// Orders that are queued or under way by themselves: other jobs wait behind no more than these.
const OPEN: i64 = 6;
/// Certificates that are ordered at one authority within [`PACE`]. Let's Encrypt takes 300 orders of an account in three hours.
const MOST: i64 = 250;
const PACE: Duration = Duration::from_hours(3);
/// What ends within this time is ordered before all else.
const SOON: Duration = Duration::from_hours(7 * 24);
/// Certificates that authorities are asked about per minute.
const ASKED: usize = 30;
/// How long it is believed what an authority offers.
const OFFERS: Duration = Duration::from_hours(6);
/// A renewal that moves by less is not written down.
const MOVED: Duration = Duration::from_mins(10);

/// Goes on for ever. Drop the future to stop.
pub async fn run(state: Issuing, jobs: Jobs) {
    tokio::join!(order(&state, &jobs), ask(&state));
}

/// Asks for jobs of what is due.
async fn order(state: &Issuing, jobs: &Jobs) {
    let mut moved = state.panel.events_moved();
    loop {
        moved.borrow_and_update();
        if let Err(error) = look(state, jobs).await {
            tracing::warn!(%error, "certificates that are due could not be looked for");
        }
        tokio::select! {
            changed = moved.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(QUIET) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Asks for jobs of what is due, as many as may be.
pub(crate) async fn look(state: &Issuing, jobs: &Jobs) -> Result<(), StoreError> {
    let now = state.panel.now();
    settle(state, now).await?;
    let read = async |tx: &mut Tx| -> Result<Vec<CertificateId>, StoreError> {
        let Some(authority) = authorities::default(tx).await?.filter(|found| found.rests(now).is_none())
        else {
            return Ok(Vec::new());
        };
        let room = OPEN - store::open(tx).await?;
        let paced = MOST - store::lately(tx, authority.id, now.minus(PACE)).await?;
        match room.min(paced) {
            most if most > 0 => store::due(tx, (now, now.plus(SOON)), most).await,
            _ => Ok(Vec::new()),
        }
    };
    let due = state.panel.store().read(read).await?;
    for id in &due {
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            if let Some(row) = certificate::unscoped(tx, &id.to_string()).await? {
                rules::ask(tx, jobs, &row, false, ("system", "system")).await?;
            }
            Ok(())
        };
        state.panel.store().write(write).await?;
    }
    if !due.is_empty() {
        jobs.written();
    }
    Ok(())
}

/// Orders whose jobs ended without a word: cancelled before they began, or ended with a fault of the panel's.
async fn settle(state: &Issuing, now: Micros) -> Result<(), StoreError> {
    let left = state.panel.store().read(async |tx: &mut Tx| store::left(tx).await).await?;
    for left in left {
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            let Some(row) = store::find(tx, left.certificate).await? else { return Ok(()) };
            let ended = cancelled(row.left_out, row.failures, now);
            let problem = left.problem.as_deref().and_then(|text| serde_json::from_str::<Problem>(text).ok());
            let ended = match problem {
                Some(problem) if !left.was_cancelled => Ended {
                    error: Some(problem.detail),
                    remedy: problem.remedy,
                    failures: row.failures + 1,
                    ..ended
                },
                _ => ended,
            };
            store::end(tx, left.certificate, &ended).await
        };
        state.panel.store().write(write).await?;
    }
    Ok(())
}

/// Asks authorities: for accounts, and when certificates are to be renewed.
async fn ask(state: &Issuing) {
    let mut moved = state.panel.events_moved();
    let mut renewals = Renewals::default();
    let mut has_key = false;
    loop {
        moved.borrow_and_update();
        if !has_key {
            match ensure_key(state).await {
                Ok(()) => has_key = true,
                Err(error) => {
                    let detail = &error.problem().detail;
                    tracing::warn!(%detail, "the key that signs at certificate authorities is not there yet");
                }
            }
        }
        if has_key && let Err(error) = account::register_all(state).await {
            tracing::warn!(%error, "accounts at certificate authorities could not be looked at");
        }
        if let Err(error) = renewals.look(state).await {
            tracing::warn!(%error, "certificate authorities were not asked when to renew");
        }
        tokio::select! {
            changed = moved.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(QUIET) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Makes the key where there is none that opens, and has the web server answer challenges with it.
pub(crate) async fn ensure_key(state: &Issuing) -> Result<(), ApiError> {
    let stored = state.panel.store().read(async |tx: &mut Tx| key::find(tx).await).await?;
    if stored.as_ref().is_some_and(|stored| stored.open(&state.seal).is_ok()) {
        return Ok(());
    }
    if stored.is_some() {
        tracing::warn!("the key that signs at certificate authorities does not open: another is made");
    }
    let rules = NewKey { state: state.clone(), key: AcmeKey::generate().map_err(ApiError::internal)? };
    state.panel.change(&by_system(String::new()), rules).await?;
    Ok(())
}

struct NewKey {
    state: Issuing,
    key: AcmeKey,
}

impl Rules for NewKey {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        let sealed = self.key.sealed(&self.state.seal).map_err(ApiError::internal)?;
        let thumbprint = self.key.thumbprint().map_err(ApiError::internal)?;
        key::put(tx, (&sealed, &thumbprint), draft.now).await?;
        authorities::forget_accounts(tx).await?;
        self.state.web_server.acme_changed(tx, draft).await?;
        let object = audit::Object::of_installation("acme_key", "1");
        let after = json!({ "thumbprint": thumbprint });
        draft.audit(tx, "acme_key.create", object, None, Some(after)).await?;
        Ok(((), Key { kind: "acme_key", id: "1".to_owned() }))
    }
}

/// When authorities are asked about certificates. It is kept nowhere: after a start all are asked within some hours.
#[derive(Default)]
struct Renewals {
    next: HashMap<CertificateId, Micros>,
    /// Where authorities tell it, and until when that is believed.
    offers: HashMap<AuthorityId, (Micros, Option<String>)>,
}

impl Renewals {
    /// Asks about some of those whose time has come.
    async fn look(&mut self, state: &Issuing) -> Result<(), StoreError> {
        let now = state.panel.now();
        let rows = state.panel.store().read(async |tx: &mut Tx| store::issued(tx, now).await).await?;
        self.next.retain(|id, _| {
            rows.binary_search_by_key(&id.to_string(), |row| row.certificate.to_string()).is_ok()
        });
        let mut asked = 0;
        for row in rows {
            let spread = now.plus(OFFERS.mul_f64(schedule::chance()));
            let next = *self.next.entry(row.certificate).or_insert(spread);
            if next > now || asked >= ASKED {
                continue;
            }
            asked += 1;
            let again = self.ask(state, &row, now).await?;
            self.next.insert(row.certificate, now.plus(again));
        }
        Ok(())
    }

    /// Asks about one; when to ask again.
    async fn ask(&mut self, state: &Issuing, row: &IssuedRow, now: Micros) -> Result<Duration, StoreError> {
        let read = async |tx: &mut Tx| -> Result<_, StoreError> {
            let authority = authorities::by_id(tx, row.authority).await?;
            Ok((authority, certificate::issued(tx, row.certificate).await?))
        };
        let (authority, issued) = state.panel.store().read(read).await?;
        let Some(authority) = authority.filter(|found| found.rests(now).is_none()) else { return Ok(OFFERS) };
        let first = issued.as_ref().and_then(|issued| issued.chain.first());
        let Some(replaced) = first.and_then(|der| Replaced::of(der.bytes())) else { return Ok(OFFERS) };
        let http = Http::new(&state.egress, &state.bounds);
        let Some(offer) = self.offer(&http, &authority, now).await else { return Ok(OFFERS) };
        let Ok((window, again)) = renewal::ask(&http, &offer, &replaced).await else { return Ok(OFFERS) };
        let life = Life { not_before: row.not_before, not_after: row.not_after };
        let (at, because) = renewal::due(life, Some(window), renewal::share(&row.key));
        let (at, because) = match choose::next_retry(&row.left_out) {
            Some(retry) if retry < at => (retry, Because::Names),
            _ => (at, because.into()),
        };
        if at.since(row.renew_at).max(row.renew_at.since(at)) >= MOVED {
            let set =
                async |tx: &mut WriteTx| store::set_renewal(tx, row.certificate, (at, because), now).await;
            state.panel.store().write(set).await?;
        }
        Ok(again)
    }

    async fn offer(&mut self, http: &Http, authority: &AuthorityRow, now: Micros) -> Option<String> {
        if let Some((until, offer)) = self.offers.get(&authority.id)
            && *until > now
        {
            return offer.clone();
        }
        let offer = Directory::read(http, &authority.directory, now).await.ok()?.renewal_info;
        self.offers.insert(authority.id, (now.plus(OFFERS), offer.clone()));
        offer
    }
}
