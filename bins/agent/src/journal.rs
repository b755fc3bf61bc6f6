//! The agent's own append-only log: what was asked of it and by whom, and the heads of the panel's audit chain. The
//! panel cannot write it, so that a panel that was taken over cannot hide what it did.

use std::sync::{Arc, Mutex, PoisonError};

use converge::methods::{AuditHead, AuditHeads, RecordAuditHead};
use converge::{Apply, Spec, Wanted};
use hostd::{Host, HostError};
use names::CertificateId;
use serde_json::json;

/// What was asked for, a JSON object a line.
pub(crate) const JOURNAL: &str = "/var/lib/holdfast-agent/journal.jsonl";

/// The noted heads, a JSON object a line.
pub(crate) const HEADS: &str = "/var/lib/holdfast-agent/audit-heads.jsonl";

/// The first head that was refused because it went back; there until root removes it.
pub(crate) const REWOUND: &str = "/var/lib/holdfast-agent/audit-rewound.json";

/// Heads that are closer than this replace each other, so that no number of calls pushes older ones out at once.
/// Five minutes, in microseconds.
const APART: i64 = 5 * 60 * 1_000_000;

/// The agent's log.
pub(crate) struct Journal {
    host: Arc<Host>,
    rotating: Mutex<()>,
}

/// The journal is rotated at this size, in bytes: some fifty thousand wishes.
const LARGE: u64 = 16 * 1024 * 1024;

/// The heads are rotated at this size, in bytes: some ten thousand, of which the last hundred are read at each new one.
const LARGE_HEADS: u64 = 1024 * 1024;

/// How many older files of each sort are kept.
const KEEP: u32 = 8;

impl Journal {
    /// The log of a host.
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host, rotating: Mutex::default() }
    }

    /// A wish was taken. Its content is in the ledger; here is who wanted it.
    pub(crate) fn accepted<S: Spec>(&self, wish: &Apply<S>) -> Result<(), HostError> {
        self.append(
            JOURNAL,
            &json!({
                "at": self.host.now().to_string(),
                "method": S::APPLY,
                "scope": wish.scope.to_string(),
                "generation": wish.generation,
                "digest": wish.digest,
                "absent": matches!(wish.spec, Wanted::Absent),
                "overwrite": wish.overwrite,
                "actor": wish.cause.actor,
                "request_id": wish.cause.request_id,
            }),
        )
    }

    /// A key is to be made, taken in or given up. Nothing of it is noted.
    pub(crate) fn keys(&self, method: &str, certificate: CertificateId) -> Result<(), HostError> {
        let at = self.host.now().to_string();
        self.append(JOURNAL, &json!({ "at": at, "method": method, "certificate": certificate }))
    }

    /// A decision about a hand edit was taken.
    pub(crate) fn decided(&self, decision: &impl serde::Serialize) -> Result<(), HostError> {
        self.append(JOURNAL, &json!({ "at": self.host.now().to_string(), "decision": decision }))
    }

    /// Notes a head; the same head again is not noted twice. None: it goes back behind the last one, and only that is
    /// noted.
    pub(crate) fn note_head(&self, head: &RecordAuditHead) -> Result<Option<AuditHeads>, HostError> {
        let (mut heads, mut newest) = (self.heads_in(&older())?, self.heads_in(HEADS)?);
        heads.extend(newest.iter().cloned());
        let note =
            AuditHead { at: self.host.now().as_micros(), seq: head.seq, hash: head.hash, restored: false };
        match heads.last() {
            Some(last) if (last.seq, last.hash) == (head.seq, head.hash) => return Ok(Some(last_of(heads))),
            Some(last) if head.seq <= last.seq => {
                if self.rewound()?.is_none() {
                    self.host.files().write(REWOUND, json!(note).to_string().as_bytes(), 0o600, (0, 0))?;
                }
                return Ok(None);
            }
            _ => {}
        }
        // root's word that an older panel was put back is never replaced
        let free = newest.last().is_some_and(|last| !last.restored);
        let close = free && heads.iter().rev().nth(1).is_some_and(|before| note.at - before.at < APART);
        if close && newest.pop().is_some() {
            heads.pop();
            heads.push(note.clone());
            newest.push(note);
            let mut lines: Vec<String> = newest.iter().map(|head| json!(head).to_string()).collect();
            lines.push(String::new());
            self.host.files().write(HEADS, lines.join("\n").as_bytes(), 0o600, (0, 0))?;
        } else {
            self.append(HEADS, &json!(note))?;
            heads.push(note);
        }
        Ok(Some(last_of(heads)))
    }

    /// The last hundred heads.
    pub(crate) fn heads(&self) -> Result<AuditHeads, HostError> {
        let mut heads = self.heads_in(&older())?;
        heads.extend(self.heads_in(HEADS)?);
        Ok(last_of(heads))
    }

    /// What is known of a head that went back.
    pub(crate) fn rewound(&self) -> Result<Option<String>, HostError> {
        self.host.files().read_text(REWOUND)
    }

    fn heads_in(&self, path: &str) -> Result<Vec<AuditHead>, HostError> {
        let text = self.host.files().read_text(path)?.unwrap_or_default();
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    fn append(&self, path: &str, value: &serde_json::Value) -> Result<(), HostError> {
        {
            let _one = self.rotating.lock().unwrap_or_else(PoisonError::into_inner);
            rotate(&self.host, path, if path == HEADS { LARGE_HEADS } else { LARGE }, KEEP)?;
        }
        self.host.files().append(path, format!("{value}\n").as_bytes(), 0o600, (0, 0))
    }
}

/// A large file becomes `<path>.1`, that becomes `<path>.2`, and the oldest goes. The caller holds off whoever else would do it.
pub(crate) fn rotate(host: &Host, path: &str, large: u64, keep: u32) -> Result<(), HostError> {
    let files = host.files();
    if files.stat(path)?.is_none_or(|meta| meta.size < large) {
        return Ok(());
    }
    let numbered = |n: u32| format!("{path}.{n}");
    for n in (1..keep).rev() {
        if files.stat(&numbered(n))?.is_some() {
            files.rename(&numbered(n), &numbered(n + 1))?;
        }
    }
    files.rename(path, &numbered(1))
}

/// The heads before the last rotation.
fn older() -> String {
    format!("{HEADS}.1")
}

fn last_of(mut heads: Vec<AuditHead>) -> AuditHeads {
    heads.drain(..heads.len().saturating_sub(100));
    AuditHeads { heads }
}

#[cfg(test)]
mod tests;
