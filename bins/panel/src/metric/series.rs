//! Figures over a time, in as many points as are asked for.

use std::time::Duration;

use names::Micros;
use store::{StoreError, Tx};

use super::FIGURES;
use super::table::{self, Row};

/// What a figure counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A part, from 0 to 1.
    Ratio,
    /// A number.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
}

impl Unit {
    /// The word in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Count => "count",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "bytes_per_second",
        }
    }

    /// What is kept as a whole number, as it is shown.
    fn show(self, kept: f64) -> f64 {
        match self {
            Self::Ratio => (kept / 100.0).round() / 10_000.0,
            Self::Count => (kept / 10.0).round() / 100.0,
            Self::Bytes | Self::BytesPerSecond => kept.round(),
        }
    }
}

/// The names and units of all figures, in the order of their columns.
pub(crate) const SERIES: [(&str, Unit); FIGURES] = [
    ("cpu", Unit::Ratio),
    ("load", Unit::Count),
    ("memory", Unit::Bytes),
    ("swap", Unit::Bytes),
    ("disk", Unit::Bytes),
    ("network_in", Unit::BytesPerSecond),
    ("network_out", Unit::BytesPerSecond),
    ("disk_read", Unit::BytesPerSecond),
    ("disk_write", Unit::BytesPerSecond),
];

/// A second, in microseconds.
const SECOND: i64 = 1_000_000;
/// Where nobody says from when on.
const USUAL: Duration = Duration::from_hours(24);
/// The longest time that is shown: all that is kept, and a little more.
const LONGEST: Duration = Duration::from_hours(100 * 24);
/// How far ahead of ours a caller's clock may be.
const AHEAD: Duration = Duration::from_hours(1);
/// Steps that a reader of a chart knows, in seconds.
const STEPS: [i64; 14] =
    [60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/// A time in even steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// Its beginning, in microseconds.
    pub(crate) first: i64,
    /// How long a step is, in microseconds.
    pub(crate) step: i64,
    /// How many there are.
    pub(crate) count: usize,
    minutes_since: i64,
}

/// Why a time is not shown: which parameter, a code, why, and what to do.
pub(crate) type Refused = (&'static str, &'static str, &'static str, &'static str);

impl Range {
    /// The time from one moment to another, in at most so many steps.
    pub(crate) fn new(
        (from, to): (Option<Micros>, Option<Micros>),
        points: i64,
        now: Micros,
    ) -> Result<Self, Refused> {
        let end = to.unwrap_or(now);
        let begin = from.unwrap_or_else(|| end.minus(USUAL));
        if end > now.plus(AHEAD) {
            return Err(("to", "out_of_range", "This lies in the future.", "Send a time that has been."));
        }
        if begin >= end {
            let remedy = "Send a beginning before the end, which is now where none is sent.";
            return Err(("from", "out_of_range", "The beginning is not before the end.", remedy));
        }
        if end.since(begin) > LONGEST {
            let remedy = "Send a beginning at most 100 days before the end.";
            return Err(("from", "out_of_range", "This is too long.", remedy));
        }
        let minutes_since = table::minutes_since(now);
        let least = if begin.as_micros() < minutes_since { 3600 } else { 60 };
        let fits = |step: &i64| *step >= least && Self::of((begin, end), *step).1 <= points;
        // in days without end all of it is one step
        let days = || (2..100_000).map(|days| days * 86_400).find(fits);
        let step = STEPS.iter().copied().find(fits).or_else(days).unwrap_or(86_400);
        let (first, count) = Self::of((begin, end), step);
        Ok(Self { first, step: step * SECOND, count: usize::try_from(count).unwrap_or(0), minutes_since })
    }

    /// Where steps of so many seconds begin that cover a time, and how many there are.
    fn of((begin, end): (Micros, Micros), step: i64) -> (i64, i64) {
        let step = step * SECOND;
        let (begin, end) = (begin.as_micros(), end.as_micros());
        let first = begin - begin.rem_euclid(step);
        let count = (end - first + step - 1).div_euclid(step);
        (first, count)
    }

    /// When its steps begin.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        let Self { first, step, count, .. } = *self;
        (0..count).map(move |index| first + step * i64::try_from(index).unwrap_or(0))
    }

    /// The moment after it.
    pub(crate) fn end(&self) -> i64 {
        self.first + self.step * i64::try_from(self.count).unwrap_or(0)
    }
}

/// The averages and peaks of each step, of one figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Points {
    pub(crate) average: Vec<Option<f64>>,
    pub(crate) peak: Vec<Option<f64>>,
}

/// All figures of the server over a time, in the order of [`SERIES`].
pub(crate) async fn read(tx: &mut Tx, range: &Range) -> Result<Vec<Points>, StoreError> {
    let rows = match table::node(tx).await? {
        Some(node) => table::rows(tx, &node.id, (range.first, range.end()), range.minutes_since).await?,
        None => Vec::new(),
    };
    Ok(gather(&rows, range))
}

/// A sum, of how many minutes it is, and the highest.
#[derive(Debug, Clone, Copy, Default)]
struct Gathered {
    sum: f64,
    minutes: f64,
    peak: Option<i64>,
}

#[expect(clippy::cast_precision_loss, reason = "a figure of a chart needs no more")]
fn gather(rows: &[Row], range: &Range) -> Vec<Points> {
    let mut gathered = vec![[Gathered::default(); FIGURES]; range.count];
    for row in rows {
        let step = usize::try_from((row.at - range.first).div_euclid(range.step)).ok();
        let Some(step) = step.and_then(|step| gathered.get_mut(step)) else { continue };
        for (figure, into) in step.iter_mut().enumerate() {
            if let Some(average) = row.average[figure] {
                let minutes = row.samples.max(1) as f64;
                into.sum += average as f64 * minutes;
                into.minutes += minutes;
            }
            into.peak = into.peak.max(row.peak[figure]);
        }
    }
    let points = |figure: usize| {
        let unit = SERIES[figure].1;
        let of = |step: &[Gathered; FIGURES]| step[figure];
        let average = |g: Gathered| (g.minutes > 0.0).then(|| unit.show(g.sum / g.minutes));
        Points {
            average: gathered.iter().map(of).map(average).collect(),
            peak: gathered.iter().map(of).map(|g| g.peak.map(|peak| unit.show(peak as f64))).collect(),
        }
    };
    (0..FIGURES).map(points).collect()
}

#[cfg(test)]
mod tests;
