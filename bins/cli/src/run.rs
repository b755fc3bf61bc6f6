//! What every command has: the panel, the screen, and how the answer is wanted.

use std::future::Future;
use std::time::Duration;

use crate::client::{Call, Client, Reply};
use crate::failure::Failure;
use crate::progress;
use crate::screen::Screen;

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
    /// Sends a request; what takes longer than a second is told.
    pub(crate) async fn ask(&mut self, doing: &str, call: Call) -> Result<Reply, Failure> {
        let client = &self.client;
        progress::shown(self.screen.moves, doing, client.send(&call)).await
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
