//! What set-up tells while it works.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use converge::{Impact, PlannedStep};

use crate::preflight::{Finding, Severity};

/// After how long a step is said to be still at work, where lines cannot be rewritten.
const STILL: Duration = Duration::from_secs(15);

/// Writes to a terminal or a log.
pub(crate) struct Report<'a> {
    out: &'a mut (dyn Write + Send),
    terminal: bool,
}

impl<'a> Report<'a> {
    /// A report to standard output, or to what stands for it.
    pub(crate) fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, terminal: false }
    }

    /// Rewrites its last line where standard output is a terminal.
    pub(crate) fn on_terminal(self) -> Self {
        Self { terminal: io::stdout().is_terminal(), ..self }
    }

    /// One line.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", printable(text))?;
        self.out.flush()
    }

    /// What was found before anything is changed.
    pub(crate) fn findings(&mut self, findings: &[Finding]) -> io::Result<()> {
        for finding in findings {
            let weight = match finding.severity {
                Severity::Note => "note",
                Severity::Conflict => "conflict",
            };
            self.line(&format!("  {weight:<9}{}: {}", finding.field, finding.reason))?;
            self.line(&format!("           {}", finding.remedy))?;
        }
        Ok(())
    }

    /// One step of a plan that is only shown.
    pub(crate) fn planned(&mut self, step: &PlannedStep) -> io::Result<()> {
        let impact = match step.impact {
            Impact::None => "",
            Impact::Reload => " [reload]",
            Impact::Restart => " [restart]",
            Impact::DataLoss => " [data loss]",
        };
        let unknown = step.unknown.as_ref().map(|on| format!(" (known after {on})")).unwrap_or_default();
        self.line(&format!("  would {}{impact}{unknown}", step.summary))
    }

    /// Does something that may take long, and tells how long it took. `doing` is asked for what is going on meanwhile.
    pub(crate) fn timed<T: Send, E: Send + From<io::Error>>(
        &mut self,
        what: &str,
        doing: impl Fn() -> Option<String>,
        work: impl FnOnce() -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let result = thread::scope(|scope| {
            let (sender, receiver) = channel();
            scope.spawn(move || {
                // nobody listens any more only if this function has ended
                let _ = sender.send(work());
            });
            let pause = if self.terminal { Duration::from_secs(1) } else { STILL };
            loop {
                match receiver.recv_timeout(pause) {
                    Ok(result) => return Some(result),
                    Err(RecvTimeoutError::Timeout) => {
                        // a report that cannot be written is told at the end of the step
                        let _ = self.still(what, doing().as_deref(), begun.elapsed());
                    }
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
        });
        let result = result.unwrap_or_else(|| Err(io::Error::other("a step ended by a fault").into()));
        let end = if result.is_ok() { "done" } else { "FAILED" };
        self.clear_line()?;
        self.line(&format!("  {end:<7}{what} ({:.1} s)", begun.elapsed().as_secs_f64()))?;
        result
    }

    fn clear_line(&mut self) -> io::Result<()> {
        if self.terminal { write!(self.out, "\r\x1b[K") } else { Ok(()) }
    }

    fn still(&mut self, what: &str, doing: Option<&str>, elapsed: Duration) -> io::Result<()> {
        let doing = doing.map(|text| format!(": {}", printable(text))).unwrap_or_default();
        let text: String = format!("  {:>4} s {what}{doing}", elapsed.as_secs()).chars().take(110).collect();
        if self.terminal {
            write!(self.out, "\r\x1b[K{text}")?;
        } else {
            writeln!(self.out, "{text}")?;
        }
        self.out.flush()
    }
}

/// What other programs and files said, without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
