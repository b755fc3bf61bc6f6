-- Settings of PHP, and pools that one site has for itself.

ALTER TABLE pool DROP CONSTRAINT pool_account_id_version_key;
ALTER TABLE pool ADD COLUMN site_id TEXT;      -- the one site that has it for itself; NULL: the account's sites share it
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
