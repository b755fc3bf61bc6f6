//! Where the answers go: standard output for what was asked for, standard error for words about it.
//!
//! Lines are made of [`Span`]s. Their text is made harmless here, at the one place where it is written, and styles are added after that
//! and only for a terminal: no text of the server's can bring an escape sequence of its own.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Read, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::visible;

/// How a part of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the terminal writes.
    Plain,
    /// Titles.
    Bold,
    /// What is of less weight.
    Dim,
    /// As it should be; an added line.
    Good,
    /// Look at it.
    Warn,
    /// Wrong; a removed line.
    Bad,
    /// A place in a file.
    Place,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Warn => "\x1b[33m",
            Self::Bad => "\x1b[31m",
            Self::Place => "\x1b[36m",
        }
    }
}

/// A part of a line.
#[derive(Debug, Clone)]
pub(crate) struct Span<'a> {
    pub(crate) style: Style,
    pub(crate) text: Cow<'a, str>,
}

/// A part of a line in a style.
pub(crate) fn span<'a>(style: Style, text: impl Into<Cow<'a, str>>) -> Span<'a> {
    Span { style, text: text.into() }
}

/// A part of a line as the terminal writes.
pub(crate) fn plain<'a>(text: impl Into<Cow<'a, str>>) -> Span<'a> {
    span(Style::Plain, text)
}

/// The streams of the command, and what they can do.
#[expect(clippy::struct_excessive_bools, reason = "four facts about two streams, each of which stands alone")]
pub(crate) struct Screen {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    input: Box<dyn Read>,
    /// Columns of standard output's terminal; none where it is no terminal: then nothing is cut.
    pub(crate) width: Option<usize>,
    /// Standard output takes colours.
    pub(crate) colour_out: bool,
    /// Standard error takes colours.
    pub(crate) colour_err: bool,
    /// Standard input is a terminal, so that there is someone to ask.
    pub(crate) asks: bool,
    /// Standard error is a terminal, so that something may move there.
    pub(crate) moves: bool,
}

impl Screen {
    /// The process's own streams.
    pub(crate) fn of_process() -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colours = !set("NO_COLOR") && !dumb;
        let columns = out.is_terminal().then(|| {
            let size = rustix::termios::tcgetwinsize(&out).ok();
            size.map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0).unwrap_or(80)
        });
        Self {
            width: columns,
            colour_out: colours && out.is_terminal(),
            colour_err: colours && err.is_terminal(),
            asks: io::stdin().is_terminal() && err.is_terminal(),
            moves: err.is_terminal() && !dumb,
            out: Box::new(io::BufWriter::new(out)),
            err: Box::new(err),
            input: Box::new(io::stdin()),
        }
    }

    /// Streams of a test.
    #[cfg(test)]
    pub(crate) fn of_test(
        out: impl Write + 'static,
        err: impl Write + 'static,
        input: impl Read + 'static,
    ) -> Self {
        Self {
            out: Box::new(out),
            err: Box::new(err),
            input: Box::new(input),
            width: None,
            colour_out: false,
            colour_err: false,
            asks: false,
            moves: false,
        }
    }

    /// A line of the answer.
    pub(crate) fn line(&mut self, spans: &[Span<'_>]) -> io::Result<()> {
        write_line(&mut self.out, self.colour_out, spans)
    }

    /// A plain line of the answer.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.line(&[plain(text)])
    }

    /// A line about the answer.
    pub(crate) fn note(&mut self, spans: &[Span<'_>]) -> io::Result<()> {
        self.out.flush()?;
        write_line(&mut self.err, self.colour_err, spans)
    }

    /// A question on standard error, without a line's end.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<()> {
        self.out.flush()?;
        write!(self.err, "{}", visible::line(question))?;
        self.err.flush()
    }

    /// A JSON document as it came, its control characters escaped, with a line's end.
    pub(crate) fn json(&mut self, document: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(document);
        let text = visible::json(&text);
        writeln!(self.out, "{}", text.trim_end())
    }

    /// Text of our own, as it is.
    pub(crate) fn own(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// What was written goes out.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }

    /// Standard input.
    pub(crate) fn input(&mut self) -> &mut dyn Read {
        &mut *self.input
    }
}

fn write_line(to: &mut dyn Write, colours: bool, spans: &[Span<'_>]) -> io::Result<()> {
    for span in spans {
        let text = visible::line(&span.text);
        if colours && span.style != Style::Plain {
            write!(to, "{}{text}\x1b[0m", span.style.code())?;
        } else {
            write!(to, "{text}")?;
        }
    }
    writeln!(to)
}

/// Columns that a text takes on a terminal, once it is harmless.
pub(crate) fn columns(text: &str) -> usize {
    visible::line(text).width()
}

/// The text, harmless, and cut to so many columns; what was cut is shown by `…`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let text = visible::line(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    let mut out = String::new();
    let mut taken = 1;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        out.push(c);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
