//! Verifies an exported audit by the file alone: no panel is asked.
//!
//! The file says by itself how it is verified; see the guide's page about the audit. This is written from that page, and shares no code with
//! the panel but SHA-256.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use names::{Digest, Micros};
use serde_json::Value;

use crate::failure::{self, Failure};
use crate::run::Session;
use crate::screen::{Style, plain, span};

/// The format that is known.
const FORMAT: &str = "holdfast-audit-1";
/// A longer line is none of ours, in bytes.
const LONGEST: u64 = 16 << 20;

/// The texts of an entry, in the order of its hash.
const TEXTS: [&str; 13] = [
    "actor_kind",
    "actor_id",
    "actor_name",
    "origin",
    "request_id",
    "action",
    "object_kind",
    "object_id",
    "account_id",
    "before",
    "after",
    "plan_hash",
    "outcome",
];
/// Part of the hash where one of them is there.
const MORE: [&str; 3] = ["organisation_id", "via", "via_id"];

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no export of the whole audit.
    NotWhole(String),
    /// It cannot be read.
    Unreadable(String),
    /// An entry was changed, removed or inserted.
    Broken { seq: i64, reason: &'static str },
}

/// What a file holds that is as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) entries: i64,
    pub(super) head: String,
}

/// Walks the file, a line at a time.
pub(super) fn verify(file: impl Read) -> Result<Whole, Fault> {
    let mut lines = Lines { reader: BufReader::new(file), number: 0 };
    let first = lines.next()?.ok_or_else(|| Fault::NotWhole("the file is empty".to_owned()))?;
    if first.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(Fault::NotWhole(format!("the file is no audit in the format {FORMAT}")));
    }
    if first.get("scope").and_then(Value::as_str) != Some("whole") {
        let words =
            "the file is a part of the audit: between the entries of others there is no chain to follow";
        return Err(Fault::NotWhole(words.to_owned()));
    }
    let (mut previous, mut seq) = ("0".repeat(64), 0);
    loop {
        let Some(line) = lines.next()? else {
            return Err(Fault::Broken { seq: seq + 1, reason: "the file ends early" });
        };
        if line.get("end").and_then(Value::as_bool) == Some(true) {
            return finish(&mut lines, &line, seq, previous);
        }
        seq += 1;
        previous = follow(&line, seq, &previous).map_err(|reason| Fault::Broken { seq, reason })?;
    }
}

/// Nothing may come behind the last line, which says what came before.
fn finish<R: Read>(lines: &mut Lines<R>, end: &Value, entries: i64, head: String) -> Result<Whole, Fault> {
    let broken = |reason| Err(Fault::Broken { seq: entries + 1, reason });
    let said = end.get("head").and_then(Value::as_str);
    let same_head = if entries == 0 { said.is_none() } else { said == Some(head.as_str()) };
    if end.get("entries").and_then(Value::as_i64) != Some(entries) || !same_head {
        return broken("the last line tells of other entries");
    }
    if lines.next()?.is_some() {
        return broken("there is something behind the last line");
    }
    Ok(Whole { entries, head })
}

/// The entry's hash, where it follows the one before and is as it was written.
fn follow(entry: &Value, seq: i64, previous: &str) -> Result<String, &'static str> {
    if entry.get("seq").and_then(Value::as_i64) != Some(seq) {
        return Err("an entry is missing");
    }
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    if text("prev_hash") != Some(previous) {
        return Err("the entry does not follow the one before");
    }
    let at = text("at").and_then(|at| at.parse::<Micros>().ok()).ok_or("the entry has no time")?;
    let id = text("id").ok_or("the entry has no id")?;
    let mut parts = vec![previous.to_owned(), seq.to_string(), id.to_owned(), at.as_micros().to_string()];
    let part = |name: &&str| text(name).map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
    parts.extend(TEXTS.iter().map(part));
    if MORE.iter().any(|name| text(name).is_some()) {
        parts.extend(MORE.iter().map(part));
    }
    let hash = Digest::of_parts(parts).to_string();
    if text("hash") == Some(hash.as_str()) { Ok(hash) } else { Err("the entry was changed") }
}

struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    fn next(&mut self) -> Result<Option<Value>, Fault> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut line);
        self.number += 1;
        let unreadable = |words: String| Fault::Unreadable(format!("line {}: {words}", self.number));
        match read {
            Err(error) => Err(unreadable(error.to_string())),
            Ok(0) => Ok(None),
            Ok(_) if line.last() != Some(&b'\n') => Err(unreadable("it has no end".to_owned())),
            Ok(_) => {
                serde_json::from_slice(&line).map(Some).map_err(|_| unreadable("it is no JSON".to_owned()))
            }
        }
    }
}

/// Says what came of it; ends with 1 where the file was changed.
pub(super) fn told(session: &mut Session, path: &Path) -> Result<(), Failure> {
    let verdict = if path.as_os_str() == "-" {
        verify(session.screen.input())
    } else {
        let file = std::fs::File::open(path)
            .map_err(|error| Failure::Usage(format!("--file {}: {error}", path.display())))?;
        verify(file)
    };
    match verdict {
        Ok(Whole { entries, head }) if session.json => {
            let document = serde_json::json!({ "intact": true, "entries": entries, "head": head });
            Ok(session.screen.json(document.to_string().as_bytes())?)
        }
        Ok(Whole { entries, head }) => {
            session.screen.line(&[span(Style::Good, "intact"), plain(format!(": {entries} entries"))])?;
            session.screen.text(&format!("head {head}"))?;
            let words = "`holdfast audit verify` on the server tells whether its chain is still this one";
            Ok(session.screen.note(&[span(Style::Dim, words)])?)
        }
        Err(Fault::Broken { seq, reason }) => {
            if session.json {
                let document = serde_json::json!({ "intact": false, "seq": seq, "reason": reason });
                session.screen.json(document.to_string().as_bytes())?;
                return Err(Failure::Found);
            }
            failure::error(&mut session.screen, &format!("entry {seq}: {reason}"))?;
            failure::remedy(
                &mut session.screen,
                "Somebody changed the file, or it was not copied whole: export it again, and compare.",
            )?;
            Err(Failure::Found)
        }
        Err(Fault::NotWhole(words)) => {
            Err(Failure::refused(words, "Whoever sees the whole audit exports the whole."))
        }
        Err(Fault::Unreadable(words)) => Err(Failure::refused(words, "Was the file copied whole?")),
    }
}

#[cfg(test)]
mod tests;
