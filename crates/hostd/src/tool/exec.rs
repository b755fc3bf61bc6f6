//! The one place where a program is started.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Tool, Tools};
use crate::error::HostError;

/// How long a program may take. `useradd` waits up to 15 s for the lock of `passwd`.
const DEADLINE: Duration = Duration::from_secs(30);

/// How much of a program's output is kept, in bytes; the rest is read and thrown away.
const OUTPUT: usize = 4096;

/// Runs the host's own programs.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealTools;

impl Tools for RealTools {
    fn run(&self, tool: &Tool) -> Result<(), HostError> {
        let program = tool.program();
        tracing::debug!(program, step = tool.summary(), "run");
        let end = run(program, &tool.args(), tool.stdin().as_ref().map(|text| text.as_str()), DEADLINE)?;
        if end.status.success() {
            return Ok(());
        }
        Err(HostError::ToolFailed { program, code: end.status.code(), stderr: printable(&end.output) })
    }
}

/// How a program ended, and what it said.
pub(super) struct End {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
}

pub(super) fn run(
    program: &'static str,
    args: &[String],
    stdin: Option<&str>,
    deadline: Duration,
) -> Result<End, HostError> {
    let fail = |source: io::Error| HostError::ToolIo { program, source };
    let started = Instant::now();
    #[expect(clippy::disallowed_methods, reason = "the one runner of programs")]
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/usr/sbin:/usr/bin")
        .current_dir("/")
        .process_group(0)
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(fail)?;
    if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // it is one line, which fits into the pipe; a program that ends without reading says why on standard error
        match pipe.write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                kill(&mut child);
                return Err(fail(error));
            }
            _ => {}
        }
    }
    let reader = child.stderr.take().map(|pipe| thread::spawn(move || keep_head(pipe)));
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() >= deadline => {
                kill(&mut child);
                return Err(HostError::ToolDeadline { program, after: deadline });
            }
            Ok(None) => pause(),
            Err(error) => {
                kill(&mut child);
                return Err(fail(error));
            }
        }
    };
    // a child that outlives the program would hold the pipe open; none of ours has one, and the group ends with it
    kill_group(&child);
    let output = reader.and_then(|thread| thread.join().ok()).unwrap_or_default();
    Ok(End { status, output })
}

/// Between two looks at a running program; these take some ten milliseconds.
#[expect(clippy::disallowed_methods, reason = "the standard library has no wait with a deadline")]
fn pause() {
    thread::sleep(Duration::from_millis(2));
}

/// Reads to the end and keeps the beginning.
fn keep_head(mut pipe: impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return kept,
            Ok(n) => {
                let room = OUTPUT - kept.len();
                kept.extend_from_slice(&buffer[..n.min(room)]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return kept,
        }
    }
}

fn kill(child: &mut Child) {
    kill_group(child);
    if let Err(error) = child.wait() {
        tracing::warn!(%error, "wait for a killed program");
    }
}

fn kill_group(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // gone already is what we want
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

/// One line of text without control bytes.
pub(super) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    line.join("; ").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
