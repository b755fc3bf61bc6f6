//! `cargo xtask demo`: a feature's story on a real server, told with every command, its output and its time.
//!
//! The story itself is in the crate `e2e`, where the tests hold it; this adds what comes before and after it: the server as a
//! hoster delivers it, the package, set-up, and set-up once more.

mod boxed;
mod server;

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use e2e::{Distro, Transcript};

/// How long set-up may take on a busy machine: it installs nginx and PHP.
const SETUP_LIMIT: Duration = Duration::from_mins(10);

/// What is played, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which story
    #[arg(value_enum)]
    story: Story,
    /// Where: a test server that is gone afterwards (debian12, debian13), or this machine's box, made if there is none (box)
    #[arg(long, default_value = "debian13", value_name = "PLACE")]
    on: Place,
    /// The package; without it, it is built
    #[arg(long, value_name = "FILE")]
    deb: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Story {
    /// From a fresh server to a site and back, every line as a person types it
    HostASite,
    /// Resellers, owners, developers: what they may, what they are held to, and what nobody can take from whom
    People,
    /// A site of ten names by HTTPS: an authority, a renewal, one that fails, a certificate that the owner brings, and what is refused
    WebAndTls,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Server(Distro),
    Box,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "box" {
            return Ok(Self::Box);
        }
        text.parse().map(Self::Server).map_err(|_| "must be debian12, debian13 or box".to_owned())
    }
}

/// Plays, tells on standard output, and fails where something did not hold.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let deb = match &arguments.deb {
        Some(deb) => deb.canonicalize().with_context(|| deb.display().to_string())?,
        None => e2e::package().context("build the package")?,
    };
    ensure!(deb.is_file(), "{} is not a file", deb.display());
    let mut out = io::stdout();
    let mut told = Transcript::new(&mut out);
    let played = match (arguments.story, arguments.on) {
        (Story::HostASite, Place::Server(distro)) => server::host_a_site(distro, &deb, &mut told),
        (Story::HostASite, Place::Box) => boxed::host_a_site(&deb, &mut told),
        (Story::People, Place::Server(distro)) => server::people(distro, &deb, &mut told),
        (Story::WebAndTls, Place::Server(distro)) => server::web_and_tls(distro, &deb, &mut told),
        (Story::People | Story::WebAndTls, Place::Box) => {
            bail!("this story is played on a test server: --on debian12 or --on debian13")
        }
    };
    told.end()?;
    played?;
    match told.failed() {
        [] => Ok(()),
        failed => bail!("does not hold: {}", failed.join("; ")),
    }
}
