-- Settings of PHP, and pools that one site has for itself.

-- A pool was unique for account and version. SQLite drops no constraint, so the table is made anew; sites let go of it meanwhile.
CREATE TABLE site_pool_22 (site_id TEXT NOT NULL PRIMARY KEY, pool_id TEXT NOT NULL);
INSERT INTO site_pool_22 (site_id, pool_id) SELECT id, pool_id FROM site WHERE pool_id IS NOT NULL;
UPDATE site SET pool_id = NULL WHERE pool_id IS NOT NULL;
CREATE TABLE pool_22 (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    version    TEXT   NOT NULL,
    site_id    TEXT,                           -- the one site that has it for itself; NULL: the account's sites share it
    name       TEXT   NOT NULL UNIQUE,         -- <account>-<version>, and the site's id where one has it
    node_id    TEXT   NOT NULL REFERENCES node (id) ON DELETE RESTRICT,
    created_at BIGINT NOT NULL,
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
INSERT INTO pool_22 (id, account_id, version, name, node_id, created_at, updated_at, generation, observed_generation, spec_digest,
                     condition, reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite)
SELECT id, account_id, version, name, node_id, created_at, updated_at, generation, observed_generation, spec_digest,
       condition, reason, message, since, attempts, next_attempt_at, deleted_at, expect_plan, overwrite
FROM pool;
DROP TABLE pool;
ALTER TABLE pool_22 RENAME TO pool;
CREATE INDEX pool_unsettled ON pool (id) WHERE condition <> 'ready' OR observed_generation < generation;
CREATE INDEX pool_waiting ON pool (account_id) WHERE reason = 'waits_for';
CREATE INDEX pool_node ON pool (node_id);
UPDATE site SET pool_id = (SELECT k.pool_id FROM site_pool_22 k WHERE k.site_id = site.id)
WHERE id IN (SELECT site_id FROM site_pool_22);
DROP TABLE site_pool_22;
CREATE UNIQUE INDEX pool_shared ON pool (account_id, version) WHERE site_id IS NULL;
CREATE UNIQUE INDEX pool_own ON pool (site_id, version) WHERE site_id IS NOT NULL;
CREATE INDEX pool_account ON pool (account_id);

-- What was chosen of PHP: a row for each account and each site that chose something.
CREATE TABLE php_setting (
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    site_id    TEXT,                           -- NULL: what holds for all of the account's sites; else for this one
    settings   TEXT   NOT NULL,                -- JSON: the settings that were chosen, by name
    version    BIGINT NOT NULL,                -- raised by every change; its ETag
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX php_setting_account ON php_setting (account_id) WHERE site_id IS NULL;
CREATE UNIQUE INDEX php_setting_site ON php_setting (site_id) WHERE site_id IS NOT NULL;

ALTER TABLE site ADD COLUMN upload_size BIGINT; -- bytes that its PHP takes as an upload; NULL: no more than usual, or no PHP
