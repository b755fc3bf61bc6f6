//! The parts of the agent, put together.

use std::sync::Arc;

use account_agent::Accounts;
use hostd::Host;
use php_agent::{IdleStopper, Pools};

use crate::journal::Journal;
use crate::kinds::{Kind, Managed};
use crate::ledger::Ledger;
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
    pub(crate) idle: IdleStopper,
}

impl Agent {
    /// The agent of a host. Nothing runs yet.
    pub(crate) fn new(host: Arc<Host>) -> Arc<Self> {
        let ledger = Arc::new(Ledger::open(Arc::clone(&host)));
        let watch = Arc::new(Watch::new());
        let accounts = Arc::new(Managed::new(
            Accounts::default(),
            Arc::clone(&host),
            Arc::clone(&ledger),
            Arc::clone(&watch),
        ));
        let pools = Arc::new(Managed::new(
            Pools::default(),
            Arc::clone(&host),
            Arc::clone(&ledger),
            Arc::clone(&watch),
        ));
        let kinds: Vec<Arc<dyn Kind>> =
            vec![Arc::clone(&accounts) as Arc<dyn Kind>, Arc::clone(&pools) as Arc<dyn Kind>];
        Arc::new(Self {
            journal: Journal::new(Arc::clone(&host)),
            world: World::new(kinds),
            host,
            ledger,
            watch,
            accounts,
            pools,
            idle: IdleStopper::default(),
        })
    }
}
