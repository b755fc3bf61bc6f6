//! The Holdfast probe: it looks at this server as a visitor does, over the server's own addresses, and can do nothing else.

mod shown;
mod visit;

use std::process::ExitCode;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use wire::{AllowedPeers, CancellationToken, Limits, Refusal, Router};

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.context("no runtime").and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the probe cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let mut sockets = wire::systemd::listeners().context("no sockets from systemd")?;
    let socket = sockets
        .take_unix("holdfast-probe.socket")
        .pop()
        .context("holdfast-probe.socket did not start this")?;
    let no_answer = |error: visit::VisitError| Refusal::new("holdfast.probe1.NoAnswer", error.to_string());
    let router = Router::new("holdfast-probe")
        .method(move |_, ask: web_spec::ProbeHttp| async move { visit::visit(&ask).await.map_err(no_answer) })
        .method(move |_, ask: web_spec::ProbeTls| async move { shown::shown(&ask).await.map_err(no_answer) });
    let end = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = end.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        stop.cancel();
    });
    // The socket is 0600 and the panel's user owns it, so root and that user alone get here. Inside the unit's user
    // namespace all but root show as the overflow user.
    let peers = AllowedPeers::of([0, OVERFLOW_UID]);
    wire::systemd::notify_ready().context("systemd cannot be told")?;
    wire::serve(socket, router, peers, Limits::default(), end).await.context("the socket cannot be served")
}

/// What the kernel shows for users that a namespace does not map.
const OVERFLOW_UID: u32 = 65534;
