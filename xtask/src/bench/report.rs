//! What was measured, as JSON and as the table of `bench/README.md`.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// All figures of one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// Where and of what.
    pub(super) machine: Machine,
    /// The figures, in the order in which they were taken.
    pub(super) figures: Vec<Figure>,
}

/// Where the figures come from; figures of two machines are not compared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) date: String,
    pub(super) commit: String,
    pub(super) package: String,
    pub(super) processor: String,
    pub(super) cores: String,
    pub(super) memory: String,
    pub(super) kernel: String,
    pub(super) distribution: String,
    /// What writing and syncing 4 KiB costs there.
    pub(super) sync: String,
    /// The load of the machine before the run and after it: above the run's own, others worked there too.
    pub(super) load: String,
}

/// One figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Figure {
    /// What, in words that do not change from run to run.
    pub(super) what: String,
    /// The unit of the values.
    pub(super) unit: String,
    /// The aim: no more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aim: Option<f64>,
    /// The figure: the median of the samples.
    pub(super) value: f64,
    /// The least and the greatest sample.
    pub(super) range: (f64, f64),
    /// How many samples.
    pub(super) samples: usize,
}

impl Figure {
    /// The median of samples, in their unit.
    pub(super) fn of(what: impl Into<String>, unit: &str, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            what: what.into(),
            unit: unit.to_owned(),
            aim: None,
            value: quantile(&samples, 50),
            range: (quantile(&samples, 0), quantile(&samples, 100)),
            samples: samples.len(),
        }
    }

    /// One value.
    pub(super) fn one(what: impl Into<String>, unit: &str, value: f64) -> Self {
        Self::of(what, unit, vec![value])
    }

    /// The median of times.
    pub(super) fn times(what: impl Into<String>, samples: &[Duration]) -> Self {
        Self::of(what, "s", samples.iter().map(Duration::as_secs_f64).collect())
    }

    /// The same, which should be no more than `aim`.
    pub(super) fn aim(mut self, aim: f64) -> Self {
        self.aim = Some(aim);
        self
    }

    fn verdict(&self) -> &'static str {
        match self.aim {
            None => "",
            Some(aim) if self.value <= aim => "yes",
            Some(_) => "**no**",
        }
    }
}

/// The sample below which `percent` of the sorted samples lie.
pub(super) fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    sorted.get((last * percent).div_ceil(100)).copied().unwrap_or(f64::NAN)
}

impl Report {
    /// The table, with how it was taken.
    pub(super) fn markdown(&self, how: &str) -> String {
        let m = &self.machine;
        let mut text = String::from(
            "# Measured\n\nWritten by `cargo xtask bench --keep`; the same figures as JSON are in the file beside it. Nothing here is a \
             test: figures of\nanother machine, or of a busy one, say nothing about a change.\n\n",
        );
        for (name, value) in [
            ("Date", &m.date),
            ("Commit", &m.commit),
            ("Package", &m.package),
            ("Processor", &m.processor),
            ("Cores", &m.cores),
            ("Memory", &m.memory),
            ("Kernel", &m.kernel),
            ("Server", &m.distribution),
            ("Write and sync of 4 KiB", &m.sync),
            ("Load before, after (1, 5, 15 min)", &m.load),
        ] {
            let _ = writeln!(text, "- {name}: {value}");
        }
        text.push_str(
            "\n| What | Aim | Median | Least to most | Samples | Met |\n|---|---:|---:|---:|---:|---|\n",
        );
        for figure in &self.figures {
            let unit = &figure.unit;
            let aim = figure.aim.map(|aim| format!("{} {unit}", number(aim))).unwrap_or_default();
            let range = if figure.samples > 1 {
                format!("{} to {}", number(figure.range.0), number(figure.range.1))
            } else {
                String::new()
            };
            let (what, value) = (&figure.what, number(figure.value));
            let _ = writeln!(
                text,
                "| {what} | {aim} | {value} {unit} | {range} | {} | {} |",
                figure.samples,
                figure.verdict()
            );
        }
        text.push_str(how);
        text
    }
}

/// As many digits as tell something.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// How what the server costs is measured.
pub(super) const HOW: &str = "
## How it is measured

- The server is Debian in `systemd-nspawn` on the machine named above, its disk an overlay where a sync costs what it
  costs. Panel, agent, nginx, PHP and the client share the processors.
- Create until its first 200: from the start of `POST /sites` (over the panel's unix socket, a connection that stays) until a
  visitor from outside the server, who asks for `/` of the new name every 3 ms by a new connection, gets 200. Each site runs PHP.
- Create until it is ready and 200: the same with `Prefer: wait`, then one `GET`. Ready means that no old worker of nginx
  answers any more; nginx itself lets the old ones go on for 0.1 s after the new ones have started.
- Batch: 16 connections send POSTs without waiting; it ends when every site is ready and `GET /plan` is empty.
  Reloads are those that the journal of the agent tells of.
- Sweep: `POST /sweep`. Its processor time is the agent's own count; `write_bytes` and `syscw` are of /proc of the
  agent; changed files are those of /etc, /home and the agent's state with a later change time than its start.
- Memory: `Pss` and `Rss` of smaps_rollup.
- Latency: 2,000 requests one after another on one connection, by curl's own clock, from outside the server; over HTTPS
  signed in with a session, over the unix socket as root.

What rights cost in a large tree is in [tree.md](tree.md).
";

/// How what rights cost is measured.
pub(super) const HOW_TREE: &str = "
## How it is measured

- `cargo xtask bench --tree`. The tree is written straight into the panel's database on such a server as in [README.md](README.md), and the
  agent is kept away: nothing of it is on the server, and what is measured is the panel. Half of the organisations are below one reseller,
  in a chain of six resellers and their clients; each organisation has ten accounts and ten packages, each account an owner.
- Requests go one after another over one connection to the panel's unix socket, without TLS. Each is timed by the client, from sending to
  the last byte.
- A list is the first page of 100, 1,000 times, one caller after the other.
- Authorisation is what the same request, one account, takes longer by median than as root by the socket, who is known by the kernel and for
  whom no right is looked up: session or token, person, roles in force, and what they reach. Callers ask in turns, 4,000 times each.
- A change of a package is written down when the panel has answered; the server follows afterwards, which is not in these figures.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "a quantile is one of the samples, not computed")]
    fn quantiles_are_samples() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0, 50, 99, 100].map(|p| quantile(&samples, p)), [1.0, 51.0, 100.0, 100.0]);
        assert_eq!(quantile(&[7.0], 99), 7.0);
        assert!(quantile(&[], 50).is_nan());
    }

    #[test]
    fn the_table_tells_whether_an_aim_is_met() {
        let figures = vec![
            Figure::of("quick", "s", vec![0.3, 0.1, 0.2]).aim(0.25),
            Figure::one("slow", "MB", 50.0).aim(40.0),
            Figure::one("free", "sites/s", 12.345),
        ];
        let text = Report { machine: Machine::default(), figures }.markdown(HOW);
        assert!(text.contains("| quick | 0.2500 s | 0.2000 s | 0.1000 to 0.3000 | 3 | yes |"), "{text}");
        assert!(text.contains("| slow | 40 MB | 50 MB |  | 1 | **no** |"), "{text}");
        assert!(text.contains("| free |  | 12.35 sites/s |  | 1 |  |"), "{text}");
    }
}
