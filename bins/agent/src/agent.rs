//! The parts of the agent, put together.

use std::sync::Arc;

use account_agent::Accounts;
use hostd::Host;
use php_agent::{IdleStopper, Pools};
use web_agent::{Committer, LogSplitter, Sites, SocketProbe, UnitCheck, WebServer, WorkerDocroots};

use crate::journal::Journal;
use crate::kinds::{Kind, Managed};
use crate::ledger::Ledger;
use crate::others::OnHost;
use crate::watch::Watch;
use crate::world::World;

/// Everything that the procedures and the timers share.
pub(crate) struct Agent {
    pub(crate) host: Arc<Host>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) journal: Journal,
    pub(crate) world: World,
    pub(crate) accounts: Arc<Managed<Accounts>>,
    pub(crate) pools: Arc<Managed<Pools>>,
    pub(crate) web_servers: Arc<Managed<WebServer>>,
    pub(crate) sites: Arc<Managed<Sites>>,
    pub(crate) committer: Arc<Committer>,
    pub(crate) idle: IdleStopper,
    pub(crate) logs: LogSplitter,
}

impl Agent {
    /// The agent of a host. Nothing runs yet.
    pub(crate) fn new(host: Arc<Host>) -> Arc<Self> {
        let ledger = Arc::new(Ledger::open(Arc::clone(&host)));
        let watch = Arc::new(Watch::new());
        let committer = Arc::new(Committer::new(Box::new(UnitCheck), Box::new(SocketProbe)));
        let logs = LogSplitter::new(Arc::clone(&committer));
        let others = Arc::new(OnHost(Arc::clone(&host)));
        let sites = Sites::new(Arc::clone(&committer), others, Box::new(WorkerDocroots::default()));
        let accounts = managed(Accounts::default(), &host, &ledger, &watch);
        let pools = managed(Pools::default(), &host, &ledger, &watch);
        let web_servers = managed(WebServer::new(Arc::clone(&committer)), &host, &ledger, &watch);
        let sites = managed(sites, &host, &ledger, &watch);
        // those first that others need
        let kinds: Vec<Arc<dyn Kind>> =
            vec![web_servers.clone(), accounts.clone(), pools.clone(), sites.clone()];
        Arc::new(Self {
            journal: Journal::new(Arc::clone(&host)),
            world: World::new(kinds),
            host,
            ledger,
            watch,
            accounts,
            pools,
            web_servers,
            sites,
            committer,
            idle: IdleStopper::default(),
            logs,
        })
    }
}

fn managed<R: converge::Reconcile<Host = Host>>(
    kind: R,
    host: &Arc<Host>,
    ledger: &Arc<Ledger>,
    watch: &Arc<Watch>,
) -> Arc<Managed<R>> {
    Arc::new(Managed::new(kind, Arc::clone(host), Arc::clone(ledger), Arc::clone(watch)))
}
