//! `holdfast node metrics`, `processes`, `services`: how the server fares, and what runs on it.

use std::time::Duration;

use clap::Args;
use names::Micros;
use serde_json::Value;

use crate::client::{Call, with_query};
use crate::drift::span_within;
use crate::failure::Failure;
use crate::fields::{bytes, duration, moment, size, text};
use crate::run::Session;
use crate::screen::{Style, span};
use crate::table::{self, Cell};

/// Which time
#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// The last minutes, hours or days, such as 90m, 24h or 7d; 100 days at most
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = last)]
    last: Duration,
    /// From when on, such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    from: Option<Micros>,
    /// Until when; until now without it
    #[arg(long, value_name = "WHEN")]
    to: Option<Micros>,
    /// So many steps at most
    #[arg(long, value_name = "COUNT", default_value = "300", value_parser = clap::value_parser!(u32).range(1..=1000))]
    points: u32,
}

fn last(text: &str) -> Result<Duration, String> {
    span_within(text, 100)
}

/// Which processes
#[derive(Debug, Args)]
pub(crate) struct ProcessesArgs {
    /// Those first that take most memory, or most of the processors
    #[arg(long, default_value = "memory", value_parser = ["memory", "cpu"])]
    sort: String,
    /// So many at most
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
}

/// Columns of a line of a chart.
const WIDE: usize = 40;
/// Between two looks at the processes.
const BETWEEN: Duration = Duration::from_secs(1);

pub(crate) async fn metrics(session: &mut Session, args: MetricsArgs) -> Result<(), Failure> {
    let from = args.from.unwrap_or_else(|| args.to.unwrap_or_else(Micros::now).minus(args.last));
    let mut pairs = vec![("from", from.to_string())];
    pairs.extend(args.to.map(|to| ("to", to.to_string())));
    pairs.push(("points", args.points.to_string()));
    let reply = session.ask("reading figures", Call::get(with_query("/node/metrics", &pairs))).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let metrics = reply.value()?;
    let series = metrics.get("series").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |one: &Value| {
        let unit = text(one, "unit");
        let average = points(one, "average");
        let known: Vec<f64> = average.iter().copied().flatten().collect();
        let peak = points(one, "peak").into_iter().flatten().reduce(f64::max);
        let shown = |figure: Option<f64>| figure.map(|figure| figured(figure, &unit)).unwrap_or_default();
        vec![
            Cell::plain(text(one, "name").replace('_', " ")),
            Cell::plain(shown(known.last().copied())),
            Cell::plain(shown(mean(&known))),
            Cell::plain(shown(peak)),
            Cell::plain(line(&average, WIDE)),
        ]
    };
    let rows: Vec<_> = series.iter().map(row).collect();
    table::write(&mut session.screen, &["what", "last", "average", "peak", "over the time"], &rows)?;
    let step = metrics.get("step_seconds").and_then(Value::as_u64).map(duration).unwrap_or_default();
    let words = format!("{} to {}, by {step}", moment(&metrics, "from"), moment(&metrics, "to"));
    session.screen.note(&[span(Style::Dim, words)])?;
    Ok(())
}

fn points(series: &Value, name: &str) -> Vec<Option<f64>> {
    let all = series.get(name).and_then(Value::as_array);
    all.map(|all| all.iter().map(Value::as_f64).collect()).unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a count of points of a chart")]
fn mean(known: &[f64]) -> Option<f64> {
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no figure is below 0")]
fn figured(figure: f64, unit: &str) -> String {
    match unit {
        "ratio" => format!("{:.1} %", figure * 100.0),
        "count" => format!("{figure:.2}"),
        "bytes_per_second" => format!("{}/s", bytes(figure as u64)),
        _ => bytes(figure as u64),
    }
}

/// A line of a chart from nothing to the highest, in so many columns at most. Where nothing is known it is blank.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a column of a chart has eight heights"
)]
fn line(points: &[Option<f64>], wide: usize) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = points.len().min(wide);
    let of = |column: usize| {
        let range = column * points.len() / columns..(column + 1) * points.len() / columns;
        mean(&points[range].iter().copied().flatten().collect::<Vec<_>>())
    };
    let means: Vec<Option<f64>> = (0..columns).map(of).collect();
    let most = means.iter().copied().flatten().fold(0.0, f64::max);
    let height = |mean: Option<f64>| match mean {
        None => ' ',
        Some(_) if most <= 0.0 => HEIGHTS[0],
        Some(mean) => HEIGHTS[((mean / most * 7.0).round() as usize).min(7)],
    };
    means.into_iter().map(height).collect()
}

pub(crate) async fn processes(session: &mut Session, args: ProcessesArgs) -> Result<(), Failure> {
    let pairs = [("sort", args.sort.clone()), ("limit", args.limit.to_string())];
    let call = Call::get(with_query("/node/processes", &pairs));
    let mut reply = session.ask("looking at the processes", call.clone()).await?;
    let is_known = reply.value()?.pointer("/items/0/cpu").is_none_or(|cpu| !cpu.is_null());
    if args.sort == "cpu" && !is_known {
        // What a process takes shows between two looks.
        tokio::time::sleep(BETWEEN).await;
        reply = session.ask("looking at the processes", call).await?;
    }
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let found = reply.value()?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |process: &Value| {
        let cpu = process.get("cpu").and_then(Value::as_f64);
        let account = text(process, "account");
        let who = if account.is_empty() { Style::Plain } else { Style::Bold };
        vec![
            Cell::plain(text(process, "command")),
            Cell::plain(text(process, "pid")),
            Cell::styled(who, text(process, "user")),
            Cell::plain(cpu.map(|cpu| format!("{:.1} %", cpu * 100.0)).unwrap_or_default()),
            Cell::plain(size(process, "memory_bytes")),
            Cell::plain(moment(process, "started_at")),
            Cell::styled(Style::Dim, text(process, "unit")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    let titles = ["process", "number", "user", "cpu", "memory", "started", "unit"];
    table::write(&mut session.screen, &titles, &rows)?;
    let words =
        format!("{} of {} processes; of cpu, 100 % is one processor", items.len(), text(&found, "count"));
    session.screen.note(&[span(Style::Dim, words)])?;
    Ok(())
}

pub(crate) async fn services(session: &mut Session) -> Result<(), Failure> {
    let reply = session.ask("looking at the services", Call::get("/node/services")).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let found = reply.value()?;
    let items = found.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |service: &Value| {
        let (active, sub) = (text(service, "active"), text(service, "sub"));
        let style = match active.as_str() {
            "failed" => Style::Bad,
            "missing" => Style::Warn,
            "active" | "reloading" => Style::Good,
            _ => Style::Plain,
        };
        let cpu = service.get("cpu_seconds").and_then(Value::as_f64);
        vec![
            Cell::plain(text(service, "unit")),
            Cell::styled(style, format!("{active} ({sub})")),
            Cell::plain(moment(service, "since")),
            Cell::plain(size(service, "memory_bytes")),
            Cell::plain(text(service, "tasks")),
            Cell::plain(cpu.map(|cpu| format!("{cpu:.1} s")).unwrap_or_default()),
            Cell::plain(text(service, "restarts")),
            Cell::styled(Style::Dim, text(service, "what")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    let titles = ["service", "stands", "since", "memory", "tasks", "cpu", "restarts", "what it is"];
    table::write(&mut session.screen, &titles, &rows)?;
    let failed = found.get("pools_failed").and_then(Value::as_array).map_or(0, Vec::len);
    let pools = format!(
        "pools: {} run, {} wait for a request, {failed} failed",
        text(&found, "pools_active"),
        text(&found, "pools_idle")
    );
    session.screen.text(&pools)?;
    if failed > 0 {
        session.screen.line(&[span(Style::Bad, format!("failed: {}", text(&found, "pools_failed")))])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
