//! What is shown of a story: each command, what it said, how long it took, and what was expected of it.

use std::io::{self, Write};
use std::time::Instant;

use anyhow::Result;
use testhost::{Cmd, Output};

/// Whose shell a line is typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// Root's, on the server.
    Root,
    /// Anybody's, on another machine.
    Outside,
    /// This person's, on any machine.
    Of(&'static str),
}

/// A story being told. Nothing that a command says is left out or changed.
pub struct Transcript<'a> {
    out: &'a mut dyn Write,
    begun: Instant,
    held: usize,
    failed: Vec<String>,
}

impl<'a> Transcript<'a> {
    /// A story told to `out`.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, begun: Instant::now(), held: 0, failed: Vec::new() }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n## {text}\n")
    }

    /// A remark of the teller.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Runs a command and shows it. `shown` is the line as a person types it; any status is told, none is an error.
    pub fn run(&mut self, prompt: Prompt, shown: &str, command: Cmd) -> Result<Output> {
        let prompt = match prompt {
            Prompt::Root => "#".to_owned(),
            Prompt::Outside => "outside$".to_owned(),
            Prompt::Of(person) => format!("{person}$"),
        };
        writeln!(self.out, "{prompt} {shown}")?;
        self.out.flush()?;
        let output = command.run()?;
        for text in [output.text(), output.error_text()] {
            for line in text.lines() {
                writeln!(self.out, "{line}")?;
            }
        }
        writeln!(self.out, "[status {}, {:.3} s]", output.code(), output.elapsed.as_secs_f64())?;
        self.out.flush()?;
        Ok(output)
    }

    /// Notes whether what is expected holds.
    pub fn expect(&mut self, what: &str, holds: bool) -> io::Result<()> {
        if holds {
            self.held += 1;
            writeln!(self.out, "  holds: {what}")
        } else {
            self.failed.push(what.to_owned());
            writeln!(self.out, "  DOES NOT HOLD: {what}")
        }
    }

    /// What did not hold.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }

    /// The end: how many expectations held, in how much time.
    pub fn end(&mut self) -> io::Result<()> {
        let seconds = self.begun.elapsed().as_secs_f64();
        writeln!(
            self.out,
            "\n{} expectations hold, {} do not, {seconds:.1} s in all",
            self.held,
            self.failed.len()
        )
    }
}
