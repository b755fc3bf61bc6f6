//! One order, from its names to the installed chain.
//!
//! What the authority knows is found out again after a stop: the address of the order is kept, and so are the names that were left out. The
//! agent makes the same key for the same names again, so that a request that was sent fits what comes of it.

mod end;

use std::future::Future;
use std::time::Duration;

use ::store::Tx;
use cert_spec::{KeyMade, MakeKey, errors};
use instant_acme::{Order, OrderStatus};
use jobs::{BoxFuture, Kind, Problem, Stop, Work};
use names::{AuthorityId, CertName, CertificateId, Micros};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use self::end::{End, Failure};
pub(crate) use self::end::{by_system, cancelled};
use super::choose::{self, Case, Choice, LeftOut, Working};
use super::store::{self, Because, OrderRow};
use super::{Issuing, schedule};
use crate::acme::Client;
use crate::acme::directory::Directory;
use crate::acme::prove::prove;
use crate::acme::renewal::{self, Life, Replaced, Window};
use crate::acme::trouble::{RefusedName, Trouble, remedy, snake};
use crate::authority::account::{self, NoAccount};
use crate::authority::store::{self as authorities, AuthorityRow};
use crate::certificates::still_own;
use crate::chain::Chain;
use crate::store::certificate::{self, Row, Source};

/// The word for the kind.
pub(crate) const KIND: &str = "certificate.order";
/// Its steps: what could be in the way, the proof of each name, the certificate, and the host.
const STEPS: &[&str] = &["prepare", "prove", "issue", "install"];

/// Orders that run at once; one place is left to jobs of other kinds.
const PARALLEL: usize = 3;
/// How often names may be left out and the rest be ordered.
const ROUNDS: u32 = 20;
/// An authority that rests for so long is waited for.
const SHORT_REST: Duration = Duration::from_mins(1);
/// The web server, or the site, may take so long to be as it is wanted.
const READY: Duration = Duration::from_mins(3);
/// Between two looks at them, or calls to an agent that is away.
const PAUSE: Duration = Duration::from_millis(500);
/// The agent is waited for so long: it may be starting anew.
const AGENT_AWAY: Duration = Duration::from_mins(10);

/// What was asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// Which certificate.
    pub(crate) certificate: CertificateId,
    /// A person asked: it is ordered whether or not it is due, and names that wait are asked for too.
    #[serde(default)]
    pub(crate) asked: bool,
}

/// What the job knows of the authority, written down with the lines that it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// The attempt that the rest is about.
    attempt: i64,
    /// The order that was made.
    made: Option<Made>,
    /// What is left out; none: that was not looked at yet.
    left_out: Option<Vec<LeftOut>>,
}

/// An order at an authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    authority: AuthorityId,
    url: String,
    names: Vec<CertName>,
}

/// See the module.
pub struct OrderCertificate(Issuing);

impl OrderCertificate {
    /// The kind, for the list of all kinds.
    pub fn new(state: Issuing) -> Self {
        Self(state)
    }
}

impl Kind for OrderCertificate {
    fn name(&self) -> &'static str {
        KIND
    }

    fn steps(&self) -> &'static [&'static str] {
        STEPS
    }

    fn parallel(&self) -> usize {
        PARALLEL
    }

    fn run<'a>(&'a self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Stop>> {
        Box::pin(async move {
            let payload: Payload = serde_json::from_value(work.job().payload.clone()).map_err(|error| {
                Stop::Failed(Problem::new("internal", error.to_string(), "Renew the certificate anew."))
            })?;
            let mut course = Course::of(&self.0, work, payload).await?;
            let ended = course.go(work).await;
            course.ended(ended).await
        })
    }
}

/// One attempt, and where it is.
struct Course<'a> {
    state: &'a Issuing,
    payload: Payload,
    memory: Memory,
    row: Row,
    order: OrderRow,
    /// Where it is ordered; none: there is no authority.
    authority: Option<AuthorityRow>,
    /// When it would be renewed by itself; none: it signs itself.
    natural: Option<(Micros, Because)>,
    made_key: bool,
}

/// The future, unless the job is cancelled first.
async fn unless_cancelled<T>(work: &Work, doing: impl Future<Output = T> + Send) -> Result<T, End> {
    tokio::select! {
        done = doing => Ok(done),
        () = work.cancelled() => Err(End::Stop(Stop::Cancelled)),
    }
}

fn list(names: &[CertName]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl<'a> Course<'a> {
    async fn of(state: &'a Issuing, work: &Work, payload: Payload) -> Result<Self, Stop> {
        let read = async |tx: &mut Tx| -> Result<_, ::store::StoreError> {
            let row = certificate::unscoped(tx, &payload.certificate.to_string()).await?;
            let order = store::find(tx, payload.certificate).await?;
            Ok((row, order, authorities::default(tx).await?))
        };
        let (row, order, authority) = state.panel.store().read(read).await?;
        let row = row.filter(|row| row.block.deleted_at.is_none() && row.source == Source::Authority);
        let (Some(row), Some(order)) = (row, order) else {
            let detail = "The certificate is gone, on its way out, or one that an owner brought.";
            return Err(Stop::Failed(Problem::new("certificate_gone", detail, "There is nothing to do.")));
        };
        let attempt = work.job().attempts;
        let kept: Memory = work.memory().unwrap_or_default();
        let memory = if kept.attempt == attempt { kept } else { Memory { attempt, ..Memory::default() } };
        Ok(Self { state, payload, memory, row, order, authority, natural: None, made_key: false })
    }

    fn now(&self) -> Micros {
        self.state.panel.now()
    }

    fn authority(&self) -> Result<&AuthorityRow, End> {
        self.authority.as_ref().ok_or_else(|| {
            let detail = "There is no authority to order at.";
            Failure::uncounted(
                "no_authority",
                detail,
                "An administrator makes one with `holdfast authority create`.",
                None,
            )
        })
    }

    fn left_out(&self) -> &[LeftOut] {
        self.memory.left_out.as_deref().unwrap_or_default()
    }

    fn working(&self) -> Option<Working> {
        let (Some(shown), Some(not_before), Some(not_after)) =
            (&self.row.shown, self.row.not_before, self.row.not_after)
        else {
            return None;
        };
        Some(Working { covers: shown.names.clone(), not_before, not_after })
    }

    async fn go(&mut self, work: &mut Work) -> Result<(), End> {
        work.begin("prepare").await?;
        self.rested(work).await?;
        let mut client = self.open(work).await?;
        self.ready(work).await?;
        let replaced = self.replaced().await?;
        let due = self.is_due(&client, replaced.as_ref()).await;
        if self.memory.left_out.is_none() {
            self.memory.left_out = Some(self.left_out_before().await?);
            let lines: Vec<String> = self
                .left_out()
                .iter()
                .map(|left| format!("leaving out {}: {}", left.name, left.detail))
                .collect();
            work.note(&lines, &self.memory).await?;
        }
        let working = self.working();
        for _ in 0..ROUNDS {
            let case = Case {
                wanted: &self.row.names,
                left_out: self.left_out(),
                working: working.as_ref(),
                due,
                now: self.now(),
            };
            let names = match choose::choose(case) {
                Choice::Order(names) => names,
                Choice::Enough => {
                    work.say("what is there has every name that can be had, and is not due yet").await?;
                    return self.enough().await;
                }
                Choice::Nothing => return Err(self.nothing()),
                Choice::Worse(lost) => return Err(self.worse(&lost)),
            };
            let Some(mut order) = self.make(work, &mut client, &names, replaced.as_ref()).await? else {
                continue;
            };
            work.begin("prove").await?;
            let refused = if matches!(order.state().status, OrderStatus::Pending) {
                let proving = prove(&client, &mut order, &self.state.ways);
                let proven = unless_cancelled(work, proving).await?;
                proven.map_err(|trouble| self.trouble(trouble, &names))?
            } else {
                Vec::new()
            };
            if !refused.is_empty() {
                self.leave_out(work, refused, None).await?;
                continue;
            }
            if let Some(chain) = self.issue(work, &client, &mut order, &names).await? {
                return self.install(work, &client, chain).await;
            }
        }
        let detail = "The authority refuses one name after the other.";
        Err(Failure::new("names_refused", detail, "Look at the names that are left out, then renew by hand."))
    }

    /// Waits for an authority that asked to be left alone for a moment.
    async fn rested(&mut self, work: &mut Work) -> Result<(), End> {
        let authority = self.authority()?;
        let Some(until) = authority.rests(self.now()) else { return Ok(()) };
        let wait = until.since(self.now());
        if wait <= SHORT_REST {
            let line = format!("{} is left alone for another {} seconds", authority.name, wait.as_secs() + 1);
            work.say(line).await?;
            return unless_cancelled(work, tokio::time::sleep(wait)).await;
        }
        let said = authority.error.clone().unwrap_or_default();
        let detail = format!("{} is not asked again before {until}: {said}", authority.name);
        let spread = Duration::from_mins(10).mul_f64(schedule::chance());
        let renew_at = Some(until.plus(spread));
        Err(Failure::uncounted("authority_rests", detail, "It is tried again by itself.", renew_at))
    }

    /// The account at the authority, with what was seen of the authority written down.
    async fn open(&mut self, work: &mut Work) -> Result<Client, End> {
        let authority = self.authority()?.clone();
        work.say(format!("asking {}", authority.name)).await?;
        match unless_cancelled(work, account::open(self.state, &authority)).await? {
            Ok(client) => {
                account::answers(self.state, &authority).await?;
                Ok(client)
            }
            Err(NoAccount::Store(error)) => Err(error.into()),
            Err(NoAccount::Trouble(trouble)) => {
                account::in_vain(self.state, &authority, &trouble).await?;
                Err(self.trouble(trouble, &[]))
            }
        }
    }

    /// Waits until the web server answers challenges, and the site is served under all its names.
    async fn ready(&mut self, work: &mut Work) -> Result<(), End> {
        let (begun, mut told) = (Instant::now(), false);
        loop {
            let id = self.row.id;
            let read = async |tx: &mut Tx| -> Result<_, ::store::StoreError> {
                Ok((store::web_server_is_up(tx, id).await?, store::site_is_up(tx, id).await?))
            };
            let (web_server, site) = self.state.panel.store().read(read).await?;
            match (web_server, site) {
                (true, true) => return Ok(()),
                (false, _) if begun.elapsed() >= READY => {
                    let detail = "The web server is not yet as the panel wants it, and so does not answer the authority.";
                    let remedy =
                        "`holdfast node show` and `holdfast doctor` tell more. It is tried again by itself.";
                    return Err(Failure::new("web_server_not_ready", detail, remedy));
                }
                (true, false) if begun.elapsed() >= READY => {
                    work.say("the site is not yet as it is wanted; asking all the same").await?;
                    return Ok(());
                }
                _ => {}
            }
            if !told {
                told = true;
                work.say(if web_server { "waiting for the site" } else { "waiting for the web server" })
                    .await?;
            }
            unless_cancelled(work, tokio::time::sleep(PAUSE)).await?;
        }
    }

    /// What the authority calls the certificate that is replaced; none where it did not issue it.
    async fn replaced(&self) -> Result<Option<Replaced>, End> {
        let id = self.row.id;
        let issued =
            self.state.panel.store().read(async |tx: &mut Tx| certificate::issued(tx, id).await).await?;
        let here = self.order.authority == self.authority.as_ref().map(|authority| authority.id);
        let first = issued.as_ref().and_then(|issued| issued.chain.first()).filter(|_| here);
        Ok(first.and_then(|der| Replaced::of(der.bytes())))
    }

    /// Whether it is renewed even where it gains no name.
    async fn is_due(&mut self, client: &Client, replaced: Option<&Replaced>) -> bool {
        let (Some(working), Some(key)) = (self.working(), self.row.key_digest) else { return true };
        let window = match (replaced, self.authority.as_ref()) {
            (Some(replaced), Some(authority)) => self.window(client, authority, replaced).await,
            _ => None,
        };
        let life = Life { not_before: working.not_before, not_after: working.not_after };
        let (at, because) = renewal::due(life, window, renewal::share(&key));
        self.natural = Some((at, because.into()));
        self.payload.asked || at <= self.now()
    }

    /// When the authority would have a certificate renewed; none where it does not say.
    async fn window(&self, client: &Client, authority: &AuthorityRow, of: &Replaced) -> Option<Window> {
        let directory = Directory::read(&client.http, &authority.directory, self.now()).await.ok()?;
        let (window, _) = renewal::ask(&client.http, &directory.renewal_info?, of).await.ok()?;
        Some(window)
    }

    async fn left_out_before(&self) -> Result<Vec<LeftOut>, End> {
        let (account, names) = (self.row.account_id, &self.row.names);
        let own =
            self.state.panel.store().read(async |tx: &mut Tx| still_own(tx, account, names).await).await?;
        let can_prove = |name: &CertName| self.state.ways.of(name).is_some();
        let asked = (self.payload.asked, self.now());
        Ok(choose::before(names, &own, can_prove, &self.order.left_out, asked))
    }

    /// The order: the one that was made before a stop where it is still good, or a new one. None where names were left out instead.
    async fn make(
        &mut self,
        work: &mut Work,
        client: &mut Client,
        names: &[CertName],
        replaced: Option<&Replaced>,
    ) -> Result<Option<Order>, End> {
        let authority = self.authority()?.id;
        if let Some(made) =
            self.memory.made.clone().filter(|made| made.authority == authority && made.names == names)
            && let Ok(mut order) = unless_cancelled(work, client.order(&made.url)).await?
            && order.state().status != OrderStatus::Invalid
        {
            work.say("going on with the order that was made").await?;
            return Ok(Some(order));
        }
        work.say(format!("ordering a certificate for {}", list(names))).await?;
        let mut answer = unless_cancelled(work, client.new_order(names, replaced)).await?;
        if let Err(trouble) = &answer
            && trouble.is("accountDoesNotExist")
        {
            work.say("the authority does not know the panel's account any longer; making one").await?;
            *client = self.open_anew(work, client).await?;
            answer = unless_cancelled(work, client.new_order(names, replaced)).await?;
        }
        let order = match answer {
            Ok(order) => order,
            Err(trouble) => {
                let refused = trouble.refused(names);
                if refused.is_empty() {
                    return Err(self.trouble(trouble, names));
                }
                self.leave_out(work, refused, trouble.retry_after).await?;
                return Ok(None);
            }
        };
        self.memory.made = Some(Made { authority, url: order.url().to_owned(), names: names.to_vec() });
        work.note(&[], &self.memory).await?;
        self.ordered(work, authority).await?;
        Ok(Some(order))
    }

    /// An account in the place of one that is not known any longer.
    async fn open_anew(&mut self, work: &mut Work, client: &Client) -> Result<Client, End> {
        let id = self.authority()?.id;
        let url = client.account.id().to_owned();
        let write = async |tx: &mut ::store::WriteTx| -> Result<_, ::store::StoreError> {
            authorities::forget_account(tx, id, &url).await?;
            authorities::by_id(tx, id).await
        };
        self.authority = self.state.panel.store().write(write).await?;
        self.open(work).await
    }

    /// Leaves names out that the authority refused.
    async fn leave_out(
        &mut self,
        work: &mut Work,
        refused: Vec<RefusedName>,
        asked_for: Option<Duration>,
    ) -> Result<(), End> {
        let now = self.now();
        let mut lines = Vec::with_capacity(refused.len());
        for RefusedName { name, kind, detail } in refused {
            lines.push(format!("the authority refuses {name}: {detail}"));
            let before =
                self.order.left_out.iter().find(|left| left.name == name).map_or(0, |left| left.refusals);
            let left = LeftOut {
                retry_at: Some(schedule::name(now, before + 1, asked_for, schedule::chance())),
                reason: format!("authority_{}", snake(&kind)),
                remedy: remedy(&kind).to_owned(),
                refusals: before + 1,
                name,
                detail,
            };
            self.memory.left_out.get_or_insert_default().push(left);
        }
        self.memory.made = None;
        Ok(work.note(&lines, &self.memory).await?)
    }

    /// The chain, checked; none where names were left out instead.
    async fn issue(
        &mut self,
        work: &mut Work,
        client: &Client,
        order: &mut Order,
        names: &[CertName],
    ) -> Result<Option<Chain>, End> {
        work.begin("issue").await?;
        let made = self.make_key(work, names).await?;
        let asking = async {
            // proven just now, or asked before a stop
            if matches!(client.look(order).await?, OrderStatus::Pending | OrderStatus::Ready) {
                client.finalize(order, made.request.bytes()).await?;
            }
            client.certificate(order).await
        };
        let pem = match unless_cancelled(work, asking).await? {
            Ok(pem) => pem,
            Err(trouble) => {
                let refused = trouble.refused(names);
                if refused.is_empty() {
                    return Err(self.trouble(trouble, names));
                }
                self.leave_out(work, refused, trouble.retry_after).await?;
                return Ok(None);
            }
        };
        let unfit = |why: String| {
            let detail = format!("What the authority issued cannot be used: {why}.");
            Failure::new("certificate_unfit", detail, "Renew by hand. If it stays so, use another authority.")
        };
        let chain = Chain::parse_pem(&pem).map_err(|error| unfit(error.reason.clone()))?;
        chain.check(self.now()).map_err(|error| unfit(error.reason.clone()))?;
        if chain.key() != made.key {
            return Err(unfit("it is for another key".to_owned()));
        }
        let mut wanted = names.to_vec();
        wanted.sort();
        if chain.shown().names != wanted {
            return Err(unfit(format!("it is for {}", list(&chain.shown().names))));
        }
        Ok(Some(chain))
    }

    /// Has the agent make the key and the request; it may be away for a while.
    async fn make_key(&mut self, work: &mut Work, names: &[CertName]) -> Result<KeyMade, End> {
        let ask = MakeKey { certificate: self.row.id, kind: self.row.key_kind, names: names.to_vec() };
        let (begun, mut told) = (Instant::now(), false);
        loop {
            let error = match self.state.panel.agent().call(&ask).await {
                Ok(made) => {
                    self.made_key = true;
                    return Ok(made);
                }
                Err(error) => error,
            };
            let refused = error.refusal().is_some_and(|refusal| refusal.name == errors::REFUSED);
            if refused || begun.elapsed() >= AGENT_AWAY {
                let detail = format!("The agent makes no key: {error}.");
                return Err(Failure::new(
                    "agent_unreachable",
                    detail,
                    "Look at `journalctl -u holdfast-agent`.",
                ));
            }
            if !told {
                told = true;
                work.say(format!("waiting for the agent: {error}")).await?;
            }
            unless_cancelled(work, tokio::time::sleep(PAUSE * 2)).await?;
        }
    }

    /// The authority's trouble as the end of this order; what concerns all orders was written down with the authority.
    fn trouble(&self, trouble: Trouble, names: &[CertName]) -> End {
        let now = self.now();
        let is_limited = trouble.is("rateLimited");
        let renew_at = trouble.retry_after.filter(|_| is_limited).map(|after| now.plus(after));
        let of_all = trouble.is_away() || (is_limited && !trouble.is_limit_of(names));
        let mut failure = Failure::raw(&trouble.code(), trouble.words.clone(), trouble.remedy());
        failure.renew_at = renew_at;
        failure.authority = of_all.then_some(trouble);
        End::Failed(Box::new(failure))
    }
}
