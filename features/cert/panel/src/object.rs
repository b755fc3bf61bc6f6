//! A stand-in: certificates that sign themselves, as converging objects.

use cert_spec::CertificateSpec;
use converge::Wanted;
use desired::{Before, Block, BlockSql, Object, Wish};
use names::{AccountId, AccountName, CertName, CertificateId};
use store::{FromRow, RowError, Statement, StoreError, Tx};

const FIND: Statement = Statement::new(
    "SELECT c.*, a.name AS account_name,
            (SELECT COUNT(*) FROM site s WHERE s.certificate_id = c.id
                OR (s.id = c.site_id AND s.observed_generation < s.generation)) AS holding
     FROM certificate c JOIN account a ON a.id = c.account_id WHERE c.id = $1",
);

struct Row {
    id: CertificateId,
    account_id: AccountId,
    account: AccountName,
    names: Vec<CertName>,
    holding: i64,
    block: Block,
}

impl FromRow for Row {
    fn from_row(row: &store::Row) -> Result<Self, RowError> {
        Ok(Self {
            id: row.parse("id")?,
            account_id: row.parse("account_id")?,
            account: row.parse("account_name")?,
            names: row.json("names")?,
            holding: row.int("holding")?,
            block: Block::from_row(row)?,
        })
    }
}

/// The kind `certificate`.
#[derive(Debug)]
pub struct CertificateObject;

impl Object for CertificateObject {
    type Spec = CertificateSpec;
    const RANK: u8 = 20;
    const SQL: BlockSql = BLOCK;

    async fn load(tx: &mut Tx, id: &str) -> Result<Option<Wish<CertificateSpec>>, StoreError> {
        let Some(row) = tx.optional::<Row>(FIND.bind(id)).await? else { return Ok(None) };
        let leaving = row.block.deleted_at.is_some();
        let spec = CertificateSpec { account: Some(row.account), names: row.names.clone(), issued: None };
        let names: Vec<_> = row.names.iter().map(ToString::to_string).collect();
        Ok(Some(Wish {
            scope: row.id,
            name: names.join(", "),
            account: Some(row.account_id),
            wanted: if leaving { Wanted::Absent } else { Wanted::Present(spec) },
            block: row.block,
            waits_for: (leaving && row.holding > 0).then(|| Before::Object("its site".to_owned())),
        }))
    }
}

const BLOCK: BlockSql = BlockSql {
    raise: Statement::new(
        "UPDATE certificate SET generation = generation + 1, updated_at = $2, since = $2, overwrite = $3,
                condition = CASE WHEN deleted_at IS NULL THEN 'pending' ELSE 'deleting' END,
                reason = NULL, message = NULL, attempts = 0, next_attempt_at = NULL, expect_plan = NULL,
                spec_digest = NULL
         WHERE id = $1",
    ),
    lift: Statement::new("UPDATE certificate SET generation = $2 WHERE id = $1 AND generation < $2"),
    expect: Statement::new("UPDATE certificate SET expect_plan = $2 WHERE id = $1"),
    again: Statement::new("UPDATE certificate SET attempts = 0, next_attempt_at = NULL WHERE id = $1"),
    record: Statement::new(
        "UPDATE certificate SET observed_generation = COALESCE($3, observed_generation), spec_digest = COALESCE($4, spec_digest),
                condition = $5, reason = $6, message = $7, since = $8, attempts = $9, next_attempt_at = $10,
                expect_plan = CASE WHEN $5 = 'ready' THEN NULL ELSE expect_plan END,
                overwrite = CASE WHEN $5 = 'ready' THEN 0 ELSE overwrite END
         WHERE id = $1 AND generation = $2",
    ),
    behind: Statement::new(
        "UPDATE certificate SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2",
    ),
    purge: Statement::new(
        "DELETE FROM certificate WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL",
    ),
    unsettled: Statement::new(
        "SELECT id AS value FROM certificate WHERE condition <> 'ready' OR observed_generation < generation",
    ),
    waiting: Statement::new(
        "SELECT id AS value FROM certificate WHERE reason = 'waits_for' AND (account_id = $1 OR $1 IS NULL)",
    ),
    page: Statement::new(
        "SELECT id, generation, observed_generation, spec_digest, condition, reason, message, since, attempts,
                next_attempt_at, deleted_at, expect_plan, overwrite
         FROM certificate WHERE id > $1 ORDER BY id LIMIT $2",
    ),
};
