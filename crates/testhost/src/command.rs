//! One program run: arguments as a list, a deadline, its output, how it ended.
//!
//! Every program that this crate starts goes through here, so none can hang for ever: past its deadline its whole
//! process group is killed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::Error;
use crate::error::Doing;

const DEFAULT_DEADLINE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(2);

/// What a program is given on its standard input.
#[derive(Debug)]
enum Stdin {
    Nothing,
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// A program to be run, on this machine or in a server.
#[derive(Debug)]
pub struct Cmd {
    argv: Vec<OsString>,
    shown_from: usize,
    env: Vec<(OsString, OsString)>,
    clear_env: bool,
    stdin: Stdin,
    deadline: Duration,
}

/// How a program ended and what it wrote.
#[derive(Debug)]
pub struct Output {
    /// The command line, as it is shown in errors.
    pub program: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Everything it wrote to standard output.
    pub stdout: Vec<u8>,
    /// Everything it wrote to standard error.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub elapsed: Duration,
}

/// A program that runs in the background. Dropping it kills its process group.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
    program: String,
    started: Instant,
    deadline: Duration,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Cmd {
    /// A program and its arguments; no shell is between.
    pub fn new<A: AsRef<OsStr>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(|arg| arg.as_ref().to_owned()).collect(),
            shown_from: 0,
            env: Vec::new(),
            clear_env: false,
            stdin: Stdin::Nothing,
            deadline: DEFAULT_DEADLINE,
        }
    }

    /// The same, behind words that errors do not show (how the server is entered).
    pub(crate) fn behind<A: AsRef<OsStr>>(
        entry: impl IntoIterator<Item = OsString>,
        argv: impl IntoIterator<Item = A>,
    ) -> Self {
        let entry: Vec<OsString> = entry.into_iter().collect();
        let shown_from = entry.len();
        let argv = argv.into_iter().map(|arg| arg.as_ref().to_owned());
        let mut all = Self::new(entry.into_iter().chain(argv));
        all.shown_from = shown_from;
        all.clear_env = true;
        all
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Gives it these bytes on standard input (by default it is empty).
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Stdin::Bytes(bytes.into());
        self
    }

    /// Gives it a file of this machine on standard input.
    #[must_use]
    pub fn stdin_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdin = Stdin::File(path.into());
        self
    }

    /// How long it may run (two minutes by default).
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end, whatever its status is.
    ///
    /// # Errors
    /// It cannot be started, or its deadline passes.
    pub fn run(self) -> Result<Output, Error> {
        self.spawn()?.wait()
    }

    /// Runs it to its end; a status other than 0 is an error that shows what it wrote.
    pub fn check(self) -> Result<Output, Error> {
        self.run()?.checked()
    }

    /// Starts it in the background.
    pub fn spawn(self) -> Result<Running, Error> {
        let program = self.shown();
        let mut command = self.command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let input = match self.stdin {
            Stdin::Nothing => {
                command.stdin(Stdio::null());
                None
            }
            Stdin::Bytes(bytes) => {
                command.stdin(Stdio::piped());
                Some(bytes)
            }
            Stdin::File(path) => {
                let file = File::open(&path).doing(|| format!("open {}", path.display()))?;
                command.stdin(file);
                None
            }
        };
        let started = Instant::now();
        let mut child = command.spawn().doing(|| format!("start `{program}`"))?;
        if let (Some(bytes), Some(mut pipe)) = (input, child.stdin.take()) {
            // A program that ends without reading its input is no failure: its status says enough.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        let stdout = child.stdout.take().map(read_all);
        let stderr = child.stderr.take().map(read_all);
        Ok(Running { child: Some(child), program, started, deadline: self.deadline, stdout, stderr })
    }

    /// The plain command, for a caller that gives it a terminal.
    pub(crate) fn command(&self) -> Command {
        let mut words = self.argv.iter();
        let mut command = Command::new(words.next().map_or(OsStr::new(""), OsString::as_os_str));
        command.args(words);
        if self.clear_env {
            command.env_clear();
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn shown(&self) -> String {
        let words: Vec<_> = self.argv.iter().skip(self.shown_from).map(|arg| arg.to_string_lossy()).collect();
        let mut line = words.join(" ");
        if line.len() > 200 {
            let end = (0..=200).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
            line.truncate(end);
            line.push_str(" ...");
        }
        line
    }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read until the failure is worth more than nothing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

impl Running {
    /// Waits for its end.
    ///
    /// # Errors
    /// [`Error::TooLate`] when its deadline passes; it is killed then.
    pub fn wait(mut self) -> Result<Output, Error> {
        let status = loop {
            match self.ended()? {
                Some(status) => break status,
                None if self.started.elapsed() >= self.deadline => {
                    self.kill();
                    let limit = self.deadline;
                    let detail = tail(&self.collect().1, 2000);
                    return Err(Error::TooLate { doing: self.program.clone(), limit, detail });
                }
                None => thread::sleep(PAUSE),
            }
        };
        let elapsed = self.started.elapsed();
        self.child = None;
        while !self.closed() {
            if self.started.elapsed() >= self.deadline {
                let doing =
                    format!("{} (it ended, but something it started keeps its output open)", self.program);
                return Err(Error::TooLate { doing, limit: self.deadline, detail: String::new() });
            }
            thread::sleep(PAUSE);
        }
        let (stdout, stderr) = self.collect();
        Ok(Output { program: self.program.clone(), status, stdout, stderr, elapsed })
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        let program = &self.program;
        match &mut self.child {
            Some(child) => child.try_wait().doing(|| format!("wait for `{program}`")),
            None => Ok(None),
        }
    }

    /// Kills it and everything it started in its process group.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            if let Ok(None) = child.try_wait()
                && let Some(pid) = Pid::from_raw(i32::try_from(child.id()).unwrap_or(0))
            {
                // Gone in between: that is what was wanted.
                let _ = kill_process_group(pid, Signal::KILL);
            }
            let _ = child.wait();
        }
        self.child = None;
    }

    fn closed(&self) -> bool {
        [&self.stdout, &self.stderr].into_iter().flatten().all(JoinHandle::is_finished)
    }

    fn collect(&mut self) -> (Vec<u8>, Vec<u8>) {
        let take = |reader: &mut Option<JoinHandle<Vec<u8>>>| {
            reader.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        (take(&mut self.stdout), take(&mut self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Output {
    /// Whether its status is 0.
    pub fn ok(&self) -> bool {
        self.status.success()
    }

    /// Its status as a shell shows it: 128 + the signal that ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// Its standard output as text, without the last line break.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }

    /// Its standard error as text, without the last line break.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim_end().to_owned()
    }

    /// Itself when the status is 0.
    ///
    /// # Errors
    /// [`Error::Failed`] with the end of both outputs.
    pub fn checked(self) -> Result<Self, Error> {
        if self.ok() {
            return Ok(self);
        }
        let mut output = tail(&self.stdout, 2000);
        output.push_str(&tail(&self.stderr, 4000));
        Err(Error::Failed { program: self.program, status: self.status.to_string(), output })
    }
}

/// The last `limit` bytes, from a line's beginning.
pub(crate) fn tail(bytes: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.len() <= limit {
        return text.into_owned();
    }
    let cut = text.len() - limit;
    let from = text.char_indices().map(|(at, _)| at).find(|&at| at >= cut).unwrap_or(0);
    let rest = &text[from..];
    rest.split_once('\n').map_or(rest, |(_, lines)| lines).to_owned()
}

/// Whether a program is on this machine.
pub(crate) fn on_path(tool: &str) -> bool {
    let found = |dir: PathBuf| dir.join(tool).is_file();
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(found))
}

/// Reads a small file that may be absent.
pub(crate) fn read_if_there(path: &std::path::Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(format!("read {}", path.display()), error)),
    }
}

#[cfg(test)]
mod tests;
