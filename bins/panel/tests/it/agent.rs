//! An agent for tests: the real wire server and the real engine over a host in memory.
//!
//! It can be stopped and started again on the same socket; ledger and host stay, as on a real server.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use account_spec::{
    AccountSpec, AccountUsage, GetUsage, ListUids, ListUsage, UidNote, UidPage, Usage, UsagePage,
};
use cert_spec::CertificateSpec;
use converge::methods::{
    AuditHead, AuditHeads, By, ChangePage, Diagnosis, DriftAction, DriftList, Finding, GetChange,
    GetHostMetrics, GetRole, HeldWish, HostChange, HostFigures, HostMetrics, HostProcess, HostService,
    ListAuditHeads, ListChanges, ListDrift, ListObjects, ListProcesses, ListServices, ListWishes, LogLine,
    Object, ObjectPage, ObjectStatus, PreviewAll, ProcessList, RecordAuditHead, RoleState, RunDoctor,
    RunDriftAction, RunSweep, ServiceList, Severity, StartRole, StopRole, SweepCounts, SweepProgress,
    WatchObjects, WishList,
};
use converge::{
    Apply, Cause, Describe, Done, DriftRules, Engine, Entry, Impact, LedgerStore, MemoryLedger, ObserveError,
    Own, Plan, PlannedStep, Reason, Reconcile, Refusal, Report, Spec, Status, StepError, Wanted,
};
use names::{Generation, Micros};
use php_spec::PoolSpec;
use tokio::sync::broadcast;
use web_spec::{GetTraffic, SiteSpec, SiteTraffic, TrafficPage, WebServerSpec};
use wire::{AllowedPeers, Call, CancellationToken, Limits, Router};

use crate::keys::Keys;
use crate::site_logs::SiteLogs;

/// What is on the host: kind and key, and the specification in JSON.
#[derive(Debug, Default)]
pub(crate) struct Host {
    objects: Mutex<BTreeMap<(String, String), String>>,
    /// Names of accounts and pools that are there.
    names: Mutex<BTreeSet<String>>,
    /// Objects whose steps fail: the message, by name of the kind.
    broken: Mutex<BTreeMap<String, String>>,
    /// How long a step takes.
    slow: Mutex<Duration>,
    /// Steps taken.
    pub(crate) steps: AtomicU64,
    /// The most steps at once.
    pub(crate) most_at_once: AtomicU64,
    at_once: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl Host {
    /// The specification of an object on the host.
    pub(crate) fn object(&self, kind: &str, key: &str) -> Option<serde_json::Value> {
        let found = lock(&self.objects).get(&(kind.to_owned(), key.to_owned())).cloned();
        found.map(|text| serde_json::from_str(&text).unwrap())
    }

    /// How many objects of a kind there are.
    pub(crate) fn count(&self, kind: &str) -> usize {
        lock(&self.objects).keys().filter(|(of, _)| of == kind).count()
    }

    /// Everything, as text: to compare two hosts, and to search for what should not be there.
    pub(crate) fn dump(&self) -> String {
        format!("{:?}", lock(&self.objects))
    }

    /// From now on the steps of this kind fail; none mends it.
    pub(crate) fn breaks(&self, kind: &str, message: Option<&str>) {
        match message {
            Some(message) => lock(&self.broken).insert(kind.to_owned(), message.to_owned()),
            None => lock(&self.broken).remove(kind),
        };
    }

    /// From now on a step takes so long.
    pub(crate) fn takes(&self, time: Duration) {
        *lock(&self.slow) = time;
    }

    /// Someone removes an object by hand.
    pub(crate) fn lose(&self, kind: &str, key: &str) {
        lock(&self.objects).remove(&(kind.to_owned(), key.to_owned()));
    }
}

/// What an object of a kind is called on the host, and what must be there before it.
pub(crate) trait OnHost: Spec {
    fn provides(&self) -> Option<String>;
    fn needs(&self) -> Vec<String>;
}

impl OnHost for AccountSpec {
    fn provides(&self) -> Option<String> {
        Some(format!("account {}", self.name))
    }
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }
}

impl OnHost for PoolSpec {
    fn provides(&self) -> Option<String> {
        Some(format!("pool {}", self.name))
    }
    fn needs(&self) -> Vec<String> {
        vec![format!("account {}", self.account)]
    }
}

impl OnHost for CertificateSpec {
    fn provides(&self) -> Option<String> {
        None
    }
    fn needs(&self) -> Vec<String> {
        self.account.iter().map(|account| format!("account {account}")).collect()
    }
}

impl OnHost for SiteSpec {
    fn provides(&self) -> Option<String> {
        None
    }
    fn needs(&self) -> Vec<String> {
        let pool = self.pool.iter().map(|pool| format!("pool {pool}"));
        std::iter::once(format!("account {}", self.account)).chain(pool).collect()
    }
}

impl OnHost for WebServerSpec {
    fn provides(&self) -> Option<String> {
        None
    }
    fn needs(&self) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Debug)]
pub(crate) struct Kind<S>(PhantomData<fn() -> S>);

#[derive(Debug)]
pub(crate) struct Step {
    kind: &'static str,
    key: String,
    to: Option<String>,
    provides: Option<String>,
}

impl Describe for Step {
    fn code(&self) -> &'static str {
        if self.to.is_some() { "object.write" } else { "object.remove" }
    }
    fn summary(&self) -> String {
        format!("{} {} {}", self.code(), self.kind, self.key)
    }
    fn impact(&self) -> Impact {
        Impact::Reload
    }
}

impl<S: OnHost> Reconcile for Kind<S> {
    type Host = Host;
    type Spec = S;
    type Observed = (String, Option<String>);
    type Step = Step;

    fn observe(
        &self,
        host: &Host,
        key: &S::Key,
        want: &Wanted<S>,
        _: Option<&S>,
        _: &Own,
    ) -> Result<Self::Observed, ObserveError> {
        let there = lock(&host.names);
        let needs = want.present().map(OnHost::needs).unwrap_or_default();
        if let Some(missing) = needs.into_iter().find(|need| !there.contains(need)) {
            drop(there);
            std::thread::park_timeout(*lock(&host.slow));
            return Err(ObserveError::WaitsFor(missing));
        }
        let found = lock(&host.objects).get(&(S::KIND.to_owned(), key.to_string())).cloned();
        Ok((key.to_string(), found))
    }

    fn plan(&self, want: &Wanted<S>, (key, found): &Self::Observed) -> Vec<Step> {
        let to = want.present().map(|spec| serde_json::to_string(spec).unwrap());
        if to == *found {
            return Vec::new();
        }
        let provides = want.present().and_then(OnHost::provides);
        vec![Step { kind: S::KIND, key: key.clone(), to, provides }]
    }

    fn apply(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        let now = host.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        host.most_at_once.fetch_max(now, Ordering::SeqCst);
        let slow = *lock(&host.slow);
        if !slow.is_zero() {
            // A step on a host takes time; this is one.
            std::thread::park_timeout(slow);
        }
        let broken = lock(&host.broken).get(step.kind).cloned();
        host.at_once.fetch_sub(1, Ordering::SeqCst);
        if let Some(message) = broken {
            return Err(StepError::degraded(Reason::ConfigRefused, message));
        }
        host.steps.fetch_add(1, Ordering::SeqCst);
        let key = (step.kind.to_owned(), step.key.clone());
        match &step.to {
            Some(text) => {
                lock(&host.objects).insert(key, text.clone());
                lock(&host.names).extend(step.provides.clone());
            }
            None => {
                lock(&host.objects).remove(&key);
            }
        }
        Ok(Done::default())
    }
}

type Engines = (
    Arc<Engine<Kind<AccountSpec>, MemoryLedger>>,
    Arc<Engine<Kind<PoolSpec>, MemoryLedger>>,
    Arc<Engine<Kind<SiteSpec>, MemoryLedger>>,
    Arc<Engine<Kind<WebServerSpec>, MemoryLedger>>,
    Arc<Engine<Kind<CertificateSpec>, MemoryLedger>>,
);

type Happens = Box<dyn FnOnce(&FakeAgent) + Send>;

/// What is noted of a site that nobody knows: asked for, put back, edited by hand.
fn change(seq: u64) -> HostChange {
    let by = [By::Panel, By::Agent, By::Outside][usize::try_from(seq - 1).unwrap()];
    let path = format!("/etc/nginx/holdfast/maps/{seq}.map");
    HostChange {
        seq,
        at: 1_767_225_600_000_000 + i64::try_from(seq).unwrap(),
        object: Object { kind: "site".to_owned(), scope: "01935b2e-7a4d-7c3e-8f10-0123456789ab".to_owned() },
        by,
        cause: match by {
            By::Panel => Cause { actor: "anna".to_owned(), request_id: "r1".to_owned() },
            _ => Cause::default(),
        },
        generation: Generation::new(1).unwrap(),
        absent: false,
        edited_at: None,
        impact: Impact::Reload,
        steps: vec![PlannedStep {
            code: "file.write".to_owned(),
            summary: format!("write {path}"),
            impact: Impact::Reload,
            path: Some(path),
            diff: Some("+line\n".to_owned()),
            unknown: None,
        }],
        of: 1,
        taken: 1,
        status: Status::ready(),
    }
}

/// The agent.
pub(crate) struct FakeAgent {
    pub(crate) host: Arc<Host>,
    ledger: Arc<MemoryLedger>,
    engines: Engines,
    changes: broadcast::Sender<ObjectStatus>,
    heads: Arc<Mutex<Vec<AuditHead>>>,
    /// Happens once, after the objects were listed and before the list is sent.
    behind_list: Mutex<Option<Happens>>,
    /// What the agent's own pass finds after the next wish was applied, before that is answered.
    behind_apply: Mutex<Option<Status>>,
    /// How long a count of what an account takes lasts.
    /// What the file system counts.
    pub(crate) usages: Arc<Mutex<Vec<AccountUsage>>>,
    /// What sites sent today.
    pub(crate) traffic: Arc<Mutex<Vec<SiteTraffic>>>,
    /// The files of sites' logs.
    pub(crate) logs: SiteLogs,
    /// The keys that it was handed.
    pub(crate) keys: Keys,
    pub(crate) counting: Arc<Mutex<Duration>>,
    /// User ids that were ever given.
    uids: Arc<Mutex<Vec<UidNote>>>,
    pub(crate) php: Arc<Mutex<Vec<&'static str>>>,
    /// What the kernel counted.
    pub(crate) figures: Arc<Mutex<HostFigures>>,
    /// The installation of the server's role.
    pub(crate) role: Arc<Mutex<Role>>,
    /// What is gone stays in the ledger, as it does for a month on a real server.
    pub(crate) remembers: AtomicBool,
    path: PathBuf,
    running: Mutex<Option<(CancellationToken, tokio::task::JoinHandle<()>)>>,
}

/// What a role's installation does, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Role {
    /// How often it was begun.
    pub(crate) runs: u32,
    /// What the next run says at once.
    pub(crate) says: Vec<&'static str>,
    /// It goes on until it is told to end.
    pub(crate) lasts: bool,
    /// All packages are there.
    pub(crate) installed: bool,
    pub(crate) running: bool,
    pub(crate) log: String,
}

impl Role {
    fn begin(&mut self) {
        if self.running {
            return;
        }
        self.runs += 1;
        self.running = self.lasts;
        self.log = format!("#run {}\n", self.runs);
        for line in self.says.clone() {
            self.say(line);
        }
    }

    /// Writes a line; the last one of a run that ends well installs the packages.
    pub(crate) fn say(&mut self, line: &str) {
        self.installed |= line == "#done";
        self.log.push_str(line);
        self.log.push('\n');
    }

    fn state(&self, ask: &GetRole) -> RoleState {
        let packages = vec!["nginx".to_owned(), "php8.4-fpm".to_owned()];
        let missing = if self.installed { Vec::new() } else { packages.clone() };
        let unmasked = if self.runs > 0 { Vec::new() } else { vec!["apache2.service".to_owned()] };
        let mut state =
            RoleState { packages, missing, unmasked, running: self.running, ..RoleState::default() };
        if let Some(from) = ask.log.as_ref().filter(|_| self.runs > 0) {
            let run = self.runs.to_string();
            let begin = if from.run.as_ref() == Some(&run) { from.from } else { 0 };
            let mut end = begin;
            for line in self.log[usize::try_from(begin).unwrap()..].split_inclusive('\n') {
                end += line.len() as u64;
                state.lines.push(LogLine { text: line.trim_end().to_owned(), end });
            }
            state.run = Some(run);
        }
        state
    }
}

fn engine<S: OnHost>(ledger: &Arc<MemoryLedger>) -> Arc<Engine<Kind<S>, MemoryLedger>> {
    let drift = DriftRules { enforce: false, keep: Arc::new(|_, _, _| Ok(())) };
    Arc::new(Engine::new(
        Kind(PhantomData),
        Arc::clone(ledger),
        Arc::new(|| Micros::now().as_micros()),
        drift,
    ))
}

fn status_of<S: Spec>(entry: &Entry<S>) -> ObjectStatus {
    ObjectStatus {
        object: Object { kind: S::KIND.to_owned(), scope: entry.scope.to_string() },
        generation: entry.generation,
        digest: entry.digest,
        observed_generation: entry.observed_generation,
        absent: entry.spec.present().is_none(),
        status: entry.status.clone(),
        since: entry.since,
    }
}

fn list<S: Spec>(ledger: &MemoryLedger) -> Vec<ObjectStatus> {
    ledger.list::<S>().unwrap().iter().map(|entry| status_of(entry)).collect()
}

fn wish<S: Spec>(ledger: &MemoryLedger, object: &Object) -> Option<HeldWish> {
    let scope = object.scope.parse::<S::Key>().ok().filter(|_| object.kind == S::KIND)?;
    let entry = ledger.load::<S>(&scope).unwrap()?;
    Some(HeldWish {
        object: object.clone(),
        generation: entry.generation,
        digest: entry.digest,
        spec: entry.spec.present().map(|spec| serde_json::to_value(spec).unwrap()),
        since: entry.since,
    })
}

fn sweep<S: OnHost>(
    engine: &Engine<Kind<S>, MemoryLedger>,
    ledger: &MemoryLedger,
    host: &Host,
    preview: bool,
    counts: &mut SweepCounts,
    mut tell: impl FnMut(Report),
) {
    for entry in ledger.list::<S>().unwrap() {
        let report = if preview {
            match engine.preview(host, &entry.scope) {
                Ok(report) => report,
                Err(_) => continue,
            }
        } else {
            engine.pass(host, &entry.scope).unwrap()
        };
        let Some(report) = report else { continue };
        counts.objects += 1;
        counts.not_ready += u64::from(report.status.condition != converge::Condition::Ready);
        if !report.plan.is_empty() {
            counts.differing += 1;
            tell(report);
        }
    }
}

impl FakeAgent {
    /// An agent at this socket, not started.
    pub(crate) fn new(path: &Path) -> Arc<Self> {
        let ledger = Arc::new(MemoryLedger::default());
        Arc::new(Self {
            host: Arc::default(),
            engines: (engine(&ledger), engine(&ledger), engine(&ledger), engine(&ledger), engine(&ledger)),
            ledger,
            changes: broadcast::Sender::new(1024),
            heads: Arc::default(),
            behind_list: Mutex::default(),
            behind_apply: Mutex::default(),
            usages: Arc::default(),
            traffic: Arc::default(),
            logs: SiteLogs::new(),
            keys: Keys::default(),
            counting: Arc::default(),
            uids: Arc::default(),
            php: Arc::new(Mutex::new(vec!["8.2", "8.4"])),
            figures: Arc::default(),
            role: Arc::default(),
            remembers: AtomicBool::new(false),
            path: path.to_owned(),
            running: Mutex::default(),
        })
    }

    /// Begins to answer.
    pub(crate) fn start(self: &Arc<Self>) {
        let _ = std::fs::remove_file(&self.path);
        let listener = UnixListener::bind(&self.path).unwrap();
        let stop = CancellationToken::new();
        let router = self.router();
        let own = rustix_uid();
        // As many connections as the agent takes where root says nothing else.
        let limits = Limits { connections: 64, grace: Duration::from_secs(1), ..Limits::default() };
        let shutdown = stop.clone();
        let task = tokio::spawn(async move {
            wire::serve(listener, router, AllowedPeers::of([own]), limits, shutdown).await.unwrap();
        });
        *lock(&self.running) = Some((stop, task));
    }

    /// Stops, and waits until the socket is closed.
    pub(crate) async fn stop(&self) {
        let running = lock(&self.running).take();
        if let Some((stop, task)) = running {
            stop.cancel();
            task.await.unwrap();
        }
        let _ = std::fs::remove_file(&self.path);
    }

    /// Whether somebody follows its changes.
    pub(crate) fn is_watched(&self) -> bool {
        self.changes.receiver_count() > 0
    }

    /// What happens between the agent's next list of its objects and its answer.
    pub(crate) fn behind_list(&self, happens: impl FnOnce(&Self) + Send + 'static) {
        *lock(&self.behind_list) = Some(Box::new(happens));
    }

    /// What the agent's own pass finds right after the next wish was applied.
    pub(crate) fn behind_apply(&self, finds: Status) {
        *lock(&self.behind_apply) = Some(finds);
    }

    /// A pass over everything, as the agent's own timer makes it; who watches hears of what changed.
    pub(crate) fn sweep(&self) -> SweepCounts {
        let mut counts = SweepCounts::default();
        self.all(false, &mut counts, |_| ());
        counts
    }

    fn all(&self, preview: bool, counts: &mut SweepCounts, mut tell: impl FnMut(Report)) {
        let before = self.statuses();
        sweep(&self.engines.3, &self.ledger, &self.host, preview, counts, &mut tell);
        sweep(&self.engines.0, &self.ledger, &self.host, preview, counts, &mut tell);
        sweep(&self.engines.1, &self.ledger, &self.host, preview, counts, &mut tell);
        sweep(&self.engines.4, &self.ledger, &self.host, preview, counts, &mut tell);
        sweep(&self.engines.2, &self.ledger, &self.host, preview, counts, &mut tell);
        for status in self.statuses() {
            if !before.contains(&status) {
                let _ = self.changes.send(status);
            }
        }
    }

    fn statuses(&self) -> Vec<ObjectStatus> {
        let mut all = list::<WebServerSpec>(&self.ledger);
        all.extend(list::<AccountSpec>(&self.ledger));
        all.extend(list::<PoolSpec>(&self.ledger));
        all.extend(list::<CertificateSpec>(&self.ledger));
        all.extend(list::<SiteSpec>(&self.ledger));
        all
    }

    fn apply<S: OnHost>(
        self: &Arc<Self>,
        router: Router,
        engine: &Arc<Engine<Kind<S>, MemoryLedger>>,
    ) -> Router {
        let (me, engine) = (Arc::clone(self), Arc::clone(engine));
        router.blocking(move |_: Call, wish: Apply<S>| -> Result<Report, wire::Refusal> {
            let (scope, dry) = (wish.scope.clone(), wish.dry_run);
            let gone = wish.spec.present().is_none() && !dry;
            let report =
                engine.apply(&me.host, wish).map_err(|refusal: Refusal| wire::Refusal::from(refusal))?;
            if gone && report.status.condition == converge::Condition::Ready {
                if !me.remembers.load(Ordering::SeqCst) {
                    me.ledger.forget::<S>(&scope).unwrap();
                }
            } else if !dry && let Some(entry) = me.ledger.load::<S>(&scope).unwrap() {
                let mut told = status_of(&entry);
                let _ = me.changes.send(told.clone());
                if let Some(status) = lock(&me.behind_apply).take() {
                    told.status = status;
                    let _ = me.changes.send(told);
                    // The stream is faster than the answer.
                    std::thread::park_timeout(Duration::from_millis(300));
                }
            }
            Ok(report)
        })
    }

    fn router(self: &Arc<Self>) -> Router {
        let router = Router::new("fake-agent");
        let router = self.apply(router, &self.engines.0);
        let router = self.apply(router, &self.engines.1);
        let router = self.apply(router, &self.engines.2);
        let router = self.apply(router, &self.engines.3);
        let router = self.apply(router, &self.engines.4);
        let me = Arc::clone(self);
        let router = router.blocking(move |call: Call, _: ListObjects| {
            let all = me.statuses();
            let happens = lock(&me.behind_list).take();
            if let Some(happens) = happens {
                happens(&me);
            }
            let mut pages = all.chunks(500).map(<[ObjectStatus]>::to_vec).collect::<Vec<_>>();
            let last = pages.pop().unwrap_or_default();
            for objects in pages {
                call.blocking_progress(&ObjectPage { objects });
            }
            Ok(ObjectPage { objects: last })
        });
        let me = Arc::clone(self);
        let router = router.blocking(move |_: Call, ask: ListWishes| {
            let of = |object: &Object| {
                wish::<AccountSpec>(&me.ledger, object)
                    .or_else(|| wish::<PoolSpec>(&me.ledger, object))
                    .or_else(|| wish::<CertificateSpec>(&me.ledger, object))
                    .or_else(|| wish::<SiteSpec>(&me.ledger, object))
                    .or_else(|| wish::<WebServerSpec>(&me.ledger, object))
            };
            Ok(WishList { wishes: ask.objects.iter().filter_map(of).collect() })
        });
        let me = Arc::clone(self);
        let router = router.blocking(move |_: Call, _: ListUids| {
            // as the real agent: what was ever held keeps its note
            let mut uids = lock(&me.uids);
            for entry in me.ledger.list::<AccountSpec>().unwrap() {
                if let Some(spec) = entry.spec.present() {
                    let note = UidNote { uid: spec.uid, account: entry.scope };
                    if !uids.contains(&note) {
                        uids.push(note);
                    }
                }
            }
            Ok(UidPage { uids: uids.clone() })
        });
        let me = Arc::clone(self);
        let router = router.method(move |call: Call, _: WatchObjects| {
            let mut changes = me.changes.subscribe();
            async move {
                call.progress(&ObjectPage::default()).await;
                loop {
                    tokio::select! {
                        () = call.cancelled().cancelled() => return Ok(ObjectPage::default()),
                        change = changes.recv() => match change {
                            Ok(status) => call.progress(&ObjectPage { objects: vec![status] }).await,
                            Err(_) => return Ok(ObjectPage::default()),
                        },
                    }
                }
            }
        });
        let me = Arc::clone(self);
        let router = router.blocking(move |call: Call, _: PreviewAll| {
            let mut counts = SweepCounts::default();
            me.all(true, &mut counts, |report| call.blocking_progress(&SweepProgress { report }));
            Ok(counts)
        });
        let me = Arc::clone(self);
        let router = router.blocking(move |call: Call, _: RunSweep| {
            let mut counts = SweepCounts::default();
            me.all(false, &mut counts, |report| call.blocking_progress(&SweepProgress { report }));
            Ok(counts)
        });
        self.facts(router)
    }

    /// A process and a service.
    fn runs(router: Router) -> Router {
        let at = Micros::now().as_micros();
        let router = router.blocking(move |_: Call, ask: ListProcesses| {
            let process = |pid| HostProcess {
                pid,
                command: "php-fpm8.4".to_owned(),
                user: "alice".to_owned(),
                account: Some("alice".to_owned()),
                unit: Some("holdfast-php-alice-8.4.service".to_owned()),
                cpu: None,
                memory: 1 << 20,
                started: at,
            };
            let processes = (1..=ask.limit.min(3)).map(process).collect();
            Ok(ProcessList { at, count: 3, processes })
        });
        router.blocking(move |_: Call, _: ListServices| {
            let service = HostService {
                unit: "nginx.service".to_owned(),
                what: "the web server of all sites".to_owned(),
                active: "active".to_owned(),
                sub: "running".to_owned(),
                result: Some("success".to_owned()),
                since: Some(at),
                memory: Some(1 << 20),
                tasks: Some(3),
                cpu_micros: Some(1_234_567),
                restarts: 0,
            };
            let (pools_active, pools_idle, pools_failed) = (1, 2, vec!["bob-8.4".to_owned()]);
            Ok(ServiceList { at, services: vec![service], pools_active, pools_idle, pools_failed })
        })
    }

    fn facts(self: &Arc<Self>, router: Router) -> Router {
        let router = Self::runs(router);
        let (php, figures) = (Arc::clone(&self.php), Arc::clone(&self.figures));
        let router = router.blocking(move |_: Call, _: GetHostMetrics| {
            Ok(HostMetrics {
                hostname: "server1.example.test".to_owned(),
                os: "Debian GNU/Linux 13 (trixie)".to_owned(),
                addresses: vec!["192.0.2.10".parse().unwrap(), "2001:db8::10".parse().unwrap()],
                php_versions: lock(&php).iter().map(|text| text.parse().unwrap()).collect(),
                agent_version: "0.1.0".to_owned(),
                figures: Some(*lock(&figures)),
                ..HostMetrics::default()
            })
        });
        let counting = Arc::clone(&self.counting);
        let router = router.blocking(move |_: Call, _: GetUsage| {
            std::thread::park_timeout(*lock(&counting));
            Ok(Usage { bytes: 4096, entries: Some(3), ..Usage::default() })
        });
        let usages = Arc::clone(&self.usages);
        let router = router.blocking(move |_: Call, _: ListUsage| {
            Ok(UsagePage { accounts: lock(&usages).clone(), more: false })
        });
        let traffic = Arc::clone(&self.traffic);
        let router = router.blocking(move |_: Call, ask: GetTraffic| {
            let today = Micros::now().as_micros() / 86_400_000_000;
            let sites = if ask.day == today { lock(&traffic).clone() } else { Vec::new() };
            Ok(TrafficPage { sites, more: false })
        });
        let router = self.logs.answered(router);
        let router = self.keys.answered(router, &self.host);
        let role = Arc::clone(&self.role);
        let router = router.blocking(move |_: Call, ask: GetRole| Ok(lock(&role).state(&ask)));
        let role = Arc::clone(&self.role);
        let router = router.blocking(move |_: Call, ask: StartRole| {
            let mut role = lock(&role);
            role.begin();
            Ok(role.state(&GetRole { role: ask.role, log: None }))
        });
        let role = Arc::clone(&self.role);
        let router = router.blocking(move |_: Call, ask: StopRole| {
            let mut role = lock(&role);
            role.running = false;
            Ok(role.state(&GetRole { role: ask.role, log: None }))
        });
        let router = router.blocking(|_: Call, _: ListDrift| Ok(DriftList::default()));
        let router = router.blocking(|_: Call, ask: ListChanges| {
            let changes = (1..=3).rev().map(change).filter(|change| ask.fits(change));
            Ok(ChangePage { changes: changes.take(ask.limit as usize).collect() })
        });
        let router = router.blocking(|_: Call, ask: GetChange| -> Result<HostChange, wire::Refusal> {
            let missing =
                wire::Refusal::new("holdfast.agent1.NoSuchChange", "nothing with this number is noted");
            (1..=3).contains(&ask.seq).then(|| change(ask.seq)).ok_or(missing)
        });
        let me = Arc::clone(self);
        let router =
            router.blocking(move |_: Call, asked: RunDriftAction| -> Result<Report, wire::Refusal> {
                let refusal =
                    || wire::Refusal::new("holdfast.agent1.NoSuchEdit", "no file of this object was edited");
                // what is not paused can be told so, and nothing is done
                let known = me.statuses().into_iter().find(|status| status.object == asked.object);
                let known = known.filter(|_| asked.action == DriftAction::Resume).ok_or_else(refusal)?;
                Ok(Report {
                    kind: known.object.kind,
                    scope: known.object.scope,
                    generation: known.generation,
                    digest: known.digest,
                    plan: Plan::default(),
                    changed: false,
                    taken: 0,
                    status: known.status,
                })
            });
        let router = router.blocking(|_: Call, _: RunDoctor| {
            let finding = Finding {
                code: "unit.active".to_owned(),
                subject: "nginx.service".to_owned(),
                severity: Severity::Ok,
                message: "active".to_owned(),
                remedy: None,
            };
            Ok(Diagnosis { findings: vec![finding] })
        });
        let heads = Arc::clone(&self.heads);
        let router = router.blocking(move |_: Call, head: RecordAuditHead| {
            let at = Micros::now().as_micros();
            lock(&heads).push(AuditHead { at, seq: head.seq, hash: head.hash, restored: false });
            Ok(AuditHeads { heads: lock(&heads).clone() })
        });
        let heads = Arc::clone(&self.heads);
        router.blocking(move |_: Call, _: ListAuditHeads| Ok(AuditHeads { heads: lock(&heads).clone() }))
    }
}

fn rustix_uid() -> u32 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid()
}
