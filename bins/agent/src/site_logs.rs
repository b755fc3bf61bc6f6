//! A site's logs, opened for the panel: descriptors go over the socket, and not a byte of a log is read here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::Micros;
use web_agent::LogError;
use web_spec::{OpenSiteLogs, SiteLogFiles};
use wire::{Call, Refusal};

use crate::agent::Agent;

pub(crate) fn open(agent: &Agent, call: &Call, ask: &OpenSiteLogs) -> Result<SiteLogFiles, Refusal> {
    if ask.fresh
        && let Err(error) = agent.logs.freshen(&agent.host)
    {
        // what was passed on before is there all the same
        tracing::warn!(%error, "nginx's logs could not be passed on; the next look goes on there");
    }
    let (opened, next) =
        web_agent::open_logs(&agent.host, ask.site, ask.log, ask.first).map_err(|e| refusal(&e))?;
    let mut files = Vec::with_capacity(opened.len());
    for one in opened {
        call.attach(one.open.into())?;
        files.push(one.file);
    }
    Ok(SiteLogFiles { files, next, utc_offset: utc_offset(agent.host.now()) })
}

/// How far this server's time is ahead of UTC, in seconds.
fn utc_offset(now: Micros) -> i32 {
    let now = Timestamp::from_microsecond(now.as_micros()).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::system().to_offset(now).seconds()
}

fn refusal(error: &LogError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.to_string())
}
