//! The rows of figures.

use std::time::Duration;

use names::Micros;
use store::{FromRow, RowError, Statement, StoreError, Tx, Value, WriteTx};

use super::{Counted, FIGURES, Figures};

/// Minutes are kept so long.
const MINUTES_KEPT: Duration = Duration::from_hours(48);
/// Hours are kept so long.
pub(super) const HOURS_KEPT: Duration = Duration::from_hours(90 * 24);
/// An hour is over when its last minute is written.
const SETTLED: Duration = Duration::from_mins(2);
/// An hour, in microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;

const NODE: Statement = Statement::new("SELECT id, name FROM node ORDER BY created_at LIMIT 1");
const WATCH: Statement =
    Statement::new("SELECT looked_at, counters, disk_told, away FROM node_watch WHERE node_id = $1");
const SET_WATCH: Statement = Statement::new(
    "INSERT INTO node_watch (node_id, looked_at, counters, disk_told, away) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (node_id) DO UPDATE SET looked_at = excluded.looked_at, counters = excluded.counters,
            disk_told = excluded.disk_told, away = excluded.away",
);
// the first look of a minute stands
const ADD_MINUTE: Statement = Statement::new(
    "INSERT INTO metric (node_id, step, at, samples, cpu, load, memory, swap, disk, network_in, network_out, disk_read, disk_write)
     VALUES ($1, 60, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
);
const ROLL_UP: Statement = Statement::new(
    "INSERT INTO metric (node_id, step, at, samples, cpu, cpu_peak, load, load_peak, memory, memory_peak, swap, swap_peak, disk, disk_peak, network_in,
                    network_in_peak, network_out, network_out_peak, disk_read, disk_read_peak, disk_write, disk_write_peak)
     SELECT node_id, 3600, at - at % 3600000000, COUNT(*),
            CAST(AVG(cpu) AS BIGINT), MAX(COALESCE(cpu_peak, cpu)), CAST(AVG(load) AS BIGINT), MAX(COALESCE(load_peak, load)),
            CAST(AVG(memory) AS BIGINT), MAX(COALESCE(memory_peak, memory)), CAST(AVG(swap) AS BIGINT),
            MAX(COALESCE(swap_peak, swap)), CAST(AVG(disk) AS BIGINT), MAX(COALESCE(disk_peak, disk)),
            CAST(AVG(network_in) AS BIGINT), MAX(COALESCE(network_in_peak, network_in)), CAST(AVG(network_out) AS BIGINT),
            MAX(COALESCE(network_out_peak, network_out)), CAST(AVG(disk_read) AS BIGINT),
            MAX(COALESCE(disk_read_peak, disk_read)), CAST(AVG(disk_write) AS BIGINT),
            MAX(COALESCE(disk_write_peak, disk_write))
     FROM metric WHERE step = 60 AND at < $1
     GROUP BY node_id, at - at % 3600000000 ON CONFLICT DO NOTHING",
);
const PRUNE: Statement =
    Statement::new("DELETE FROM metric WHERE (step = 60 AND at < $1) OR (step = 3600 AND at < $2)");
const ROWS: Statement = Statement::new(
    "SELECT at, samples, cpu, cpu_peak, load, load_peak, memory, memory_peak, swap, swap_peak, disk, disk_peak, network_in,
            network_in_peak, network_out, network_out_peak, disk_read, disk_read_peak, disk_write, disk_write_peak
     FROM metric WHERE node_id = $1 AND step = $2 AND at >= $3 AND at < $4 ORDER BY at",
);

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[NODE, WATCH, SET_WATCH, ADD_MINUTE, ROLL_UP, PRUNE, ROWS];

/// The columns of the figures and of their peaks, in the order of [`super::SERIES`].
const COLUMNS: [(&str, &str); FIGURES] = [
    ("cpu", "cpu_peak"),
    ("load", "load_peak"),
    ("memory", "memory_peak"),
    ("swap", "swap_peak"),
    ("disk", "disk_peak"),
    ("network_in", "network_in_peak"),
    ("network_out", "network_out_peak"),
    ("disk_read", "disk_read_peak"),
    ("disk_write", "disk_write_peak"),
];

/// The server that the panel runs on.
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl FromRow for Node {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self { id: row.text("id")?, name: row.text("name")? })
    }
}

/// What is remembered of a server between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Watch {
    /// The last look that was answered.
    pub(super) looked_at: Option<Micros>,
    /// What it counted.
    pub(super) counted: Option<Counted>,
    /// Per cent of the disk that were told of last.
    pub(super) disk_told: i64,
    /// It was told that the agent does not answer.
    pub(super) away: bool,
}

impl FromRow for Watch {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            looked_at: row.opt_time("looked_at")?,
            // another release's words say nothing
            counted: row.opt_json("counters").unwrap_or_default(),
            disk_told: row.int("disk_told")?,
            away: row.flag("away")?,
        })
    }
}

/// A minute or an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// When it began, in microseconds.
    pub(super) at: i64,
    /// Minutes that went into it.
    pub(super) samples: i64,
    /// Averages.
    pub(super) average: Figures,
    /// The highest of any minute.
    pub(super) peak: Figures,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        let (mut average, mut peak) = (Figures::default(), Figures::default());
        for (figure, (column, peaks)) in COLUMNS.iter().enumerate() {
            average[figure] = row.opt_int(column)?;
            peak[figure] = row.opt_int(peaks)?.or(average[figure]);
        }
        Ok(Self { at: row.int("at")?, samples: row.int("samples")?, average, peak })
    }
}

pub(crate) async fn node(tx: &mut Tx) -> Result<Option<Node>, StoreError> {
    tx.optional(NODE).await
}

pub(super) async fn watch(tx: &mut Tx, node: &str) -> Result<Watch, StoreError> {
    Ok(tx.optional(WATCH.bind(node)).await?.unwrap_or_default())
}

pub(super) async fn set_watch(tx: &mut WriteTx, node: &str, watch: &Watch) -> Result<(), StoreError> {
    let counted = watch.counted.and_then(|counted| serde_json::to_string(&counted).ok());
    let set = SET_WATCH.bind(node).bind(watch.looked_at).bind(counted).bind(watch.disk_told).bind(watch.away);
    tx.execute(set).await?;
    Ok(())
}

pub(super) async fn add_minute(
    tx: &mut WriteTx,
    node: &str,
    at: i64,
    figures: &Figures,
) -> Result<(), StoreError> {
    let add =
        figures.iter().fold(ADD_MINUTE.bind(node).bind(at), |add, figure| add.bind(Value::Int(*figure)));
    tx.execute(add).await?;
    Ok(())
}

/// Makes hours of the minutes of hours that are over, where there is none yet, and forgets what is old. Again is no change.
pub(crate) async fn roll_up(tx: &mut WriteTx, now: Micros) -> Result<(), StoreError> {
    let settled = now.minus(SETTLED).as_micros();
    tx.execute(ROLL_UP.bind(settled - settled.rem_euclid(HOUR))).await?;
    tx.execute(PRUNE.bind(now.minus(MINUTES_KEPT)).bind(now.minus(HOURS_KEPT))).await?;
    Ok(())
}

/// From when on minutes are there for certain; what is before is read by the hour.
pub(super) fn minutes_since(now: Micros) -> i64 {
    let kept = now.minus(MINUTES_KEPT).as_micros();
    // the next full hour, and one more: what is just being forgotten is read by the hour
    kept - kept.rem_euclid(HOUR) + 2 * HOUR
}

/// The rows that cover this time, oldest first: hours before `minutes_since`, minutes from then on.
pub(super) async fn rows(
    tx: &mut Tx,
    node: &str,
    (from, to): (i64, i64),
    minutes_since: i64,
) -> Result<Vec<Row>, StoreError> {
    let page = |step: i64, from: i64, to: i64| ROWS.bind(node).bind(step).bind(from).bind(to);
    let mut found = Vec::new();
    if from < minutes_since {
        found = tx.all(page(3600, from, to.min(minutes_since))).await?;
    }
    if to > minutes_since {
        found.extend(tx.all::<Row>(page(60, from.max(minutes_since), to)).await?);
    }
    Ok(found)
}
