//! `holdfast job`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use crate::change::{RehearsalArgs, show_plan};
use crate::client::{Call, Reply, segment, with_query};
use crate::failure::Failure;
use crate::fields::{self, moment, text};
use crate::follow::Follower;
use crate::list::PageArgs;
use crate::run::Session;
use crate::screen::{Style, plain, span};
use crate::table::Cell;

/// Jobs: work with an end, such as an installation
#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// List jobs, the newest first
    List(ListArgs),
    /// Show a job: its steps, and how it ended
    Show(IdArgs),
    /// Write a job's log
    Log(LogArgs),
    /// Cancel a job
    Cancel(ActArgs),
    /// Try a job again that failed or was cancelled; it goes on with what is there
    Retry(ActArgs),
}

/// Which jobs
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only those that stand so
    #[arg(long, value_parser = ["queued", "running", "done", "failed", "cancelled"])]
    state: Option<String>,
    /// Only of this kind, such as role.install
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// One job
#[derive(Debug, Args)]
pub(crate) struct IdArgs {
    /// Its id
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    job: String,
}

/// Which lines
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Id of the job
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    job: String,
    /// Go on with new lines until the job has ended; a restart of the panel loses none
    #[arg(long, short, conflicts_with = "limit")]
    follow: bool,
    /// Only lines behind the one of this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// So many lines at most; without it, all that are kept
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: Option<u32>,
}

/// What happens to which job
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// Id of the job
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    job: String,
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

impl JobCommand {
    /// Whether it only shows what it would do.
    pub(crate) fn rehearsal(&mut self) -> Option<&mut RehearsalArgs> {
        match self {
            Self::Cancel(args) | Self::Retry(args) => Some(&mut args.rehearsal),
            _ => None,
        }
    }

    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self {
            Self::List(args) => list(session, &args).await,
            Self::Show(args) => {
                let reply = session.ask("looking at the job", Call::get(path(&args.job, ""))).await?;
                show(session, &reply)
            }
            Self::Log(args) if args.follow => follow(session, &args.job, args.after.unwrap_or(0)).await,
            Self::Log(args) => log(session, &args).await,
            Self::Cancel(args) => act(session, &args, "cancel").await,
            Self::Retry(args) => act(session, &args, "retry").await,
        }
    }
}

fn path(job: &str, below: &str) -> String {
    format!("/jobs/{}{below}", segment(job))
}

fn style(state: &str) -> Style {
    match state {
        "done" => Style::Good,
        "failed" => Style::Bad,
        "cancelled" => Style::Dim,
        _ => Style::Warn,
    }
}

/// `running: packages (43 %)`
fn stands(job: &Value) -> String {
    let state = text(job, "state");
    let steps = job.get("steps").and_then(Value::as_array).cloned().unwrap_or_default();
    let at = steps
        .iter()
        .rev()
        .find(|step| matches!(text(step, "state").as_str(), "running" | "failed" | "cancelled"));
    let mut words = match at {
        Some(step) => format!("{state}: {}", text(step, "name")),
        None => state.clone(),
    };
    if let (Some(percent), "running") = (job.get("percent").and_then(Value::as_i64), state.as_str()) {
        let _ = write!(words, " ({percent} %)");
    }
    if let Some(position) = job.get("position").and_then(Value::as_i64) {
        let _ = write!(words, ", number {position} of the queue");
    }
    words
}

fn object(job: &Value) -> String {
    let object = job.get("object").cloned().unwrap_or_default();
    format!("{} {}", text(&object, "kind"), text(&object, "name"))
}

async fn list(session: &mut Session, args: &ListArgs) -> Result<(), Failure> {
    let titles = ["job", "kind", "object", "stands", "asked for", "by"];
    let row = |job: &Value| {
        vec![
            Cell::plain(text(job, "id")),
            Cell::plain(text(job, "kind")),
            Cell::plain(object(job)),
            Cell::styled(style(&text(job, "state")), stands(job)),
            Cell::plain(moment(job, "created_at")),
            Cell::plain(text(job, "created_by")),
        ]
    };
    let query = [("state", args.state.as_ref()), ("kind", args.kind.as_ref())];
    args.page.run(session, "/jobs", &query, (&titles, row)).await
}

/// A job with its steps.
pub(crate) fn show(session: &mut Session, reply: &Reply) -> Result<(), Failure> {
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let job = reply.value()?;
    let title = format!("{} {}", text(&job, "kind"), object(&job));
    session.screen.line(&[span(Style::Bold, title)])?;
    session.screen.line(&[plain("  "), span(style(&text(&job, "state")), stands(&job))])?;
    for step in job.get("steps").and_then(Value::as_array).into_iter().flatten() {
        let state = text(step, "state");
        let ended = moment(step, "ended_at");
        let when = if ended.is_empty() { moment(step, "started_at") } else { ended };
        let line = [
            plain("    "),
            span(style(&state), state.clone()),
            plain(format!("  {}  {when}", text(step, "name"))),
        ];
        session.screen.line(&line)?;
    }
    let problem = job.get("problem").cloned().unwrap_or_default();
    let rows = [
        ("problem", text(&problem, "detail")),
        ("what to do", text(&problem, "remedy")),
        ("code", text(&problem, "code")),
        ("last line", text(&job, "last_line")),
        ("lines", text(&job, "log_lines")),
        ("asked for", format!("{} by {}", moment(&job, "created_at"), text(&job, "created_by"))),
        ("began", moment(&job, "started_at")),
        ("ended", moment(&job, "ended_at")),
        ("attempts", text(&job, "attempts")),
        ("id", text(&job, "id")),
    ];
    Ok(fields::show(&mut session.screen, &rows)?)
}

async fn log(session: &mut Session, args: &LogArgs) -> Result<(), Failure> {
    let mut after = args.after.unwrap_or(0);
    loop {
        let limit = args.limit.unwrap_or(1000);
        let query = [("after", after.to_string()), ("limit", limit.to_string())];
        let call = Call::get(with_query(&path(&args.job, "/log"), &query));
        let reply = session.ask("reading the log", call).await?;
        if session.json && args.limit.is_some() {
            return Ok(session.screen.json(&reply.body)?);
        }
        let page = reply.value()?;
        let lines = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        for line in &lines {
            write(session, line)?;
        }
        if args.limit.is_some() || lines.len() < 1000 {
            return Ok(());
        }
        after = page.get("next").and_then(Value::as_u64).unwrap_or(after);
    }
}

/// One line; with `--json` one document each.
fn write(session: &mut Session, line: &Value) -> Result<(), Failure> {
    if session.json {
        let document = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        return Ok(session.screen.json(&document)?);
    }
    let words = [span(Style::Dim, moment(line, "at")), plain("  "), plain(text(line, "text"))];
    Ok(session.screen.line(&words)?)
}

/// Writes the log until the job has ended; failed where the job did.
pub(crate) async fn follow(session: &mut Session, job: &str, after: u64) -> Result<(), Failure> {
    let mut follower = Follower::new(Call::get(path(job, "/log")), Some(after.to_string()));
    loop {
        for message in follower.next(session).await? {
            let value: Value = serde_json::from_str(&message.data).unwrap_or_default();
            match message.event.as_deref() {
                Some("line") => {
                    write(session, &value)?;
                    session.screen.flush()?;
                }
                Some("job") => {
                    if let Some(ended) = ended(session, &value)? {
                        return ended;
                    }
                }
                _ => {}
            }
        }
    }
}

/// How a job ended; none where it goes on.
fn ended(session: &mut Session, job: &Value) -> Result<Option<Result<(), Failure>>, Failure> {
    let state = text(job, "state");
    if !matches!(state.as_str(), "done" | "failed" | "cancelled") {
        return Ok(None);
    }
    if session.json {
        let document = serde_json::to_vec(job).map_err(std::io::Error::from)?;
        session.screen.json(&document)?;
    } else {
        session.screen.note(&[plain("the job is "), span(style(&state), stands(job))])?;
    }
    if state == "done" {
        return Ok(Some(Ok(())));
    }
    let problem = job.get("problem").cloned().unwrap_or_default();
    let reason =
        if problem.is_null() { "the job was cancelled".to_owned() } else { text(&problem, "detail") };
    let remedy = text(&problem, "remedy");
    let remedy = if remedy.is_empty() {
        format!("`holdfast job retry {}` tries it again.", text(job, "id"))
    } else {
        remedy
    };
    Ok(Some(Err(Failure::NotReady { reason, remedy })))
}

async fn act(session: &mut Session, args: &ActArgs, what: &str) -> Result<(), Failure> {
    let call = args.rehearsal.call(Method::POST, &path(&args.job, &format!("/{what}")), json!(null));
    let reply = session.ask("asking", call).await?;
    if args.rehearsal.dry_run {
        return show_plan(session, &reply);
    }
    show(session, &reply)
}
