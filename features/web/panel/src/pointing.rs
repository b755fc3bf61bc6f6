//! Does a name lead here? What the world's DNS has for it, what answers there, and what is to be done.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`observe`] | asks the DNS by egress, and visits port 80: of this server's addresses by the probe, of others by egress |
//! | [`judge`] | makes words of what was observed: where the name leads, and the remedy. Pure |
//! | [`policy`] | which proofs of ownership hold, and by which addresses visitors reach this server |
//! | [`prove`] | a name that waits becomes its account's |
//! | [`check`] | one look: observed, written down, and acted upon |
//! | [`upkeep`] | all names, now and then |
//!
//! Guarantees: nothing is called good that was not observed; what could not be asked is told as that, and not as an answer; nothing that a
//! stranger's name server says is anything but shown. A pending name is asked about in the DNS alone: port 80 answers for known names only.

pub(crate) mod check;
pub(crate) mod judge;
pub(crate) mod observe;
pub(crate) mod policy;
pub(crate) mod prove;
mod upkeep;
pub(crate) mod view;

use std::sync::Arc;

use desired::Panel;
use tokio::sync::Semaphore;
use wire::Peer;

use crate::certificates::Certificates;

pub use judge::{Answers, Leads, Place, State, Trouble, WantedRecord, hindrance};
pub use observe::{Answer, Observed};
pub use policy::{Ours, PROOFS, PUBLIC_ADDRESSES};
pub use upkeep::{round, run};
pub use view::{NameCheck, NameOwnership, SiteName};

/// Looks at once; each has some questions under way.
const AT_ONCE: usize = 6;

/// What looking at names needs.
#[derive(Clone)]
pub struct Pointing {
    panel: Panel,
    egress: Peer,
    probe: Peer,
    certificates: Arc<dyn Certificates>,
    room: Arc<Semaphore>,
}

impl Pointing {
    /// One for the whole panel, so that its bound holds.
    pub fn new(panel: Panel, egress: Peer, probe: Peer, certificates: Arc<dyn Certificates>) -> Self {
        Self { panel, egress, probe, certificates, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The panel.
    pub(crate) fn panel(&self) -> &Panel {
        &self.panel
    }
}
