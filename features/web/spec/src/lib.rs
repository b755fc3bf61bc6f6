//! What the panel asks of the web server: its base, and the sites on it; and the calls to worker and probe.

pub mod log;
pub mod probe;
pub mod probe_tls;
pub mod server;
pub mod site;
pub mod traffic;
pub mod worker;

pub use log::{LogKind, OpenSiteLogs, SiteLogFile, SiteLogFiles};
pub use probe::{ProbeHttp, ProbeHttpReply, ProbePath};
pub use probe_tls::{ProbeTls, ProbeTlsReply};
pub use server::{TlsProfile, WebServerSpec};
pub use site::{Hsts, Maintenance, Redirect, RedirectCode, Serves, SiteSpec, SiteTls};
pub use traffic::{GetTraffic, SiteTraffic, TrafficPage};
pub use worker::{DocrootMade, GetSizes, MakeDocroot, Sizes};

#[cfg(test)]
mod tests;
