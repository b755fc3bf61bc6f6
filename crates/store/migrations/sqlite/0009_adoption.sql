-- Objects that the server holds and this database has no row of, as an older copy that was put back leaves them, and what was
-- decided about each:
--   keep     it stays on the server as it is, and nothing is ever sent for it
--   remove   it is taken off the server; the block of columns is that of any object on its way out
CREATE TABLE adoption (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    account    TEXT,                           -- the name of the account that it is of
    decision   TEXT   NOT NULL CHECK (decision IN ('keep', 'remove')),
    decided_at BIGINT NOT NULL,
    decided_by TEXT   NOT NULL,
    updated_at BIGINT NOT NULL,
    generation          BIGINT NOT NULL DEFAULT 1 CHECK (generation >= 1),
    observed_generation BIGINT NOT NULL DEFAULT 0 CHECK (observed_generation >= 0),
    spec_digest         TEXT,
    condition           TEXT   NOT NULL DEFAULT 'pending'
        CHECK (condition IN ('pending', 'converging', 'ready', 'degraded', 'failed', 'deleting')),
    reason              TEXT,
    message             TEXT,
    since               BIGINT NOT NULL,
    attempts            BIGINT NOT NULL DEFAULT 0,
    next_attempt_at     BIGINT,
    deleted_at          BIGINT,
    expect_plan         TEXT,
    overwrite           BIGINT NOT NULL DEFAULT 0 CHECK (overwrite IN (0, 1))
);
