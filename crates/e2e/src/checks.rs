//! Checks on one server: all of them run, whatever one of them finds, and what failed is told together at the end.
//!
//! A server takes many seconds to set up, so that one serves many checks; and a check that fails must not hide the others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// The checks of one server.
#[derive(Debug)]
pub struct Checks {
    on: String,
    begun: Instant,
    run: usize,
    failed: Vec<String>,
}

impl Checks {
    /// Checks of what is named `on`.
    pub fn new(on: impl Into<String>) -> Self {
        Self { on: on.into(), begun: Instant::now(), run: 0, failed: Vec::new() }
    }

    /// Runs one check, which fails by a panic.
    pub fn check(&mut self, what: &str, body: impl FnOnce()) {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(body));
        self.run += 1;
        let seconds = begun.elapsed().as_secs_f64();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        eprintln!("{}: {word:6} {what} ({seconds:.1} s)", self.on);
        if let Err(panic) = outcome {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_else(|| "a panic without a text".to_owned());
            self.failed.push(format!("{what}: {text}"));
        }
    }

    /// What failed, each with its text.
    pub fn failures(&self) -> &[String] {
        &self.failed
    }

    /// Ends the test.
    ///
    /// # Panics
    /// When a check failed; the message lists all that did.
    #[expect(clippy::panic, reason = "this is how a test fails")]
    pub fn finish(self) {
        let seconds = self.begun.elapsed().as_secs_f64();
        eprintln!("{}: {} checks, {} failed, {seconds:.1} s", self.on, self.run, self.failed.len());
        if !self.failed.is_empty() {
            let list = self.failed.join("\n\n- ");
            panic!("{} of {} checks failed on {}:\n\n- {list}\n", self.failed.len(), self.run, self.on);
        }
    }
}
