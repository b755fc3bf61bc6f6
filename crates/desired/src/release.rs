//! Another release may want something else of the same row.
//!
//! What is wanted of a row changes with the row, which raises its generation, or with the program. So every program holds all rows once
//! against what was sent of them, and raises those that differ: for the agent that is a new wish, and no contradiction.

use std::os::unix::fs::MetadataExt;

use store::{FromRow, Row, RowError, StoreError, Tx, WriteTx};

use crate::block::Block;
use crate::key::Key;
use crate::kind::AnyKind;
use crate::panel::Panel;
use crate::setting;

/// The setting that names the program which did this last.
const CHECKED_BY: &str = "panel.checked_by";
/// Rows that are looked at in one picture of the database.
const PAGE: i64 = 1000;

/// Raises each object of which this program wants something else than what the agent has.
pub(crate) async fn raise_what_differs(panel: &Panel) -> Result<(), StoreError> {
    let program = program();
    let known = panel.store().read(async |tx: &mut Tx| setting::get::<String>(tx, CHECKED_BY).await).await?;
    if known.is_some() && known == program {
        return Ok(());
    }
    for kind in panel.registry().iter() {
        let mut after = String::new();
        while let Some(last) = raise_page(panel, kind, &after).await? {
            after = last;
        }
    }
    let now = panel.now();
    panel.store().write(async |tx: &mut WriteTx| setting::put(tx, CHECKED_BY, &program, now).await).await
}

/// Looks at the rows behind this id; the last id of them, none where there are no more.
async fn raise_page(panel: &Panel, kind: &dyn AnyKind, after: &str) -> Result<Option<String>, StoreError> {
    let page = kind.sql().page.bind(after).bind(PAGE);
    let read = async |tx: &mut Tx| -> Result<_, StoreError> {
        let rows: Vec<Sent> = tx.all(page).await?;
        let last = rows.last().map(|row| row.id.clone());
        let mut others = Vec::new();
        for row in rows.into_iter().filter(|row| row.block.spec_digest.is_some()) {
            // Which side rules there is a person's to say.
            let key = Key { kind: kind.kind(), id: row.id.clone() };
            if panel.ahead_of(&key, row.block.generation).is_some() {
                continue;
            }
            if kind.load(tx, &row.id).await?.is_some_and(|wish| wish.is_of_other_release()) {
                others.push(row.id);
            }
        }
        Ok((last, others))
    };
    let (last, others) = panel.store().read(read).await?;
    if others.is_empty() {
        return Ok(last);
    }
    let now = panel.now();
    let write = async |tx: &mut WriteTx| -> Result<(), StoreError> {
        for id in &others {
            tx.execute(kind.sql().raise.bind(id).bind(now).bind(false)).await?;
        }
        Ok(())
    };
    panel.store().write(write).await?;
    for id in others {
        panel.wake(Key { kind: kind.kind(), id });
    }
    Ok(last)
}

struct Sent {
    id: String,
    block: Block,
}

impl FromRow for Sent {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(Self { id: row.text("id")?, block: Block::from_row(row)? })
    }
}

/// Names this program: the file that it runs from, as it was put there. None where that cannot be told; then everything is looked at.
fn program() -> Option<String> {
    let file = std::fs::metadata("/proc/self/exe").ok()?;
    Some(format!("{} {} {}.{}", file.ino(), file.size(), file.ctime(), file.ctime_nsec()))
}
