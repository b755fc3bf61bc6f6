//! `holdfast doctor`: every process, unit, socket, permission and row that Holdfast relies on.
//!
//! The panel asks the agent and adds its own findings. Where the panel does not answer, which is when a doctor is wanted most, root asks
//! the agent directly, and what is wrong with the panel is one more finding.

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::agent;
use crate::client::{Call, Endpoint};
use crate::failure::Failure;
use crate::run::Session;
use crate::screen::{Screen, Style, plain, span};

/// Look at every process, unit, socket and permission
///
/// Ends with 0 where no error was found, else with 1. Warnings are shown, and count as errors with --strict.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// A warning counts as an error
    #[arg(long)]
    strict: bool,
    /// Show what is as it should be, too
    #[arg(long, short)]
    all: bool,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Finding {
    code: String,
    subject: String,
    severity: String,
    message: String,
    remedy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Diagnosis {
    findings: Vec<Finding>,
}

impl Finding {
    fn style(&self) -> (Style, &'static str) {
        match self.severity.as_str() {
            "ok" => (Style::Good, "ok     "),
            "warning" => (Style::Warn, "warning"),
            _ => (Style::Bad, "error  "),
        }
    }
}

impl DoctorArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let asked = session.ask("looking at everything", Call::get("/doctor").patient()).await;
        let document = match asked {
            Ok(reply) => reply.body.to_vec(),
            Err(failure @ Failure::Unreachable { .. }) if session.client.is_local() => {
                let findings = without_panel(session, failure).await?;
                json!({ "findings": findings, "worst": "error" }).to_string().into_bytes()
            }
            Err(failure) => return Err(failure),
        };
        let diagnosis: Diagnosis = serde_json::from_slice(&document)
            .map_err(|error| Failure::refused(format!("the findings cannot be understood: {error}"), ""))?;
        if session.json {
            session.screen.json(&document)?;
        } else {
            self.show(&mut session.screen, &diagnosis)?;
        }
        let is_bad = |finding: &Finding| match finding.severity.as_str() {
            "ok" => false,
            "warning" => self.strict,
            _ => true,
        };
        if diagnosis.findings.iter().any(is_bad) { Err(Failure::Found) } else { Ok(()) }
    }

    fn show(&self, screen: &mut Screen, diagnosis: &Diagnosis) -> std::io::Result<()> {
        let mut order: Vec<&Finding> = diagnosis.findings.iter().collect();
        // The worst first; among equals the order of the findings.
        let rank = |finding: &&Finding| match finding.severity.as_str() {
            "ok" => 2,
            "warning" => 1,
            _ => 0,
        };
        order.sort_by_key(rank);
        for finding in order.iter().filter(|finding| self.all || finding.severity != "ok") {
            let (style, word) = finding.style();
            let text = format!("{}: {}", finding.subject, finding.message);
            screen.line(&[
                span(style, word),
                plain("  "),
                plain(text),
                span(Style::Dim, format!("  [{}]", finding.code)),
            ])?;
            if let Some(remedy) = finding.remedy.as_ref().filter(|remedy| !remedy.is_empty()) {
                screen.line(&[plain("         "), span(Style::Bold, "remedy: "), plain(remedy)])?;
            }
        }
        let count = |severity: &str| order.iter().filter(|finding| finding.severity == severity).count();
        let (ok, warnings) = (count("ok"), count("warning"));
        let errors = order.len() - ok - warnings;
        let style = match (errors, warnings) {
            (0, 0) => Style::Good,
            (0, _) => Style::Warn,
            _ => Style::Bad,
        };
        let some = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let (warnings, errors) = (some(warnings, "warning"), some(errors, "error"));
        let words = format!("{} looked at: {ok} well, {warnings}, {errors}", order.len());
        screen.line(&[span(style, words)])
    }
}

/// The agent's own findings, after what is wrong with the panel.
async fn without_panel(session: &Session, failure: Failure) -> Result<Vec<Value>, Failure> {
    let Failure::Unreachable { reason, remedy } = failure else { return Err(failure) };
    let finding = |code: &str, subject: &str, message: &str, remedy: &str| json!({ "code": code, "subject": subject, "severity": "error", "message": message, "remedy": remedy });
    // What to do is not to run the doctor.
    let remedy = remedy.split(" and `holdfast doctor`").next().unwrap_or(&remedy).to_owned();
    let mut findings = vec![finding("panel.answers", "the panel", &reason, &remedy)];
    let nothing = json!({});
    let asking =
        agent::call(session, agent::SOCKET.as_ref(), "holdfast.agent1.RunDoctor", &nothing, agent::PATIENCE);
    match asking.await {
        Ok(reply) => {
            findings.extend(reply.get("findings").and_then(Value::as_array).cloned().unwrap_or_default());
        }
        Err(Failure::Unreachable { reason, remedy }) => {
            findings.push(finding("agent.answers", "the agent", &reason, &remedy));
        }
        Err(other) => findings.push(finding("agent.answers", "the agent", &other.to_string(), "")),
    }
    Ok(findings)
}

impl crate::client::Client {
    /// Whether the panel is this server's.
    fn is_local(&self) -> bool {
        matches!(self.endpoint(), Endpoint::Socket(_))
    }
}

#[cfg(test)]
mod tests;
