-- Packages, what of them an account has of its own, and counters of what is used.

-- What accounts are sold. Belongs to an organisation; it and all below may give it to their accounts.
CREATE TABLE package (
    id              TEXT   NOT NULL PRIMARY KEY,
    organisation_id TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name            TEXT COLLATE "C"   NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    version         BIGINT NOT NULL DEFAULT 1, -- raised by every change; its ETag
    UNIQUE (organisation_id, name)
);
-- A limit that is not here is as usual: unlimited, or the installation's value.
CREATE TABLE package_limit (
    package_id TEXT   NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    most       BIGINT CHECK (most >= 0), -- NULL: unlimited
    PRIMARY KEY (package_id, name)
);
CREATE TABLE package_feature (
    package_id TEXT NOT NULL REFERENCES package (id) ON DELETE CASCADE,
    feature    TEXT NOT NULL,
    PRIMARY KEY (package_id, feature)
);

ALTER TABLE account ADD COLUMN package_id TEXT REFERENCES package (id) ON DELETE RESTRICT; -- NULL: as usual in all
CREATE INDEX account_package ON account (package_id, name);

-- What one account has otherwise than its package says.
CREATE TABLE account_override (
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    most       BIGINT CHECK (most >= 0), -- NULL: unlimited
    PRIMARY KEY (account_id, name)
);
CREATE TABLE account_feature (
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    feature    TEXT   NOT NULL,
    enabled    BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    PRIMARY KEY (account_id, feature)
);

-- The limits in force, of override, package and organisation, and what is used of them. Whoever takes something raises `used` by one
-- conditional UPDATE, so that no two can take the last one. A row that is not there: as usual, and nothing is used.
CREATE TABLE account_limit (
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    most       BIGINT CHECK (most >= 0), -- NULL: unlimited
    used       BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (account_id, name)
);
-- The features that are off for an account, for whatever reason.
CREATE TABLE account_feature_off (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    feature    TEXT NOT NULL,
    PRIMARY KEY (account_id, feature)
);
-- As account_limit, over an organisation and all below it. `used` of what is given out (disk space, files) is what its accounts were given.
CREATE TABLE organisation_limit (
    organisation_id TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name            TEXT   NOT NULL,
    most            BIGINT CHECK (most >= 0), -- NULL: unlimited
    used            BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (organisation_id, name)
);
-- The features that an organisation and all below it have not.
CREATE TABLE organisation_feature_off (
    organisation_id TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    feature         TEXT NOT NULL,
    PRIMARY KEY (organisation_id, feature)
);
-- 1: may give out more disk space and files than it has.
ALTER TABLE organisation ADD COLUMN oversell BIGINT NOT NULL DEFAULT 0 CHECK (oversell IN (0, 1));

-- Accounts of before are unlimited, and what they use is counted.
INSERT INTO account_limit (account_id, name, most, used)
SELECT account_id, 'sites', CAST(NULL AS BIGINT), COUNT(*) FROM site WHERE deleted_at IS NULL GROUP BY account_id;
INSERT INTO account_limit (account_id, name, most, used)
SELECT s.account_id, 'names', CAST(NULL AS BIGINT), COUNT(*)
FROM site_name n JOIN site s ON s.id = n.site_id WHERE s.deleted_at IS NULL GROUP BY s.account_id;
INSERT INTO organisation_limit (organisation_id, name, most, used)
SELECT up.above_id, l.name, CAST(NULL AS BIGINT), CAST(SUM(l.used) AS BIGINT)
FROM account_limit l JOIN account a ON a.id = l.account_id
     JOIN organisation_above up ON up.organisation_id = a.organisation_id
GROUP BY up.above_id, l.name;
INSERT INTO organisation_limit (organisation_id, name, most, used)
SELECT up.above_id, 'accounts', CAST(NULL AS BIGINT), COUNT(*)
FROM account a JOIN organisation_above up ON up.organisation_id = a.organisation_id
WHERE a.deleted_at IS NULL GROUP BY up.above_id;
-- Limits that somebody gave an account of before stay its own.
INSERT INTO account_override (account_id, name, most)
SELECT id, 'cpu_percent', CAST(CAST(limits AS JSON) ->> 'cpu_percent' AS BIGINT) FROM account
WHERE limits IS NOT NULL AND CAST(CAST(limits AS JSON) ->> 'cpu_percent' AS BIGINT) <> 100
UNION ALL
SELECT id, 'memory_bytes', CAST(CAST(limits AS JSON) ->> 'memory_bytes' AS BIGINT) FROM account
WHERE limits IS NOT NULL AND CAST(CAST(limits AS JSON) ->> 'memory_bytes' AS BIGINT) <> 1073741824
UNION ALL
SELECT id, 'tasks', CAST(CAST(limits AS JSON) ->> 'tasks' AS BIGINT) FROM account
WHERE limits IS NOT NULL AND CAST(CAST(limits AS JSON) ->> 'tasks' AS BIGINT) <> 128
UNION ALL
SELECT id, 'io_weight', CAST(CAST(limits AS JSON) ->> 'io_weight' AS BIGINT) FROM account
WHERE limits IS NOT NULL AND CAST(CAST(limits AS JSON) ->> 'io_weight' AS BIGINT) <> 100;
INSERT INTO account_limit (account_id, name, most, used) SELECT account_id, name, most, 0 FROM account_override;
