//! How the server fared: looked at each minute, kept by the minute for two days and by the hour for three months.
//!
//! What the kernel only counts up becomes a rate by the look before, which is kept in the database, so that a restart of the panel leaves no
//! hole. Where a counter went back, or the server began anew, or the look before is too old, there is no rate: what is not known is not shown
//! as nothing.

use std::time::Duration;

use converge::methods::{GetHostMetrics, HostFigures, HostMetrics};
use desired::event::{self, Code, Event};
use desired::{Key, Panel};
use names::Micros;
use serde::{Deserialize, Serialize};
use store::{StoreError, WriteTx};

mod series;
pub(crate) mod table;

pub(crate) use series::{Range, SERIES, read};

/// A minute.
const MINUTE: Duration = Duration::from_mins(1);
/// A look before that is older gives no rates: a minute must not show what happened in an hour.
const LONGEST_GAP: Duration = Duration::from_secs(150);
/// How far the server's clock and its time since boot may differ over two looks; further, one of them was set.
const CLOCKS_DIFFER: u64 = 5;
/// The agent is told to be away after so long without an answer.
const AWAY: Duration = Duration::from_mins(3);
/// The disk is told of when so many per cent are used, once, until less than [`DISK_WELL`] are.
const DISK_HIGH: [u64; 2] = [95, 90];
/// The disk is well again.
const DISK_WELL: u64 = 85;

/// How many figures a look has.
pub(crate) const FIGURES: usize = 9;

/// The figures of one minute, as they are kept, in the order of [`SERIES`].
pub(crate) type Figures = [Option<i64>; FIGURES];

/// What the look before counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    uptime: u64,
    figures: HostFigures,
}

/// Looks at the server.
#[derive(Clone)]
pub struct Sampler {
    panel: Panel,
    /// Before this nobody could have answered.
    began: Micros,
}

impl Sampler {
    /// Nothing was looked at yet.
    pub fn new(panel: Panel) -> Self {
        let began = panel.now();
        Self { panel, began }
    }

    /// Asks the agent, and keeps what it says.
    pub async fn look(&self) -> Result<(), StoreError> {
        let seen = match self.panel.agent().call(&GetHostMetrics {}).await {
            Ok(metrics) => Seen::Answer(Box::new(metrics)),
            Err(error) if error.refusal().is_some() && !error.is_unavailable() => Seen::Refusal,
            Err(error) => {
                tracing::debug!(%error, "the agent was not asked about the server");
                Seen::Nothing
            }
        };
        if let Seen::Answer(metrics) = &seen {
            web_panel::node::keep(&self.panel, metrics).await?;
        }
        self.look_at(self.panel.now(), seen).await
    }

    /// Keeps what was seen at this moment.
    pub async fn look_at(&self, now: Micros, seen: Seen) -> Result<(), StoreError> {
        let told = self
            .panel
            .store()
            .write(async |tx: &mut WriteTx| -> Result<bool, StoreError> {
                let Some(node) = table::node(tx).await? else { return Ok(false) };
                let before = table::watch(tx, &node.id).await?;
                let mut after = before.clone();
                let mut events = Vec::new();
                let event =
                    |code| Event::of(Key { kind: "node", id: node.id.clone() }, None, code, &node.name);
                match &seen {
                    Seen::Nothing => {
                        let heard = before.looked_at.map_or(self.began, |at| at.max(self.began));
                        if !before.away && now.since(heard) >= AWAY {
                            after.away = true;
                            events.push(event(Code::AgentAway));
                        }
                    }
                    Seen::Refusal | Seen::Answer(_) => {
                        if before.away {
                            after.away = false;
                            events.push(event(Code::AgentBack));
                        }
                    }
                }
                if let Seen::Answer(metrics) = &seen {
                    let look_before = before.looked_at.zip(before.counted);
                    table::add_minute(tx, &node.id, minute_of(now), &figures(metrics, look_before, now))
                        .await?;
                    after.looked_at = Some(now);
                    after.counted = counted(metrics);
                    after.disk_told = disk_told(metrics, before.disk_told);
                    if after.disk_told > before.disk_told {
                        let high = event(Code::DiskHigh).with("percent", after.disk_told);
                        events.push(if after.disk_told >= 95 { high.with_severity("error") } else { high });
                    }
                }
                if after != before {
                    table::set_watch(tx, &node.id, &after).await?;
                }
                for event in &events {
                    event::note(tx, now, event).await?;
                }
                Ok(!events.is_empty())
            })
            .await?;
        if told {
            self.panel.events_written();
        }
        Ok(())
    }
}

/// What came of asking the agent.
#[derive(Debug, Clone)]
pub enum Seen {
    /// It says how the server is.
    Answer(Box<HostMetrics>),
    /// It answers, but not this.
    Refusal,
    /// It does not answer.
    Nothing,
}

/// The time until the next look: just after the next full minute, so that each minute has one.
pub(crate) fn until_next(now: Micros) -> Duration {
    let minute = i64::try_from(MINUTE.as_micros()).unwrap_or(i64::MAX);
    let passed = now.as_micros().rem_euclid(minute);
    Duration::from_micros(u64::try_from(minute - passed).unwrap_or(0))
}

/// The minute that a look tells about: a look at its end, or in its second half.
fn minute_of(now: Micros) -> i64 {
    let minute = i64::try_from(MINUTE.as_micros()).unwrap_or(i64::MAX);
    let middle = now.as_micros() - minute / 2;
    middle - middle.rem_euclid(minute)
}

fn counted(metrics: &HostMetrics) -> Option<Counted> {
    metrics.figures.map(|figures| Counted { uptime: metrics.uptime_seconds, figures })
}

/// The figures of a look, with the rates since the look before.
fn figures(metrics: &HostMetrics, before: Option<(Micros, Counted)>, now: Micros) -> Figures {
    let used = |total: u64, free: u64| (total > 0).then(|| int(total.saturating_sub(free)));
    let seen = counted(metrics);
    let rates = seen.zip(before).and_then(|(seen, (then, before))| {
        let since = comparable(before, then, seen, now)?;
        let (old, new) = (before.figures, seen.figures);
        let cpu = new.cpu_busy.checked_sub(old.cpu_busy).zip(new.cpu_total.checked_sub(old.cpu_total));
        let rate = |old: u64, new: u64| {
            let grown = u128::from(new.checked_sub(old)?);
            let a_second = grown * 1_000_000 / since.as_micros();
            Some(i64::try_from(a_second).unwrap_or(i64::MAX))
        };
        Some([
            cpu.and_then(|(busy, total)| {
                let millionths = u128::from(busy.min(total)) * 1_000_000;
                i64::try_from(millionths.checked_div(u128::from(total))?).ok()
            }),
            rate(old.network_in, new.network_in),
            rate(old.network_out, new.network_out),
            rate(old.disk_read, new.disk_read),
            rate(old.disk_write, new.disk_write),
        ])
    });
    let [cpu, network_in, network_out, disk_read, disk_write] = rates.unwrap_or_default();
    [
        cpu,
        thousandths(metrics.load[0]),
        used(metrics.memory_total, metrics.memory_available),
        seen.map(|seen| int(seen.figures.swap_total.saturating_sub(seen.figures.swap_free))),
        used(metrics.disk_total, metrics.disk_available),
        network_in,
        network_out,
        disk_read,
        disk_write,
    ]
}

/// The time between two looks that can be held against each other.
fn comparable(before: Counted, then: Micros, seen: Counted, now: Micros) -> Option<Duration> {
    let since = Some(now.since(then)).filter(|since| !since.is_zero() && *since <= LONGEST_GAP)?;
    let ran = seen.uptime.checked_sub(before.uptime)?;
    (ran.abs_diff(since.as_secs()) <= CLOCKS_DIFFER).then_some(since)
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a load that no number holds is the largest")]
fn thousandths(load: f64) -> Option<i64> {
    (load.is_finite() && load >= 0.0).then(|| (load * 1000.0).round() as i64)
}

/// Of how much the disk has been told when this has been told.
fn disk_told(metrics: &HostMetrics, before: i64) -> i64 {
    let (total, free) = (metrics.disk_total, metrics.disk_available);
    if total == 0 {
        // nobody looked: nothing is better or worse
        return before;
    }
    let used = u128::from(total.saturating_sub(free)) * 100;
    let is_at = |percent: u64| used >= u128::from(total) * u128::from(percent);
    if !is_at(DISK_WELL) {
        return 0;
    }
    let level = DISK_HIGH.into_iter().find(|percent| is_at(*percent)).map_or(0, int);
    level.max(before)
}

#[cfg(test)]
mod tests;
