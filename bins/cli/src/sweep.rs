//! `holdfast plan` and `holdfast sweep`: what passes over the whole server would do, and doing it.

use clap::Args;
use hyper::Method;
use serde::Deserialize;

use crate::change::RehearsalArgs;
use crate::client::Call;
use crate::condition::Convergence;
use crate::failure::Failure;
use crate::plan::PlanView;
use crate::run::Session;
use crate::screen::{Style, plain, span};

/// Show what passes over the whole server would do now; "nothing to do" means that every object is as it was asked for
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {}

/// Make passes over the whole server now, as happens every ten minutes by itself
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) rehearsal: RehearsalArgs,
}

/// An object that is not as asked, with no step that could be taken.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    kind: String,
    name: String,
    condition: String,
    reason: Option<String>,
    message: Option<String>,
}

/// What the panel says of the whole server.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HostPlan {
    objects: u64,
    differing: u64,
    not_ready: u64,
    writes: u64,
    unit_changes: u64,
    waiting: Vec<Waiting>,
}

impl PlanArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        show(session, "looking at the server", Call::get("/plan").patient(), false).await
    }
}

impl SweepArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let call = self.rehearsal.call(Method::POST, "/sweep", serde_json::json!({})).patient();
        let doing = if self.rehearsal.dry_run { "looking at the server" } else { "sweeping" };
        show(session, doing, call, !self.rehearsal.dry_run).await
    }
}

async fn show(session: &mut Session, doing: &str, call: Call, swept: bool) -> Result<(), Failure> {
    let reply = session.ask(doing, call).await?;
    if session.json {
        return Ok(session.screen.json(&reply.body)?);
    }
    let answer = reply.value()?;
    let plan = PlanView::read(&answer).ok_or_else(|| reply.not_understood("it is no plan"))?;
    let host = HostPlan::deserialize(&answer).map_err(|error| reply.not_understood(&error.to_string()))?;
    let screen = &mut session.screen;
    let all_is_well = host.waiting.is_empty() && !(swept && host.not_ready > 0);
    if !plan.is_empty() || all_is_well {
        plan.show(screen)?;
    }
    let shown = plan.objects();
    if host.differing > shown && shown > 0 {
        screen.text(&format!("and {} further objects differ", host.differing - shown))?;
    }
    for waiting in &host.waiting {
        let mut words = waiting.condition.clone();
        for more in [&waiting.reason, &waiting.message].into_iter().flatten() {
            words = format!("{words}: {more}");
        }
        let style = Convergence::style_of(&waiting.condition);
        screen.line(&[
            span(Style::Bold, format!("{} {}", waiting.kind, waiting.name)),
            plain("  "),
            span(style, words),
        ])?;
    }
    if host.waiting.iter().any(|waiting| waiting.reason.as_deref() == Some("edited")) {
        screen.text("`holdfast drift` shows what was edited by hand, and what can be done")?;
    }
    if swept {
        let counts = format!(
            "{} objects looked at, {} differed, {} not ready; {} files written, {} units changed",
            host.objects, host.differing, host.not_ready, host.writes, host.unit_changes
        );
        screen.text(&counts)?;
        if host.not_ready > 0 && host.waiting.is_empty() {
            screen.text("`holdfast plan` names what is not ready, and why")?;
        }
    }
    Ok(())
}
