//! What the panel asks of the web server: its base, and the sites on it; and the calls to worker and probe.

pub mod log;
pub mod probe;
pub mod server;
pub mod site;
pub mod traffic;
pub mod worker;

pub use log::{LogKind, OpenSiteLogs, SiteLogFile, SiteLogFiles};
pub use probe::{ProbeHttp, ProbeHttpReply, ProbePath};
pub use server::WebServerSpec;
pub use site::{Maintenance, Redirect, RedirectCode, Serves, SiteSpec};
pub use traffic::{GetTraffic, SiteTraffic, TrafficPage};
pub use worker::{DocrootMade, GetSizes, MakeDocroot, Sizes};

#[cfg(test)]
mod tests;
