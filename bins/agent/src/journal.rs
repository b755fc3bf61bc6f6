//! The agent's own append-only log: what was asked of it and by whom, and the heads of the panel's audit chain. The
//! panel cannot write it, so that a panel that was taken over cannot hide what it did.

use std::sync::Arc;

use converge::methods::{AuditHead, AuditHeads, RecordAuditHead};
use converge::{Apply, Spec, Wanted};
use hostd::{Host, HostError};
use serde_json::json;

/// What was asked for, a JSON object a line.
pub(crate) const JOURNAL: &str = "/var/lib/holdfast-agent/journal.jsonl";

/// The noted heads, a JSON object a line.
pub(crate) const HEADS: &str = "/var/lib/holdfast-agent/audit-heads.jsonl";

/// The agent's log.
pub(crate) struct Journal {
    host: Arc<Host>,
}

impl Journal {
    /// The log of a host.
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host }
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

    /// A decision about a hand edit was taken.
    pub(crate) fn decided(&self, decision: &impl serde::Serialize) -> Result<(), HostError> {
        self.append(JOURNAL, &json!({ "at": self.host.now().to_string(), "decision": decision }))
    }

    /// Notes a head; the same head again is not noted twice.
    pub(crate) fn note_head(&self, head: &RecordAuditHead) -> Result<AuditHeads, HostError> {
        let mut heads = self.heads()?;
        if heads.heads.last().is_none_or(|last| (last.seq, last.hash) != (head.seq, head.hash)) {
            let note = AuditHead { at: self.host.now().as_micros(), seq: head.seq, hash: head.hash };
            self.append(HEADS, &json!(note))?;
            heads.heads.push(note);
        }
        Ok(heads)
    }

    /// The last hundred heads.
    pub(crate) fn heads(&self) -> Result<AuditHeads, HostError> {
        let text = self.host.files().read_text(HEADS)?.unwrap_or_default();
        let mut heads: Vec<AuditHead> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        heads.drain(..heads.len().saturating_sub(100));
        Ok(AuditHeads { heads })
    }

    fn append(&self, path: &str, value: &serde_json::Value) -> Result<(), HostError> {
        self.host.files().append(path, format!("{value}\n").as_bytes(), 0o600, (0, 0))
    }
}
