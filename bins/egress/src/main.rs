//! The Holdfast egress: the one process that speaks to other servers, for the panel alone.
//!
//! It is sent a URL that a stranger may have chosen, so it is built around one order of things that no URL can change: the text is read
//! once, into a type with one reading; a name is resolved once; every address that it leads to is judged; one of those very addresses is connected
//! to, and what the connection says of itself is judged again; then TLS by the URL's name; then one request. No redirection is followed.
//! What the code lets out, the kernel judges a second time (`IPAddressDeny=` of the unit).

mod connect;
mod exchange;
mod failure;
mod fetch;
mod resolve;
mod settings;
mod tls;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use wire::{AllowedPeers, CancellationToken, Limits, Router};

use crate::fetch::Egress;

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.context("no runtime").and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "egress cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let mut sockets = wire::systemd::listeners().context("no sockets from systemd")?;
    let socket = sockets
        .take_unix("holdfast-egress.socket")
        .pop()
        .context("holdfast-egress.socket did not start this")?;
    let bounds = settings::read(egress_spec::PATH)?;
    let egress = Arc::new(Egress::new(bounds)?);
    let end = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = end.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        stop.cancel();
    });
    // The socket is 0600 and the panel's user owns it. Inside the unit's user namespace all but root show as the overflow user, so that
    // root, who calls nothing here, is turned away by name.
    let peers = AllowedPeers::of([OVERFLOW_UID]);
    wire::systemd::notify_ready().context("systemd cannot be told")?;
    wire::serve(socket, router(egress), peers, LIMITS, end).await.context("the socket cannot be served")
}

fn router(egress: Arc<Egress>) -> Router {
    Router::new("holdfast-egress").method(move |_, ask: egress_spec::Fetch| {
        let egress = Arc::clone(&egress);
        async move { egress.fetch(ask).await.map_err(Into::into) }
    })
}

/// What the kernel shows for users that a namespace does not map.
const OVERFLOW_UID: u32 = 65534;

/// The panel has many receivers, of whom none is to wait for another.
const LIMITS: Limits = Limits {
    connections: 96,
    kept_for_root: 0,
    frame_time: Duration::from_secs(10),
    write_time: Duration::from_secs(10),
    idle_time: Duration::from_mins(5),
    grace: Duration::from_secs(5),
    unused: Some(Duration::from_mins(10)),
};
