//! What takes longer than a second says so: one moving line on standard error, where that is a terminal.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::visible;

/// How long nothing is said.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// A line that moves, and goes when dropped.
#[derive(Debug)]
pub(crate) struct Line(Option<ProgressBar>);

impl Line {
    /// Shown now; nothing where `moves` is false.
    pub(crate) fn now(moves: bool, text: &str) -> Self {
        if !moves {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(visible::line(text).into_owned());
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// Says something else.
    pub(crate) fn say(&self, text: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(visible::line(text).into_owned());
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// Does the work, with a line after a second.
pub(crate) async fn shown<T>(moves: bool, text: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(QUIET, &mut work).await {
        return done;
    }
    let _line = Line::now(moves, text);
    work.await
}
