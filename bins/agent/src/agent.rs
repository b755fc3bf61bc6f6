//! The parts of the agent, put together.

use std::sync::Arc;

use account_agent::{Accounts, Quotas};
use cert_agent::{Certificates, Keys};
use hostd::Host;
use php_agent::{IdleStopper, Pools};
use web_agent::{Committer, LogSplitter, Sites, SocketProbe, UnitCheck, WebServer, WorkerCalls};

use crate::changes::Changes;
use crate::journal::Journal;
use crate::kinds::{Kind, Managed};
use crate::ledger::Ledger;
use crate::others::{Nobodys, OnHost};
use crate::processes::Processes;
use crate::roles::Roles;
use crate::watch::Watch;
use crate::world::World;

/// Everything that the procedures and the timers share.
pub(crate) struct Agent {
    pub(crate) host: Arc<Host>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) changes: Arc<Changes>,
    pub(crate) world: World,
    pub(crate) accounts: Arc<Managed<Accounts>>,
    pub(crate) pools: Arc<Managed<Pools>>,
    pub(crate) web_servers: Arc<Managed<WebServer>>,
    pub(crate) certificates: Arc<Managed<Certificates>>,
    pub(crate) sites: Arc<Managed<Sites>>,
    pub(crate) committer: Arc<Committer>,
    pub(crate) idle: IdleStopper,
    pub(crate) logs: LogSplitter,
    pub(crate) workers: Arc<WorkerCalls>,
    pub(crate) quotas: Arc<Quotas>,
    pub(crate) keys: Keys,
    pub(crate) processes: Processes,
    pub(crate) roles: Arc<Roles>,
}

impl Agent {
    /// The agent of a host. Nothing runs yet.
    pub(crate) fn new(host: Arc<Host>) -> Arc<Self> {
        let ledger = Arc::new(Ledger::open(Arc::clone(&host)));
        let watch = Arc::new(Watch::new());
        let journal = Arc::new(Journal::new(Arc::clone(&host)));
        let changes = Arc::new(Changes::new(Arc::clone(&host)));
        let committer = Arc::new(Committer::new(Box::new(UnitCheck), Box::new(SocketProbe)));
        let logs = LogSplitter::new(Arc::clone(&committer));
        let others = Arc::new(OnHost(Arc::clone(&host)));
        let workers = Arc::new(WorkerCalls::default());
        let quotas = Arc::new(Quotas::default());
        let sites = Sites::new(Arc::clone(&committer), others, Box::new(Arc::clone(&workers)));
        let shared = (&host, &ledger, &watch, &journal, &changes);
        let accounts = managed(Accounts::new(Arc::clone(&quotas)), shared);
        let pools = managed(Pools::default(), shared);
        let web_servers = managed(WebServer::new(Arc::clone(&committer), Box::new(Nobodys)), shared);
        let certificates = managed(Certificates, shared);
        let sites = managed(sites, shared);
        // those first that others need
        let kinds: Vec<Arc<dyn Kind>> =
            vec![web_servers.clone(), accounts.clone(), pools.clone(), certificates.clone(), sites.clone()];
        Arc::new(Self {
            journal,
            changes,
            world: World::new(kinds),
            host,
            ledger,
            watch,
            accounts,
            pools,
            web_servers,
            certificates,
            sites,
            committer,
            idle: IdleStopper::default(),
            logs,
            workers,
            quotas,
            keys: Keys::default(),
            processes: Processes::default(),
            roles: Arc::default(),
        })
    }
}

/// What all kinds share.
type Shared<'a> = (&'a Arc<Host>, &'a Arc<Ledger>, &'a Arc<Watch>, &'a Arc<Journal>, &'a Arc<Changes>);

fn managed<R: converge::Reconcile<Host = Host>>(
    kind: R,
    (host, ledger, watch, journal, changes): Shared<'_>,
) -> Arc<Managed<R>> {
    let (journal, changes) = (journal.clone(), changes.clone());
    Arc::new(Managed::new(kind, host.clone(), ledger.clone(), watch.clone(), journal, changes))
}
