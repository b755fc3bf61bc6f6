//! Writing an entry at the end of the chain.

use names::{AuditId, Digest, Micros};
use serde_json::{Value, json};
use store::{FromRow, Row, RowError, Statement, StoreError, Tx, WriteTx};

use crate::entry::{Entry, Head, Outcome};

const HEAD: Statement = Statement::new("SELECT seq, hash, at FROM audit ORDER BY seq DESC LIMIT 1");
const INSERT: Statement = Statement::new(
    "INSERT INTO audit (seq, id, at, actor_kind, actor_id, actor_name, origin, request_id, action, object_kind, object_id,
                        account_id, before_json, after_json, plan_hash, outcome, organisation_id, via, via_id, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
);
const ORGANISATION_OF: Statement =
    Statement::new("SELECT organisation_id AS value FROM account WHERE id = $1");

pub(crate) const STATEMENTS: &[Statement] = &[HEAD, INSERT, ORGANISATION_OF];

/// The hash before the first.
pub(crate) const BEGINNING: Digest = Digest::from_bytes([0; 32]);

/// A row's columns but its hashes, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) at: Micros,
    /// From `actor_kind` to `outcome`, in the table's order.
    pub(crate) texts: [Option<String>; 13],
    /// `organisation_id`, `via`, `via_id`. Entries from before there were these have none, and none is not part of the hash.
    pub(crate) more: [Option<String>; 3],
}

impl Columns {
    /// What the row's hash must be. NULL and the empty text differ.
    pub(crate) fn hash(&self, previous: Digest) -> Digest {
        let mut parts = vec![
            previous.to_string(),
            self.seq.to_string(),
            self.id.clone(),
            self.at.as_micros().to_string(),
        ];
        let more = if self.more.iter().any(Option::is_some) { self.more.as_slice() } else { &[] };
        for text in self.texts.iter().chain(more) {
            parts.push(text.as_ref().map_or_else(|| String::from("-"), |text| format!("+{text}")));
        }
        Digest::of_parts(parts)
    }
}

impl FromRow for Head {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { seq: row.int("seq")?, hash: row.parse("hash")?, at: row.time("at")? })
    }
}

/// The end of the chain; `None` where nothing was written yet.
pub async fn head(tx: &mut Tx) -> Result<Option<Head>, StoreError> {
    tx.optional(HEAD).await
}

/// Writes an entry, in the transaction of the change that it tells of.
pub async fn append(tx: &mut WriteTx, entry: &Entry<'_>, now: Micros) -> Result<AuditId, StoreError> {
    let (seq, previous) = head(tx).await?.map_or((1, BEGINNING), |head| (head.seq + 1, head.hash));
    let id = AuditId::new();
    let (outcome, after) = match &entry.outcome {
        Outcome::Done => ("done", entry.after.clone()),
        Outcome::Refused { code, fields } => ("refused", Some(json!({"code": code, "errors": fields}))),
    };
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let organisation = match (&entry.object.organisation, &entry.object.account) {
        (None, Some(account)) => tx.optional(ORGANISATION_OF.bind(account)).await?,
        (organisation, _) => organisation.clone(),
    };
    let (via, via_id) = entry.who.via.clone().unzip();
    let columns = Columns {
        seq,
        id: id.to_string(),
        at: now,
        texts: [
            Some(entry.who.kind.to_owned()),
            entry.who.id.clone(),
            Some(entry.who.name.clone()),
            Some(entry.who.origin.clone()),
            Some(entry.request_id.to_owned()),
            Some(entry.action.to_owned()),
            Some(entry.object.kind.to_owned()),
            entry.object.id.clone(),
            entry.object.account.clone(),
            text(&entry.before),
            text(&after),
            entry.plan_hash.map(|hash| hash.to_string()),
            Some(outcome.to_owned()),
        ],
        more: [organisation, via.map(str::to_owned), via_id.flatten()],
    };
    let hash = columns.hash(previous);
    let mut insert = INSERT.bind(columns.seq).bind(columns.id).bind(columns.at);
    for text in columns.texts.into_iter().chain(columns.more) {
        insert = insert.bind(text);
    }
    tx.execute(insert.bind(previous).bind(hash)).await?;
    Ok(id)
}
