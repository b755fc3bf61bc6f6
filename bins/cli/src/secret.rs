//! Passwords: from standard input alone, never from the command line, which everyone on the server can read. Tokens: into files that their
//! owner alone can read.

use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;
use crate::screen::Screen;

/// A longer one is none.
const LONGEST: u64 = 64 * 1024;

/// Reads a password: on a terminal one line that is not shown, else all there is without one line's end.
pub(crate) fn read(screen: &mut Screen, what: &str) -> Result<String, Failure> {
    let text = if screen.asks { typed(screen, what)? } else { piped(screen)? };
    if text.is_empty() {
        let remedy =
            format!("Give it on standard input, as in `printf '%s' \"$PASSWORD\" | {} ...`.", "holdfast");
        return Err(Failure::refused(format!("the {what} is empty"), remedy));
    }
    Ok(text)
}

/// Reads the password of now and a new one: on a terminal one after the other, else one line each.
pub(crate) fn read_both(screen: &mut Screen) -> Result<(String, String), Failure> {
    if screen.asks {
        return Ok((read(screen, "password of now")?, read(screen, "new password")?));
    }
    let text = read(screen, "password")?;
    let Some((current, new)) = text.split_once('\n') else {
        let remedy = "Give the password of now and the new one, one line each.";
        return Err(Failure::refused("there is one line alone", remedy));
    };
    Ok((current.to_owned(), new.to_owned()))
}

/// Writes a token into a new file that replaces an old one, readable for its owner alone from the first byte.
pub(crate) fn keep(token: &str, path: &Path) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let new = path.with_file_name(name);
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        writeln!(file, "{token}")?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(|error| {
        // What could not be put in place is of no use.
        let _ = std::fs::remove_file(&new);
        Failure::refused(
            format!("{}: {error}", path.display()),
            "Name a file in a directory of your own with --save.",
        )
    })
}

fn piped(screen: &mut Screen) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    screen.input().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::refused("the password is too long", "Give 64 KiB at most."));
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|_| Failure::refused("the password is no UTF-8 text", "Give it as UTF-8."))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Puts the terminal back as it was.
struct Quiet(Termios);

impl Quiet {
    /// Neither shows what is typed nor turns keys into signals: an interrupt must not leave the terminal mute.
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Nothing better can be done where even this fails.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

fn typed(screen: &mut Screen, what: &str) -> Result<String, Failure> {
    screen.ask(&format!("{what}: "))?;
    let line = {
        let _quiet = Quiet::begin()?;
        keys(screen.input())
    };
    screen.note(&[])?;
    let line = line?.ok_or(Failure::Declined)?;
    String::from_utf8(line)
        .map_err(|_| Failure::refused("the password is no UTF-8 text", "Give it as UTF-8."))
}

/// Keys up to the end of the line. None: given up, by Ctrl-C, Ctrl-D or Ctrl-\.
fn keys(input: &mut dyn Read) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut key = [0];
    loop {
        if input.read(&mut key)? == 0 {
            return Ok(None);
        }
        match key[0] {
            b'\n' | b'\r' => return Ok(Some(line)),
            0x03 | 0x04 | 0x1c => return Ok(None),
            0x15 => line.clear(),
            0x08 | 0x7f => {
                // A whole character, however many bytes it has.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte => line.push(byte),
        }
    }
}

#[cfg(test)]
mod tests;
