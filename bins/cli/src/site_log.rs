//! `holdfast site log` and `holdfast site traffic`

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::client::{Call, segment, with_query};
use crate::failure::Failure;
use crate::fields::{self, bytes, moment, size, text};
use crate::follow::Follower;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::{self, Cell};

/// Lines of one request.
const PAGE: u32 = 500;

/// Which lines
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// One of the site's names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// The web server's own words, in place of the requests
    #[arg(long)]
    error: bool,
    /// So many of the newest lines, the newest last
    #[arg(long, short = 'n', value_name = "COUNT", default_value = "50", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    lines: u32,
    /// Only lines with this text in one of their fields; it is no pattern
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    search: Option<String>,
    /// Only requests that were answered so, such as 404 or 5xx
    #[arg(long, conflicts_with = "error")]
    status: Option<String>,
    /// Only what is older than this place: the `id` of a line that --json shows
    #[arg(long, value_name = "PLACE", conflicts_with = "follow")]
    before: Option<String>,
    /// Go on with new lines until interrupted; a restart of the panel and a rotation lose none
    #[arg(long, short)]
    follow: bool,
    /// Follow from this place on, in place of the newest lines
    #[arg(long, value_name = "PLACE", requires = "follow")]
    after: Option<String>,
    /// List the files of the log: the one that is written to, and those before it
    #[arg(long, conflicts_with_all = ["follow", "search", "status", "before", "download"])]
    files: bool,
    /// Keep a file of the log as it is: write it there, or to standard output with -
    #[arg(long, value_name = "FILE", conflicts_with_all = ["follow", "search", "status", "before"])]
    download: Option<PathBuf>,
    /// Which file --download keeps: a name or an id that --files shows; without it, the one that is written to
    #[arg(long, value_name = "NAME", requires = "download")]
    file: Option<String>,
}

/// How far back
#[derive(Debug, Args)]
pub(crate) struct TrafficArgs {
    /// One of the site's names, or its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    site: String,
    /// So many days, today included
    #[arg(long, value_name = "COUNT", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

fn path(site: &str, below: &str) -> String {
    format!("/sites/{}{below}", segment(site))
}

impl LogArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        if self.files {
            return files(session, &self).await;
        }
        if let Some(to) = &self.download {
            return download(session, &self, to).await;
        }
        let mut newest = self.after.clone();
        if newest.is_none() && self.lines > 0 {
            newest = newest_lines(session, &self).await?;
        }
        if self.follow { follow(session, &self, newest).await } else { Ok(()) }
    }

    fn kind(&self) -> &'static str {
        if self.error { "error" } else { "access" }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("kind", self.kind().to_owned())];
        pairs.extend(self.search.clone().map(|search| ("search", search)));
        pairs.extend(self.status.clone().map(|status| ("status", status)));
        pairs
    }
}

/// Writes the newest lines; answers the end of the log.
async fn newest_lines(session: &mut Session, args: &LogArgs) -> Result<Option<String>, Failure> {
    let (mut lines, mut newest, mut before) = (Vec::new(), None, args.before.clone());
    loop {
        let left = args.lines.saturating_sub(u32::try_from(lines.len()).unwrap_or(u32::MAX));
        let mut pairs = args.pairs();
        pairs.push(("limit", left.min(PAGE).to_string()));
        pairs.extend(before.map(|before| ("before", before)));
        let call = Call::get(with_query(&path(&args.site, "/logs"), &pairs)).patient();
        let page = session.ask("reading the log", call).await?.value()?;
        newest = newest.or_else(|| page.get("newest").and_then(Value::as_str).map(str::to_owned));
        lines.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        before = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if before.is_none() || lines.len() >= args.lines as usize {
            break;
        }
    }
    for line in lines.iter().rev() {
        write(session, line)?;
    }
    if lines.is_empty() && !session.json && !args.follow {
        session.screen.note(&[span(Style::Dim, "none")])?;
    }
    session.screen.flush()?;
    Ok(newest)
}

fn status(line: &Value) -> Style {
    match line.get("status").and_then(Value::as_u64) {
        Some(500..) => Style::Bad,
        Some(400..) => Style::Warn,
        _ => Style::Plain,
    }
}

fn write(session: &mut Session, line: &Value) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(line.to_string().as_bytes())?);
    }
    let raw = text(line, "raw");
    if !raw.is_empty() {
        return Ok(session.screen.line(&[plain(raw)])?);
    }
    let time = span(Style::Dim, moment(line, "time"));
    let level = text(line, "level");
    if !level.is_empty() {
        let style = if matches!(level.as_str(), "warn" | "notice" | "info" | "debug") {
            Style::Warn
        } else {
            Style::Bad
        };
        let words = [time, plain("  "), span(style, level), plain("  "), plain(text(line, "message"))];
        return Ok(session.screen.line(&words)?);
    }
    let took = format!("  {}  {} s", size(line, "bytes"), text(line, "seconds"));
    let words = [
        time,
        plain(format!("  {}  ", text(line, "client"))),
        span(status(line), text(line, "status")),
        plain(format!("  {} {}", text(line, "method"), text(line, "uri"))),
        span(Style::Dim, took),
        span(Style::Dim, format!("  {}", text(line, "agent"))),
    ];
    Ok(session.screen.line(&words)?)
}

async fn follow(session: &mut Session, args: &LogArgs, newest: Option<String>) -> Result<(), Failure> {
    let call = Call::get(with_query(&path(&args.site, "/logs/follow"), &args.pairs()));
    let mut follower = Follower::new(call, newest);
    loop {
        for message in follower.next(session).await? {
            let value: Value = serde_json::from_str(&message.data).unwrap_or_default();
            match message.event.as_deref() {
                Some("line") => write(session, &value)?,
                Some("gap") => {
                    let words = "lines are missing here: the log was rotated too often meanwhile";
                    session.screen.note(&[span(Style::Warn, words)])?;
                }
                _ => {}
            }
        }
        session.screen.flush()?;
    }
}

async fn files(session: &mut Session, args: &LogArgs) -> Result<(), Failure> {
    let query = [("kind", args.kind().to_owned())];
    let call = Call::get(with_query(&path(&args.site, "/logs/files"), &query));
    let reply = session.ask("looking at the log", call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let list = reply.value()?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        return Ok(session.screen.note(&[span(Style::Dim, "none")])?);
    }
    let row = |file: &Value| {
        vec![
            Cell::plain(text(file, "name")),
            Cell::plain(size(file, "bytes")),
            Cell::plain(moment(file, "modified_at")),
            Cell::styled(Style::Dim, text(file, "id")),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    Ok(table::write(&mut session.screen, &["file", "size", "last written", "id"], &rows)?)
}

/// Written as it comes. A file that is there already is left alone.
async fn download(session: &mut Session, args: &LogArgs, to: &Path) -> Result<(), Failure> {
    let file = args.file.clone().unwrap_or_else(|| format!("{}.log", args.kind()));
    let call = Call::get(path(&args.site, &format!("/logs/files/{}", segment(&file))))
        .header("accept", "text/plain")
        .patient();
    let mut body = session.client.stream(&call).await?;
    let unwritten = |error: std::io::Error| Failure::Usage(format!("--download {}: {error}", to.display()));
    let is_out = to.as_os_str() == "-";
    let mut kept = if is_out {
        None
    } else {
        Some(OpenOptions::new().write(true).create_new(true).open(to).map_err(unwritten)?)
    };
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let cut = |error: &dyn std::fmt::Display| {
            Failure::refused(format!("the log was cut short: {error}"), "Ask for it again.")
        };
        let Ok(data) = frame.map_err(|error| cut(&error))?.into_data() else { continue };
        count += data.len() as u64;
        match &mut kept {
            Some(file) => file.write_all(&data).map_err(unwritten)?,
            None => session.screen.own(&data)?,
        }
    }
    if is_out {
        return Ok(());
    }
    session.screen.text(&format!("{file}: {} written to {}", bytes(count), to.display()))?;
    Ok(())
}

impl TrafficArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let query = [("days", self.days.to_string())];
        let call = Call::get(with_query(&path(&self.site, "/traffic"), &query));
        let reply = session.ask("reading the figures", call).await?;
        if session.json {
            return Ok(session.screen.json(&reply.body)?);
        }
        let traffic = reply.value()?;
        let items = traffic.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let row = |day: &Value| {
            vec![
                Cell::plain(text(day, "day")),
                Cell::plain(text(day, "requests")),
                Cell::plain(size(day, "bytes")),
            ]
        };
        if items.is_empty() {
            session.screen.note(&[span(Style::Dim, "no visitors")])?;
        } else {
            let rows: Vec<_> = items.iter().map(row).collect();
            table::write(&mut session.screen, &["day (UTC)", "requests", "sent"], &rows)?;
            session.screen.text("")?;
        }
        let total = format!("{} in {} requests", size(&traffic, "bytes"), text(&traffic, "requests"));
        let month = traffic.get("account_month").cloned().unwrap_or_default();
        let account = match size(&month, "limit_bytes") {
            _ if month.is_null() => String::new(),
            none if none.is_empty() => format!("{} since {}", size(&month, "bytes"), text(&month, "since")),
            most => format!("{} of {most} since {}", size(&month, "bytes"), text(&month, "since")),
        };
        Ok(fields::show(&mut session.screen, &[("the site", total), ("its account", account)])?)
    }
}

#[cfg(test)]
mod tests;
