//! The web server on the host: nginx's tree of configuration, its sites, its logs.

mod check;
mod committer;
mod default_certificate;
mod docroots;
#[cfg(test)]
mod hostile;
mod isolate;
pub mod layout;
mod line;
mod live;
mod logs;
mod probe;
#[cfg(test)]
mod real_nginx;
mod record;
mod render;
mod site;
mod state;
#[cfg(test)]
mod testing;
mod tree;
mod webserver;
mod worker_calls;
mod workers;

pub use check::{Check, UnitCheck, Verdict};
pub use committer::{CommitError, Committer, Listen, Request};
pub use default_certificate::{DEFAULT_NAME, DefaultCertificate};
pub use docroots::Docroots;
pub use logs::{LogError, LogSplitter, OpenLog, Split, Traffic, open as open_logs};
pub use probe::{Probe, SocketProbe};
pub use record::{Owner, SiteRecord, SiteState, SiteWant, Want};
pub use render::{RenderError, Templates};
pub use site::{Others, SiteSeen, SiteStep, Sites};
pub use tree::{Preview, Tree, TreeError};
pub use webserver::{WebServer, WebServerSeen, WebServerStep, drop_in_path};
pub use worker_calls::{WorkerCallError, WorkerCalls};
