//! `holdfast me`

use clap::Args;

use crate::client::Call;
use crate::failure::Failure;
use crate::run::Session;
use crate::session;

/// Show who one is to the panel, and what one may do
#[derive(Debug, Args)]
pub(crate) struct MeArgs {}

impl MeArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let reply = session.ask("asking", Call::get("/me")).await?;
        session::show(session, &reply)
    }
}
