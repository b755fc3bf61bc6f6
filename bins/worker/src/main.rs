//! The Holdfast worker: it *is* the tenant. Everything that touches an account's tree is done here, with the tenant's own
//! rights and no more: no capability, no network, no other home, and Landlock around what is left.
//!
//! The agent connects to its socket; nobody else can. It ends when nobody has asked for a while, and comes back with the
//! next call.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use hostfs::Dir;
use hostfs::landlock::confine;
use wire::{AllowedPeers, CancellationToken, Limits};

/// A worker that nobody asked for so long ends, and so does a connection without a call.
const IDLE: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the worker cannot run");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let home = PathBuf::from(std::env::var_os("HOME").context("systemd sets HOME for a service with User=")?);
    ensure!(home.is_absolute() && home != Path::new("/"), "{} is no home", home.display());
    // binds this thread and those that the runtime starts, so before the runtime
    let enforced = confine(
        &[&home],
        &[Path::new("/proc/self"), Path::new("/run/systemd/notify")].map(existing).concat(),
    )
    .context("the worker cannot be confined")?;
    tracing::debug!(?enforced, "confined");
    let home = Dir::open(&home).context("the home cannot be opened")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(serve(home))
}

/// A path that may be missing on this system.
fn existing(path: &Path) -> Vec<&Path> {
    if path.exists() { vec![path] } else { Vec::new() }
}

async fn serve(home: Dir) -> anyhow::Result<()> {
    let mut sockets = wire::systemd::listeners().context("no sockets from systemd")?;
    let name = sockets.names().next().map(str::to_owned).context("the socket unit did not start this")?;
    let socket = sockets.take_unix(&name).pop().context("the socket unit did not start this")?;
    let end = CancellationToken::new();
    // root alone, which is the agent: the socket is 0600 as well
    let limits = Limits { kept_for_root: 0, idle_time: IDLE, unused: Some(IDLE), ..Limits::default() };
    let serving = wire::serve(socket, web_worker::router(home), AllowedPeers::of([0]), limits, end.clone());
    wire::systemd::notify_ready().context("systemd cannot be told")?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        end.cancel();
    });
    serving.await.context("the socket cannot be served")
}
