//! Walking the chain.

use names::Digest;
use serde::Serialize;
use store::{FromRow, Row, RowError, Statement, Store, StoreError};

use crate::append::{BEGINNING, Columns};
use crate::entry::Head;

const WALK: Statement = Statement::new(
    "SELECT seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id, account_id,
            before_json, after_json, plan_hash, outcome, organisation_id, via, via_id, prev_hash, hash
     FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
);

pub(crate) const STATEMENTS: &[Statement] = &[WALK];

/// Rows of one read, so that a long chain costs no memory and holds no reader up.
const BATCH: i64 = 500;

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Every entry is as it was written.
    Intact {
        /// How many.
        entries: i64,
        /// The last.
        head: Option<Head>,
    },
    /// An entry was changed, removed or inserted here.
    Broken {
        /// The number of the first entry that does not fit.
        seq: i64,
        /// What does not fit.
        reason: &'static str,
    },
}

pub(crate) struct Link {
    pub(crate) columns: Columns,
    pub(crate) previous: Digest,
    pub(crate) hash: Digest,
}

impl FromRow for Link {
    fn from_row(row: &Row) -> Result<Self, RowError> {
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
            "before_json",
            "after_json",
            "plan_hash",
            "outcome",
        ];
        const MORE: [&str; 3] = ["organisation_id", "via", "via_id"];
        let mut texts = [const { None }; 13];
        for (text, name) in texts.iter_mut().zip(TEXTS) {
            *text = row.opt_text(name)?;
        }
        let mut more = [const { None }; 3];
        for (text, name) in more.iter_mut().zip(MORE) {
            *text = row.opt_text(name)?;
        }
        let columns = Columns { seq: row.int("seq")?, id: row.text("id")?, at: row.time("at")?, texts, more };
        Ok(Self { columns, previous: row.parse("prev_hash")?, hash: row.parse("hash")? })
    }
}

/// The entries after a number, in order, as they are stored.
pub(crate) async fn walk(store: &Store, after: i64, rows: i64) -> Result<Vec<Link>, StoreError> {
    store.read(async |tx| tx.all(WALK.bind(after).bind(rows)).await).await
}

/// Walks the whole chain. `known` are heads that were kept elsewhere: a chain that was cut off or made anew no longer holds
/// all of them.
pub async fn verify(store: &Store, known: &[Head]) -> Result<Verdict, StoreError> {
    let mut previous = BEGINNING;
    let mut last: Option<Head> = None;
    loop {
        let seq = last.map_or(0, |head| head.seq);
        let links = walk(store, seq, BATCH).await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            let expected = last.map_or(0, |head| head.seq) + 1;
            if let Some(reason) = fault(&link, expected, previous, known) {
                return Ok(Verdict::Broken { seq: link.columns.seq.min(expected), reason });
            }
            previous = link.hash;
            last = Some(Head { seq: link.columns.seq, hash: link.hash, at: link.columns.at });
        }
    }
    let entries = last.map_or(0, |head| head.seq);
    if known.iter().any(|known| known.seq > entries) {
        return Ok(Verdict::Broken {
            seq: entries + 1,
            reason: "the database is older than the agent's record: entries that were there are gone",
        });
    }
    Ok(Verdict::Intact { entries, head: last })
}

fn fault(link: &Link, expected: i64, previous: Digest, known: &[Head]) -> Option<&'static str> {
    if link.columns.seq != expected {
        return Some("an entry is missing");
    }
    if link.previous != previous {
        return Some("the entry does not follow the one before");
    }
    if link.hash != link.columns.hash(previous) {
        return Some("the entry was changed");
    }
    if known.iter().any(|known| known.seq == expected && known.hash != link.hash) {
        return Some("the chain was made anew: the entry is not the one that the copy of its hash tells of");
    }
    None
}
