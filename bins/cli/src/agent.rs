//! `holdfast agent call`: straight to the agent's socket, past the panel. Root alone may.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;
use tokio::sync::mpsc;
use wire::{Client, WireError};

use crate::failure::Failure;
use crate::run::Session;
use crate::screen::{Style, span};

/// Where the agent listens.
pub(crate) const SOCKET: &str = "/run/holdfast/agent.sock";
/// How long a call may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(620);
/// What names without a dot belong to.
const INTERFACE: &str = "holdfast.agent1.";

/// The agent: the one process that changes the server
#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Call one of the agent's procedures, past the panel; root alone may
    Call(CallArgs),
}

/// A call
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The procedure, such as holdfast.agent1.GetHostMetrics, or its last word alone
    name: String,
    /// Its parameters as JSON, or - to read them from standard input
    #[arg(default_value = "{}")]
    parameters: String,
    /// How long it may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "620")]
    deadline: u64,
    /// The agent's socket
    #[arg(long = "agent-socket", value_name = "PATH", default_value = SOCKET)]
    socket: PathBuf,
}

impl AgentCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let Self::Call(args) = self;
        let parameters = crate::api::document("parameters", &args.parameters, session)?;
        let name = if args.name.contains('.') { args.name } else { format!("{INTERFACE}{}", args.name) };
        let deadline = Duration::from_secs(args.deadline);
        let (told, mut frames) = mpsc::unbounded_channel();
        let calling = exchange(&args.socket, &name, &parameters, deadline, move |frame| {
            // Nobody listens any more once the answer is there.
            let _ = told.send(frame);
        });
        let mut calling = std::pin::pin!(calling);
        let result = loop {
            tokio::select! {
                biased;
                Some(frame) = frames.recv() => progress(session, &frame)?,
                result = &mut calling => break result,
            }
        };
        while let Ok(frame) = frames.try_recv() {
            progress(session, &frame)?;
        }
        print(session, &result?)
    }
}

/// A progress message: on standard error, one line each; the reply alone is on standard output.
fn progress(session: &mut Session, frame: &Value) -> Result<(), Failure> {
    Ok(session.screen.note(&[span(Style::Dim, frame.to_string())])?)
}

fn print(session: &mut Session, reply: &Value) -> Result<(), Failure> {
    let document = if session.json { serde_json::to_vec(reply) } else { serde_json::to_vec_pretty(reply) };
    Ok(session.screen.json(&document.map_err(std::io::Error::from)?)?)
}

/// Calls a procedure and waits for its reply, without looking at progress.
pub(crate) async fn call(
    session: &Session,
    socket: &Path,
    name: &str,
    parameters: &Value,
    deadline: Duration,
) -> Result<Value, Failure> {
    session.shown("asking the agent", exchange(socket, name, parameters, deadline, |_| ())).await
}

async fn exchange(
    socket: &Path,
    name: &str,
    parameters: &Value,
    deadline: Duration,
    on_progress: impl FnMut(Value) + Send,
) -> Result<Value, Failure> {
    let calling = async {
        let mut client = Client::connect(socket).await?;
        client.call_by_name(name, parameters, deadline, on_progress).await
    };
    calling.await.map_err(|error| match error {
        WireError::Refused(refusal) => {
            let detail = if refusal.detail.is_null() { String::new() } else { format!(" {}", refusal.detail) };
            Failure::refused(format!("{}: {}{detail}", refusal.name, refusal.message), "")
        }
        error if error.is_unavailable() => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            let remedy = "Root alone may ask the agent. `systemctl status holdfast-agent.socket holdfast-agent.service` and `journalctl -u holdfast-agent` tell more.";
            Failure::Unreachable { reason: format!("the agent: {error}{cause}"), remedy: remedy.to_owned() }
        }
        error => Failure::refused(error.to_string(), ""),
    })
}

#[cfg(test)]
mod tests;
