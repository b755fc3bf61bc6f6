//! What accounts take on the disk: by the file system where it counts, and else by the account's worker, as the tenant; root opens
//! nothing below a home.

use std::ops::Bound;

use account_agent::{FOR_USAGE, held, home_kind};
use account_spec::{AccountSpec, AccountUsage, GetUsage, ListUsage, Measured, QuotaList, Usage, UsagePage};
use converge::LedgerStore;
use hostd::HostError;
use names::AccountName;
use web_agent::WorkerCallError;
use web_spec::{GetSizes, GetTraffic, SiteTraffic, Sizes, TrafficPage};
use wire::Refusal;

use crate::agent::Agent;

/// The worker does not answer, or does not count.
const WORKER: &str = "holdfast.account1.WorkerUnreachable";

/// By the file system's quota, or by the account's worker over the whole home.
pub(crate) fn get(agent: &Agent, ask: &GetUsage) -> Result<Usage, Refusal> {
    let name = &ask.account;
    let users = agent.host.users().map_err(|e| host_error(&e))?;
    let uid = users.user(name.as_str()).map(|user| user.uid);
    let list = match agent.quotas.list(&agent.host, FOR_USAGE) {
        Ok(list) => list,
        // the count by the worker is as good
        Err(error) => {
            tracing::warn!(error = error.chain(), "the quota was not asked");
            std::sync::Arc::default()
        }
    };
    if let Some(usage) = by_quota(agent, &list, name, uid).map_err(|e| host_error(&e))? {
        return Ok(usage);
    }
    let counted = agent.workers.sizes(&agent.host, name, &GetSizes { below: None });
    let Sizes { bytes, entries, truncated } = counted.map_err(|error| refusal(&error))?;
    let home = home_kind(&agent.host, name).map_err(|e| host_error(&e))?;
    let seen = uid.and_then(|uid| list.accounts.get(&uid));
    let held = held(&list, home, &agent.host.bounds().home(name), seen);
    Ok(Usage { bytes, entries: Some(entries), truncated, measured_by: Measured::Worker, held })
}

/// What the file system counted; none where it does not.
fn by_quota(
    agent: &Agent,
    list: &QuotaList,
    name: &AccountName,
    uid: Option<u32>,
) -> Result<Option<Usage>, HostError> {
    let Some(seen) = uid.and_then(|uid| list.accounts.get(&uid)) else { return Ok(None) };
    let Some(bytes) = seen.used_bytes else { return Ok(None) };
    let home = home_kind(&agent.host, name)?;
    let held = held(list, home, &agent.host.bounds().home(name), Some(seen));
    let (entries, measured_by) = (seen.used_inodes, Measured::Quota);
    Ok(Some(Usage { bytes, entries, truncated: false, measured_by, held }))
}

/// A page of all accounts, as far as the file system counts.
pub(crate) fn list(agent: &Agent, ask: &ListUsage) -> Result<UsagePage, Refusal> {
    let list = agent.quotas.list(&agent.host, FOR_USAGE).map_err(|e| host_error(&e))?;
    let entries = agent
        .ledger
        .list::<AccountSpec>()
        .map_err(|e| Refusal::new("holdfast.agent1.Ledger", e.to_string()))?;
    let mut present: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.scope, entry.spec.present()?)))
        .filter(|(id, _)| ask.after.is_none_or(|after| *id > after))
        .collect();
    present.sort_by_key(|(id, _)| *id);
    let more = present.len() > ListUsage::PAGE;
    present.truncate(ListUsage::PAGE);
    let mut accounts = Vec::with_capacity(present.len());
    for (account, spec) in present {
        let usage = by_quota(agent, &list, &spec.name, Some(spec.uid.get())).map_err(|e| host_error(&e))?;
        accounts.push(AccountUsage { account, usage });
    }
    Ok(UsagePage { accounts, more })
}

/// A page of what the sites' visitors were sent on a day.
pub(crate) fn traffic(agent: &Agent, ask: &GetTraffic) -> Result<TrafficPage, Refusal> {
    let sums = agent
        .logs
        .traffic(&agent.host, ask.day)
        .map_err(|e| Refusal::new("holdfast.agent1.Host", e.to_string()))?;
    let after = ask.after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut sites: Vec<SiteTraffic> = sums
        .range((after, Bound::Unbounded))
        .take(GetTraffic::PAGE + 1)
        .map(|(site, sum)| SiteTraffic { site: *site, requests: sum.requests, bytes: sum.bytes })
        .collect();
    let more = sites.len() > GetTraffic::PAGE;
    sites.truncate(GetTraffic::PAGE);
    Ok(TrafficPage { sites, more })
}

fn host_error(error: &HostError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.chain())
}

fn refusal(error: &WorkerCallError) -> Refusal {
    let name = match error {
        WorkerCallError::Busy { .. } => wire::names::BUSY,
        WorkerCallError::Failed { .. } => WORKER,
    };
    Refusal::new(name, error.to_string())
}
