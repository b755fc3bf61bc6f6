//! What every command has: the panel, the screen, and how the answer is wanted.

use std::future::Future;
use std::time::Duration;

use crate::client::{Call, Client, Reply};
use crate::failure::Failure;
use crate::screen::Screen;
use crate::{progress, secret, session};

/// One run of this program.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) screen: Screen,
    /// The API's JSON in place of text.
    pub(crate) json: bool,
    /// The command line, to be shown again with more to it.
    pub(crate) command_line: Vec<String>,
}

impl Session {
    /// Sends a request; what takes longer than a second is told. Where the panel wants the password once more first, it is asked for at
    /// the terminal, and the request is sent again.
    pub(crate) async fn ask(&mut self, doing: &str, call: Call) -> Result<Reply, Failure> {
        match self.send(doing, &call).await {
            Err(Failure::Problem(problem)) if problem.code == "step_up_required" && self.screen.asks => {
                self.step_up().await?;
                self.send(doing, &call.anew()).await
            }
            other => other,
        }
    }

    async fn send(&self, doing: &str, call: &Call) -> Result<Reply, Failure> {
        progress::shown(self.screen.moves, doing, self.client.send(call)).await
    }

    async fn step_up(&mut self) -> Result<(), Failure> {
        let shown = secret::read(&mut self.screen, "password, or a code of the second factor")?;
        self.send("asking", &session::step_up(&shown)).await?;
        Ok(())
    }

    /// Does something of our own; what takes longer than a second is told.
    pub(crate) async fn shown<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
        progress::shown(self.screen.moves, doing, work).await
    }
}

/// How long a command sleeps between two looks, growing.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    (0..).map(|round: u64| Duration::from_millis((200 + 100 * round).min(2000)))
}
