//! What set-up works on, and what it was asked for.

use hostd::{Host, Role, SetupSystemd};
use names::Hostname;

use crate::panel::Panel;
use crate::programs::Programs;

/// The host and the few things beyond it.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    /// Files, users, profile, bounds, clock.
    pub(crate) host: &'a Host,
    /// Units, with those that the agent may not touch.
    pub(crate) systemd: &'a dyn SetupSystemd,
    /// systemd's programs for users and directories.
    pub(crate) programs: &'a dyn Programs,
    /// The panel, once it runs.
    pub(crate) panel: &'a dyn Panel,
    /// What was asked for.
    pub(crate) options: &'a Options,
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// What this server is for.
    pub(crate) roles: Vec<Role>,
    /// The server's name, for the panel's address and certificate.
    pub(crate) hostname: Hostname,
    /// The name was asked for now, so it goes before the one that was chosen before.
    pub(crate) rename: bool,
    /// The administrator's login; none leaves it to the panel.
    pub(crate) login: Option<String>,
    /// A distribution's PHP that runs now may be stopped.
    pub(crate) stop_php: bool,
}
