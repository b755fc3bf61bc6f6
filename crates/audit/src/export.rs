//! The whole chain as lines of JSON, so that a stranger can verify it with the file alone.
//!
//! A line holds every column as it is stored: `before` and `after` are texts, since it is the text that is hashed. The hash of an entry is the
//! SHA-256 of its parts, each with its length in bytes before it (8 bytes, the highest first): the hash of the entry before (64 zeros before
//! the first), `seq`, `id`, `at` in microseconds since 1970, then `actor_kind` to `outcome` in the order of the line, each `-` where it is
//! null and `+` with the text where it is not; and, only where one of the three is not null, `organisation_id`, `via` and `via_id` likewise.

use names::{Digest, Micros};
use serde::Serialize;
use store::{Store, StoreError};

use crate::append::Columns;
use crate::entry::Head;
use crate::verify::{Link, walk};

/// The name of the format, for the first line of a file.
pub const FORMAT: &str = "holdfast-audit-1";

/// Entries of one read: an export costs no more memory than these.
const BATCH: i64 = 200;

/// One entry, in the order of its hash's parts.
#[derive(Debug, Serialize)]
struct Line {
    seq: i64,
    id: String,
    at: Micros,
    actor_kind: Option<String>,
    actor_id: Option<String>,
    actor_name: Option<String>,
    origin: Option<String>,
    request_id: Option<String>,
    action: Option<String>,
    object_kind: Option<String>,
    object_id: Option<String>,
    account_id: Option<String>,
    before: Option<String>,
    after: Option<String>,
    plan_hash: Option<String>,
    outcome: Option<String>,
    organisation_id: Option<String>,
    via: Option<String>,
    via_id: Option<String>,
    prev_hash: Digest,
    hash: Digest,
}

impl From<Link> for Line {
    fn from(link: Link) -> Self {
        let Link { columns: Columns { seq, id, at, texts, more }, previous, hash } = link;
        let [
            actor_kind,
            actor_id,
            actor_name,
            origin,
            request_id,
            action,
            object_kind,
            object_id,
            account_id,
            before,
            after,
            plan_hash,
            outcome,
        ] = texts;
        let [organisation_id, via, via_id] = more;
        Self {
            seq,
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            origin,
            request_id,
            action,
            object_kind,
            object_id,
            account_id,
            before,
            after,
            plan_hash,
            outcome,
            organisation_id,
            via,
            via_id,
            prev_hash: previous,
            hash,
        }
    }
}

/// Some entries.
#[derive(Debug)]
pub struct Batch {
    /// A line each, with its end.
    pub lines: String,
    /// The last of them.
    pub head: Head,
}

/// The entries after a number as lines; none where there are no more. Verified by nobody: that is for the reader of the file.
pub async fn after(store: &Store, seq: i64) -> Result<Option<Batch>, StoreError> {
    let entries = walk(store, seq, BATCH).await?;
    let Some(last) = entries.last() else { return Ok(None) };
    let head = Head { seq: last.columns.seq, hash: last.hash, at: last.columns.at };
    let mut lines = String::new();
    for entry in entries {
        let line =
            serde_json::to_string(&Line::from(entry)).map_err(|error| StoreError::Other(Box::new(error)))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(Some(Batch { lines, head }))
}
