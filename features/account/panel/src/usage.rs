//! What accounts take: noted now and then, told of where it comes near a limit, and acted upon by the installation's policy.
//!
//! The agent is asked once for all accounts, and answers from the file system's quota. Where none counts, the accounts' workers do, a few
//! accounts a minute, so that ten thousand workers are never started together; each account is counted about once a day.
//!
//! A part of a limit is told of once, when it is reached, and again only after the account was well below it. With the policy `suspend`
//! an account at its limit is suspended, and goes on by itself when it is below: of traffic, when the month ends (UTC) or the limit is raised. What a person decided stays: the policy never lets
//! an account go on that a person suspended, and leaves one alone that a person let go on, until it was below its limit.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use account_spec::{AccountSpec, GetUsage, ListUsage};
use api_kit::{ApiError, Change, Prefer};
use auth::{AccountKey, Actor, SuspendAccounts};
use desired::event::{self, Code, Event};
use desired::{Asked, Key, Panel, setting};
use names::{AccountId, Micros, SiteId};
use store::{StoreError, Tx, WriteTx};
use web_spec::GetTraffic;

use crate::dependents::Dependents;
use crate::rules::OverQuota;
use crate::store::site_traffic;
use crate::store::usage::{self, Policy, Standing, Told};

/// The setting: how often, in minutes, the agent is asked about all accounts.
pub const EVERY_MINUTES: &str = "usage.every_minutes";
/// Its value where nobody sets it.
pub const EVERY_MINUTES_USUAL: u64 = 60;
/// The setting: how long daily figures are kept, in days.
pub const KEEP_DAYS: &str = "usage.keep_days";
/// Its value where nobody sets it.
pub const KEEP_DAYS_USUAL: u64 = 400;
/// The setting: what is done about an account at its limit, `warn` or `suspend`.
pub const OVER_QUOTA: &str = "usage.over_quota";
/// Why the policy suspends.
pub const REASON: &str = "over_quota";

/// How often something is looked at here.
const TICK: Duration = Duration::from_mins(1);
/// Accounts that workers count in one tick.
const COUNTS: i64 = 8;
/// How old figures by a worker become.
const COUNT_AGE: Duration = Duration::from_hours(24);
/// Rows at once.
const PAGE: i64 = 1000;
/// Days before today that the agent can still be asked about.
const AGENT_KEEPS: i64 = 39;
/// A day, in microseconds.
const DAY: i64 = 86_400 * 1_000_000;

/// The upkeep of usage.
pub struct Upkeep {
    panel: Panel,
    dependents: Arc<dyn Dependents>,
    looked: Option<Micros>,
    /// The account after which workers go on to count.
    cursor: String,
}

/// Goes on for ever. Drop the future to stop.
pub async fn run(panel: Panel, dependents: Arc<dyn Dependents>) {
    let mut upkeep = Upkeep::new(panel, dependents);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = upkeep.tick().await {
            tracing::debug!(error = %error.problem().detail, "usage was not noted; it is tried again in a minute");
        }
    }
}

/// The day of a time, since 1970 (UTC).
pub(crate) fn day_of(time: Micros) -> i64 {
    time.as_micros().div_euclid(DAY)
}

/// The first day of the month (UTC) that a day is in, both since 1970: Hinnant's `civil_from_days`.
fn first_of_month(day: i64) -> i64 {
    let day_of_era = (day + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    day - (day_of_year - (153 * month + 2) / 5)
}

impl Upkeep {
    /// Nothing was looked at yet.
    pub fn new(panel: Panel, dependents: Arc<dyn Dependents>) -> Self {
        Self { panel, dependents, looked: None, cursor: String::new() }
    }

    /// Does what is due.
    pub async fn tick(&mut self) -> Result<(), ApiError> {
        self.tick_at(self.panel.now()).await
    }

    /// Does what is due at this moment.
    pub async fn tick_at(&mut self, now: Micros) -> Result<(), ApiError> {
        let every = async |tx: &mut Tx| setting::get::<u64>(tx, EVERY_MINUTES).await;
        let every = self.panel.store().read(every).await?.unwrap_or(EVERY_MINUTES_USUAL);
        let due = now.minus(Duration::from_secs(every.saturating_mul(60)));
        if self.looked.is_none_or(|looked| looked <= due) {
            self.look(now).await?;
            self.traffic(day_of(now)).await?;
            self.prune(now).await?;
            self.looked = Some(now);
        }
        self.count(now).await?;
        self.judge(day_of(now)).await
    }

    /// Asks the agent about all accounts.
    async fn look(&self, now: Micros) -> Result<(), ApiError> {
        let mut after = None;
        loop {
            let page = self.panel.agent().call(&ListUsage { after }).await.map_err(desired::agent_error)?;
            after = page.accounts.last().map(|last| last.account);
            let counted: Vec<_> =
                page.accounts.into_iter().filter_map(|one| Some((one.account, one.usage?))).collect();
            self.panel
                .store()
                .write(async |tx: &mut WriteTx| -> Result<(), StoreError> {
                    for (account, usage) in &counted {
                        usage::record(tx, *account, usage, day_of(now), now).await?;
                    }
                    Ok(())
                })
                .await?;
            if !page.more || after.is_none() {
                return Ok(());
            }
        }
    }

    /// Asks the agent what was sent yesterday, which may have grown after the last look, and today; after a start also the days since the
    /// last one that is noted, as far as the agent keeps them.
    async fn traffic(&self, today: i64) -> Result<(), ApiError> {
        let owners = self.owners().await?;
        let mut first = today - 1;
        if self.looked.is_none() {
            let newest = async |tx: &mut Tx| site_traffic::newest(tx).await;
            first = first.min(self.panel.store().read(newest).await?.max(today - AGENT_KEEPS));
        }
        for day in first..=today {
            let mut sums: BTreeMap<AccountId, (u64, u64)> = BTreeMap::new();
            let mut after = None;
            loop {
                let ask = GetTraffic { day, after };
                let page = self.panel.agent().call(&ask).await.map_err(desired::agent_error)?;
                for site in &page.sites {
                    let Some(account) = owners.get(&site.site) else { continue };
                    let sum = sums.entry(*account).or_default();
                    (sum.0, sum.1) = (sum.0.saturating_add(site.bytes), sum.1.saturating_add(site.requests));
                }
                let record = async |tx: &mut WriteTx| -> Result<(), StoreError> {
                    for site in page.sites.iter().filter(|site| owners.contains_key(&site.site)) {
                        site_traffic::record(tx, site.site, day, (site.requests, site.bytes)).await?;
                    }
                    Ok(())
                };
                self.panel.store().write(record).await?;
                after = page.sites.last().map(|last| last.site);
                if !page.more || after.is_none() {
                    break;
                }
            }
            self.panel
                .store()
                .write(async |tx: &mut WriteTx| -> Result<(), StoreError> {
                    for (account, sum) in &sums {
                        usage::record_traffic(tx, *account, day, *sum).await?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }

    async fn owners(&self) -> Result<HashMap<SiteId, AccountId>, ApiError> {
        let mut owners = HashMap::new();
        let mut after = String::new();
        loop {
            let read = async |tx: &mut Tx| usage::sites(tx, &after, PAGE).await;
            let page = self.panel.store().read(read).await?;
            let Some(last) = page.last() else { return Ok(owners) };
            after = last.site.to_string();
            owners.extend(page.into_iter().map(|of| (of.site, of.account)));
        }
    }

    async fn prune(&self, now: Micros) -> Result<(), ApiError> {
        let prune = async |tx: &mut WriteTx| -> Result<(), StoreError> {
            let keep = setting::get::<u64>(tx, KEEP_DAYS).await?.unwrap_or(KEEP_DAYS_USUAL);
            let before = day_of(now).saturating_sub(i64::try_from(keep).unwrap_or(i64::MAX));
            usage::prune(tx, before).await?;
            site_traffic::prune(tx, before).await?;
            Ok(())
        };
        Ok(self.panel.store().write(prune).await?)
    }

    /// Has the workers of a few accounts count whose figures are old. One that does not answer has its turn in the next round.
    async fn count(&mut self, now: Micros) -> Result<(), ApiError> {
        let (after, before) = (self.cursor.clone(), now.minus(COUNT_AGE));
        let read = async |tx: &mut Tx| usage::stale(tx, &after, before, COUNTS).await;
        let stale = self.panel.store().read(read).await?;
        if stale.is_empty() {
            self.cursor.clear();
        }
        for account in stale {
            self.cursor = account.id.to_string();
            let call = GetUsage { account: account.name.clone() };
            match self.panel.agent().call(&call).await {
                Ok(counted) => {
                    let now = self.panel.now();
                    let record = async |tx: &mut WriteTx| {
                        usage::record(tx, account.id, &counted, day_of(now), now).await
                    };
                    self.panel.store().write(record).await?;
                }
                Err(error) => {
                    tracing::debug!(account = %account.name, %error, "the account was not counted");
                }
            }
        }
        Ok(())
    }

    /// Tells of what came near a limit, and does what the policy says.
    async fn judge(&self, today: i64) -> Result<(), ApiError> {
        let month = (first_of_month(today), today);
        let policy = async |tx: &mut Tx| setting::get::<String>(tx, OVER_QUOTA).await;
        let suspends = self.panel.store().read(policy).await?.as_deref() == Some("suspend");
        let mut after = String::new();
        loop {
            let read = async |tx: &mut Tx| usage::standing(tx, &after, month, PAGE).await;
            let page = self.panel.store().read(read).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id.to_string();
            for standing in &page {
                self.judge_one(standing, suspends).await?;
            }
        }
    }

    async fn judge_one(&self, account: &Standing, suspends: bool) -> Result<(), ApiError> {
        let disk = Part::of(Some(account.disk_bytes), account.limits.disk_bytes);
        let inodes = Part::of(account.inodes, account.limits.inodes);
        let traffic = Part::of(Some(account.traffic_bytes), account.traffic_most);
        let before = account.told;
        let told = Told {
            disk: disk.told(before.disk),
            inodes: inodes.told(before.inodes),
            traffic: traffic.told(before.traffic),
        };
        let full = [disk, inodes, traffic].iter().any(|part| part.level == FULL);
        let forgets = !full && account.policy == Policy::Spared;
        if told != before || forgets {
            let now = self.panel.now();
            let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
                usage::set_told(tx, account.id, told).await?;
                for (what, told, before) in [
                    ("disk_space", told.disk, before.disk),
                    ("files", told.inodes, before.inodes),
                    ("traffic", told.traffic, before.traffic),
                ] {
                    if told > before {
                        event::note(tx, now, &near(account, what, told)).await?;
                    }
                }
                if forgets {
                    usage::forget_policy(tx, account.id).await?;
                }
                Ok(())
            };
            self.panel.store().write(write).await?;
            self.panel.events_written();
        }
        match account.policy {
            Policy::None if full && suspends && !account.suspended => self.set(account, true).await,
            Policy::Suspended if !full || !suspends => self.set(account, false).await,
            _ => Ok(()),
        }
    }

    /// As the panel itself, by the same rules as a person's suspension.
    async fn set(&self, account: &Standing, suspended: bool) -> Result<(), ApiError> {
        let actor = Actor::system();
        let key = AccountKey::Id(account.id);
        let find = async |tx: &mut Tx| auth::account::<SuspendAccounts>(tx, &actor, &key).await;
        let proof = self.panel.store().read(find).await?;
        let asked = Asked::by(&actor, Change::default(), Prefer { wait: None })?;
        let rules = OverQuota { dependents: Arc::clone(&self.dependents), proof, suspended };
        self.panel.change(&asked, rules).await.map(drop)
    }
}

/// At its limit.
const FULL: i64 = 100;

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// 0, 80, 95, or 100 per cent.
    level: i64,
    /// The same if a twentieth of the limit more were used.
    soon: i64,
}

impl Part {
    fn of(used: Option<u64>, limit: Option<u64>) -> Self {
        let (Some(used), Some(limit)) = (used, limit) else { return Self { level: 0, soon: 0 } };
        Self { level: level(used, limit), soon: level(used.saturating_add(limit / 20), limit) }
    }

    /// What has been told of when this has been told: never less than what is so, and no less than before while it is nearly so.
    fn told(self, before: i64) -> i64 {
        self.level.max(before.min(self.soon))
    }
}

/// A file system that holds a limit lets nobody reach it to the last byte: the last half of a per cent counts as full.
fn level(used: u64, limit: u64) -> i64 {
    let (used, limit) = (u128::from(used) * 1000, u128::from(limit));
    [(995, FULL), (950, 95), (800, 80)]
        .into_iter()
        .find(|(thousandths, _)| used >= limit * thousandths)
        .map_or(0, |(_, level)| level)
}

fn near(account: &Standing, what: &str, percent: i64) -> Event {
    let code = if percent == FULL { Code::UsageFull } else { Code::UsageHigh };
    let key = Key::of::<AccountSpec>(&account.id);
    Event::of(key, Some(account.id), code, account.name.as_str()).with("what", what).with("percent", percent)
}

#[cfg(test)]
mod tests;
