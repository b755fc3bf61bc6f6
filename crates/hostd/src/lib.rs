//! How the privileged side reaches the host.
//!
//! [`Host`] is what the agent's features are given. Through it they see files below a root ([`Files`]), systemd
//! ([`Systemd`]), the few programs that are run as children ([`Tool`]), users and groups ([`UserDb`]), what differs
//! between distributions ([`Profile`]) and the bounds that no call can widen ([`Bounds`]).
//!
//! What this crate guarantees:
//! - a unit is named by an enum ([`Unit`]), never by a string, and there is no transient unit;
//! - a program is started in one place, by absolute path, with typed arguments, an empty environment and a deadline;
//! - no path of a call leads through a link or out of the root;
//! - a job of systemd counts as done when systemd says that it is done.
//!
//! With the feature `fake`, `Host::for_test` gives a host on a temporary tree that can be stopped before any change, so
//! that a test can prove that the next run completes what the last one left.

mod bounds;
mod clock;
mod dpkg;
mod error;
#[cfg(feature = "fake")]
mod fake;
mod files;
mod gate;
mod host;
mod os_release;
mod passwd;
mod ports;
mod process;
mod profile;
mod reloads;
mod server;
mod systemd;
mod tool;
mod unit;

pub use bounds::{AccountBounds, BOUNDS_PATH, Bounds, DriftPolicy, WorkBounds};
#[cfg(feature = "fake")]
pub use clock::FakeClock;
pub use clock::{Clock, WallClock};
pub use dpkg::Dpkg;
pub use error::HostError;
pub use files::Files;
pub use host::{Host, UIDS, uid_note};
pub use os_release::OsRelease;
pub use passwd::{Group, Password, User, UserDb};
pub use ports::{Holder, Listener, listeners};
pub use process::{kill_processes_of, processes_of};
pub use profile::{Distribution, Http2, Php, Profile, RoleProfile, Ssh, Web};
pub use server::{other_panels, own_hostname};
#[cfg(feature = "fake")]
pub use systemd::FakeSystemd;
pub use systemd::{
    Active, JobResult, Limits, Listed, ServiceState, SetupSystemd, Signal, SystemBus, Systemd, UnitState,
};
pub use tool::{NO_SHELL, RealTools, SharedGroup, Tool, Tools};
pub use unit::{MaskedUnit, OwnUnit, Role, ServiceUnit, UNIT_DIR, Unit, UnitSet, UnknownMaskedUnit};
