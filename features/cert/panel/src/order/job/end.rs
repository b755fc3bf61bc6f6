//! How an order ends: installed, found to be of no use, failed, or cancelled; and what comes next.

use std::time::Duration;

use ::store::{StoreError, Tx, WriteTx};
use api_kit::{ApiError, Change};
use auth::Actor;
use cert_spec::{CertificateSpec, DiscardKeys};
use converge::Cause;
use desired::event::{Code, Event};
use desired::{Asked, Draft, Key, Rules};
use jobs::{Problem, Stop, Work};
use names::{AuthorityId, CertName, CertificateId, Micros};
use serde_json::json;

use super::Course;
use crate::acme::Client;
use crate::acme::renewal::{self, Life, Replaced};
use crate::acme::trouble::Trouble;
use crate::authority::account;
use crate::chain::Chain;
use crate::object::CertificateObject;
use crate::order::choose::{self, LeftOut};
use crate::order::schedule;
use crate::order::store::{self, Because, Ended};
use crate::store::certificate;

/// A certificate of which no name can be had, and whose order was cancelled, is looked at again after so long.
const CANCELLED: Duration = Duration::from_hours(1);
const NO_NAME: Duration = Duration::from_hours(24);

/// Why an order goes no further.
pub(super) enum End {
    /// The job's own matter.
    Stop(Stop),
    /// It failed.
    Failed(Box<Failure>),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Stop(Stop::Store(error))
    }
}

/// A failure, as it is told, and when it is tried again.
pub(super) struct Failure {
    code: String,
    detail: String,
    remedy: String,
    /// None: the longer the more often it failed.
    pub(super) renew_at: Option<Micros>,
    /// It was this order's, and not what stood before it.
    counts: bool,
    /// It is the matter of all orders at the authority.
    pub(super) authority: Option<Trouble>,
}

impl Failure {
    pub(super) fn raw(code: &str, detail: impl Into<String>, remedy: &str) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
            remedy: remedy.to_owned(),
            renew_at: None,
            counts: true,
            authority: None,
        }
    }

    #[expect(clippy::new_ret_no_self, reason = "a failure is made where it ends an order")]
    pub(super) fn new(code: &str, detail: impl Into<String>, remedy: &str) -> End {
        End::Failed(Box::new(Self::raw(code, detail, remedy)))
    }

    pub(super) fn uncounted(
        code: &str,
        detail: impl Into<String>,
        remedy: &str,
        renew_at: Option<Micros>,
    ) -> End {
        End::Failed(Box::new(Self { renew_at, counts: false, ..Self::raw(code, detail, remedy) }))
    }
}

/// What installs a chain: the row, its generation, and how its order stands, in one transaction.
struct Install {
    certificate: CertificateId,
    chain: Chain,
    /// The names that the order was about.
    wanted: Vec<CertName>,
    ended: Ended,
}

impl Rules for Install {
    type Value = ();

    async fn run(&self, tx: &mut WriteTx, draft: &mut Draft) -> Result<((), Key), ApiError> {
        let row = certificate::unscoped(tx, &self.certificate.to_string()).await?;
        let row = row.filter(|row| row.block.deleted_at.is_none());
        let row = row.ok_or_else(|| ApiError::not_found("certificate"))?;
        certificate::set_issued(tx, row.id, &self.chain, draft.now).await?;
        draft.raise::<CertificateObject>(tx, &row.id).await?;
        let ended = self.ended.clone().unless_moved(row.names != self.wanted);
        store::end(tx, row.id, &ended).await?;
        let key = Key::of::<CertificateSpec>(&row.id);
        let event = Event::of(key.clone(), Some(row.account_id), Code::Changed, &row.title());
        draft.event(tx, &event).await?;
        let shown = self.chain.shown();
        let after = json!({ "covers": shown.names, "issuer": shown.issuer, "serial": shown.serial,
                            "not_after": self.chain.not_after() });
        let object = audit::Object::of_account("certificate", row.id, row.account_id);
        draft.audit(tx, "certificate.issue", object, None, Some(after)).await?;
        Ok(((), key))
    }
}

/// A change that nobody asked for at this moment.
pub(crate) fn by_system(request_id: String) -> Asked {
    let change = Change { dry_run: false, expect_plan: None, overwrite: false };
    let actor = Actor::system();
    let cause = Cause { actor: actor.name().to_owned(), request_id };
    Asked { change, wait: None, cause, who: audit::Who::from(&actor), claim: None }
}

/// The earlier of both, with its reason.
fn sooner(natural: (Micros, Because), left_out: &[LeftOut]) -> (Micros, Because) {
    match choose::next_retry(left_out) {
        Some(retry) if retry < natural.0 => (retry, Because::Names),
        _ => natural,
    }
}

impl Course<'_> {
    /// An order was made: where, when, and for which names.
    pub(super) async fn ordered(&self, work: &Work, authority: AuthorityId) -> Result<(), End> {
        let (id, job, now) = (self.row.id, work.job().id, self.now());
        let names = &self.row.names;
        let write = async |tx: &mut WriteTx| store::ordered(tx, id, (authority, job), names, now).await;
        Ok(self.state.panel.store().write(write).await?)
    }

    /// The chain is what the host shows from now on.
    pub(super) async fn install(
        &mut self,
        work: &mut Work,
        client: &Client,
        chain: Chain,
    ) -> Result<(), End> {
        work.begin("install").await?;
        let window = match (chain.ders().first().and_then(|der| Replaced::of(der.bytes())), &self.authority) {
            (Some(replaced), Some(authority)) => self.window(client, authority, &replaced).await,
            _ => None,
        };
        let life = Life { not_before: chain.not_before(), not_after: chain.not_after() };
        let (at, because) = renewal::due(life, window, renewal::share(&chain.key()));
        let (renew_at, because) = sooner((at, because.into()), self.left_out());
        let ended = Ended {
            left_out: self.left_out().to_vec(),
            error: None,
            remedy: None,
            failures: 0,
            renew_at: Some(renew_at),
            because,
            issued_at: Some(self.now()),
        };
        let until = chain.not_after();
        let install = Install { certificate: self.row.id, chain, wanted: self.row.names.clone(), ended };
        let asked = by_system(work.job().id.to_string());
        self.state.panel.change(&asked, install).await.map_err(|error| {
            let detail = error.problem().detail.clone();
            Failure::new("certificate_not_kept", detail, "It is tried again by itself.")
        })?;
        work.say(format!("issued, valid until {until}; the next one is ordered at {renew_at}")).await?;
        Ok(())
    }

    /// What is there is all that can be had now.
    pub(super) async fn enough(&self) -> Result<(), End> {
        let natural = self.natural.unwrap_or((self.now().plus(NO_NAME), Because::Age));
        let (renew_at, because) = sooner(natural, self.left_out());
        let ended = Ended {
            left_out: self.left_out().to_vec(),
            error: None,
            remedy: None,
            failures: 0,
            renew_at: Some(renew_at),
            because,
            issued_at: None,
        };
        Ok(self.write(ended).await?)
    }

    /// Every name was left out.
    pub(super) fn nothing(&self) -> End {
        let first = self.left_out().first();
        let why = first.map(|left| format!(" {}: {}", left.name, left.detail)).unwrap_or_default();
        let detail = format!("There is no name to order a certificate for.{why}");
        let remedy = first.map_or("Give the site a name.", |left| left.remedy.as_str());
        let mut failure = Failure::raw("no_name", detail, remedy);
        failure.renew_at = Some(choose::next_retry(self.left_out()).unwrap_or(self.now().plus(NO_NAME)));
        End::Failed(Box::new(failure))
    }

    /// What could be had is less than what works.
    pub(super) fn worse(&self, lost: &[CertName]) -> End {
        let left = self.left_out().iter().find(|left| lost.contains(&left.name));
        let why = left.map(|left| format!(" {}: {}", left.name, left.detail)).unwrap_or_default();
        let detail =
            format!("A new certificate would lack {}, which the present one has.{why}", super::list(lost));
        let remedy =
            left.map_or("Take the name away from the site, or mend it.", |left| left.remedy.as_str());
        let mut failure = Failure::raw("names_would_be_lost", detail, remedy);
        failure.renew_at = choose::next_retry(self.left_out());
        End::Failed(Box::new(failure))
    }

    /// Writes down how it ended.
    pub(super) async fn ended(&self, ended: Result<(), End>) -> Result<(), Stop> {
        match ended {
            Ok(()) => Ok(()),
            Err(End::Failed(failure)) => {
                self.fail(&failure).await?;
                self.discard().await?;
                let Failure { code, detail, remedy, .. } = *failure;
                Err(Stop::Failed(Problem { code, detail, remedy: Some(remedy) }))
            }
            Err(End::Stop(Stop::Cancelled)) => {
                let ended = cancelled(self.order.left_out.clone(), self.order.failures, self.now());
                self.write(ended).await?;
                Err(Stop::Cancelled)
            }
            Err(End::Stop(stop)) => Err(stop),
        }
    }

    async fn fail(&self, failure: &Failure) -> Result<(), StoreError> {
        if let (Some(trouble), Some(authority)) = (&failure.authority, &self.authority) {
            account::in_vain(self.state, authority, trouble).await?;
        }
        let failures = self.order.failures + i64::from(failure.counts);
        let working_until = self.row.not_after;
        let later = || schedule::after_failure(self.now(), failures, working_until, schedule::chance());
        // where there is no authority, one that is made is asked at once
        let renew_at =
            if self.authority.is_none() { None } else { Some(failure.renew_at.unwrap_or_else(later)) };
        let left_out = self.memory.left_out.clone().unwrap_or_else(|| self.order.left_out.clone());
        let ended = Ended {
            left_out,
            error: Some(failure.detail.clone()),
            remedy: Some(failure.remedy.clone()),
            failures,
            renew_at,
            because: Because::Failed,
            issued_at: None,
        };
        self.write(ended).await
    }

    /// Keys that were made for nothing are forgotten, unless the host is still to take one of before.
    async fn discard(&self) -> Result<(), StoreError> {
        let id = self.row.id;
        let read = async |tx: &mut Tx| certificate::unscoped(tx, &id.to_string()).await;
        let row = self.state.panel.store().read(read).await?;
        if self.made_key && row.is_some_and(|row| row.block.is_observed()) {
            // one that stays harms nobody
            let _ = self.state.panel.agent().call(&DiscardKeys { certificate: id }).await;
        }
        Ok(())
    }

    async fn write(&self, ended: Ended) -> Result<(), StoreError> {
        let (id, wanted) = (self.row.id, &self.row.names);
        let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            let Some(row) = certificate::unscoped(tx, &id.to_string()).await? else { return Ok(()) };
            store::end(tx, id, &ended.clone().unless_moved(row.names != *wanted)).await
        };
        self.state.panel.store().write(write).await
    }
}

/// How the order of a certificate stands after its job was cancelled.
pub(crate) fn cancelled(left_out: Vec<LeftOut>, failures: i64, now: Micros) -> Ended {
    Ended {
        left_out,
        error: Some("The order was cancelled.".to_owned()),
        remedy: Some(
            "Renew the certificate when it is to be ordered again; else it is tried by itself.".to_owned(),
        ),
        failures,
        renew_at: Some(now.plus(CANCELLED)),
        because: Because::Failed,
        issued_at: None,
    }
}
