//! The statements over the columns that converging rows share, for certificates.

use desired::BlockSql;
use store::Statement;

pub(crate) const BLOCK: BlockSql = BlockSql {
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
    behind: Statement::new("UPDATE certificate SET observed_generation = $2 WHERE id = $1 AND observed_generation < $2"),
    // How its order stands goes with it.
    purge: Statement::new("DELETE FROM certificate WHERE id = $1 AND generation = $2 AND deleted_at IS NOT NULL"),
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

/// Every statement of this module.
pub(crate) const STATEMENTS: &[Statement] = &[
    BLOCK.raise,
    BLOCK.lift,
    BLOCK.expect,
    BLOCK.again,
    BLOCK.record,
    BLOCK.behind,
    BLOCK.purge,
    BLOCK.unsettled,
    BLOCK.waiting,
    BLOCK.page,
];
