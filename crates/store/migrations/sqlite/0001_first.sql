-- The first schema.
--
-- Types: BIGINT and TEXT alone. Times are microseconds since 1970 in UTC, ids are UUIDs as text, truth values are 0 or 1,
-- JSON is text. Names sort by bytes, so that a cursor over names means the same on every database.
--
-- Objects that converge carry the same block of columns, `generation` to `overwrite`:
--   generation           raised in the transaction of every change of meaning
--   observed_generation  the generation that the agent last reported on
--   spec_digest          SHA-256 of the specification last sent
--   condition, reason, message, since   what was observed, why, and since when
--   attempts, next_attempt_at           back-off
--   deleted_at           set when deletion was asked for; the row goes after the host was observed clean
--   expect_plan          digest of the only plan that may be applied
--   overwrite            1: hand edits may be overwritten by this generation

CREATE TABLE organisation (
    id         TEXT   NOT NULL PRIMARY KEY,
    parent_id  TEXT   REFERENCES organisation (id) ON DELETE RESTRICT,
    name       TEXT   NOT NULL UNIQUE,
    kind       TEXT   NOT NULL CHECK (kind IN ('root', 'reseller')),
    created_at BIGINT NOT NULL
);
CREATE INDEX organisation_parent ON organisation (parent_id);

CREATE TABLE person (
    id            TEXT   NOT NULL PRIMARY KEY,
    login         TEXT   NOT NULL UNIQUE,
    email         TEXT,
    password_hash TEXT,                      -- PHC string, argon2id; NULL: no sign-in by password
    suspended_at  BIGINT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE role (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    built_in   BIGINT NOT NULL CHECK (built_in IN (0, 1)),
    created_at BIGINT NOT NULL
);

CREATE TABLE role_permission (
    role_id    TEXT NOT NULL REFERENCES role (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);

CREATE TABLE node (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    addresses  TEXT   NOT NULL DEFAULT '[]', -- JSON list of IPv4 and IPv6 addresses
    listen       TEXT NOT NULL DEFAULT '[]', -- JSON list of addresses with ports on which the web server listens
    php_versions TEXT NOT NULL DEFAULT '[]', -- JSON list of the installed PHP versions, as last reported
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

-- Every uid that was ever given out. Rows are never deleted, so no uid is ever given out twice.
CREATE TABLE used_uid (
    uid          BIGINT NOT NULL PRIMARY KEY,
    account_id   TEXT   NOT NULL UNIQUE,
    account_name TEXT   NOT NULL,
    claimed_at   BIGINT NOT NULL
);

CREATE TABLE account (
    id                 TEXT   NOT NULL PRIMARY KEY,
    name               TEXT   NOT NULL UNIQUE, -- held until the host was observed clean
    organisation_id    TEXT   NOT NULL REFERENCES organisation (id) ON DELETE RESTRICT,
    owner_person_id    TEXT   REFERENCES person (id) ON DELETE SET NULL,
    node_id            TEXT   NOT NULL REFERENCES node (id) ON DELETE RESTRICT,
    uid                BIGINT NOT NULL UNIQUE REFERENCES used_uid (uid) ON DELETE RESTRICT,
    email              TEXT   NOT NULL,
    sftp_password_hash TEXT,                   -- crypt(3) string; NULL: keys alone
    ssh_keys           TEXT   NOT NULL DEFAULT '[]', -- JSON list of public keys
    limits             TEXT,                   -- JSON object; NULL: the usual limits
    suspended          BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    suspended_reason   TEXT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
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
CREATE INDEX account_organisation ON account (organisation_id, name);
CREATE INDEX account_owner ON account (owner_person_id);
CREATE INDEX account_node ON account (node_id);
-- What is not as it should be is found without looking at what is.
CREATE INDEX account_unsettled ON account (id) WHERE condition <> 'ready' OR observed_generation < generation;
CREATE INDEX account_waiting ON account (id) WHERE reason = 'waits_for';
CREATE INDEX account_created ON account (created_at, id);

-- A person's role within one organisation (and all below it), or within one account.
CREATE TABLE person_role (
    id              TEXT   NOT NULL PRIMARY KEY,
    person_id       TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role_id         TEXT   NOT NULL REFERENCES role (id) ON DELETE RESTRICT,
    organisation_id TEXT   REFERENCES organisation (id) ON DELETE CASCADE,
    account_id      TEXT   REFERENCES account (id) ON DELETE CASCADE,
    created_at      BIGINT NOT NULL,
    CHECK ((organisation_id IS NULL) <> (account_id IS NULL))
);
CREATE UNIQUE INDEX person_role_organisation ON person_role (person_id, role_id, organisation_id)
    WHERE organisation_id IS NOT NULL;
CREATE UNIQUE INDEX person_role_account ON person_role (person_id, role_id, account_id)
    WHERE account_id IS NOT NULL;
CREATE INDEX person_role_by_account ON person_role (account_id);

-- Which person holds which permission on which account, by any role. Lists join it, so that rights are read with the rows.
CREATE VIEW account_permission AS
SELECT pr.person_id, pr.account_id, rp.permission
FROM person_role pr JOIN role_permission rp ON rp.role_id = pr.role_id
WHERE pr.account_id IS NOT NULL;

CREATE TABLE pool (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    version    TEXT   NOT NULL,
    name       TEXT   NOT NULL UNIQUE,         -- <account>-<version>
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
    overwrite           BIGINT NOT NULL DEFAULT 0 CHECK (overwrite IN (0, 1)),
    UNIQUE (account_id, version)
);
CREATE INDEX pool_unsettled ON pool (id) WHERE condition <> 'ready' OR observed_generation < generation;
CREATE INDEX pool_waiting ON pool (account_id) WHERE reason = 'waits_for';
CREATE INDEX pool_node ON pool (node_id);

CREATE TABLE site (
    id          TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    node_id     TEXT   NOT NULL REFERENCES node (id) ON DELETE RESTRICT,
    pool_id     TEXT   REFERENCES pool (id) ON DELETE RESTRICT, -- NULL: no PHP
    docroot     TEXT   NOT NULL,               -- below the account's home
    body_size   BIGINT,                        -- bytes; NULL: the server's value
    index_order TEXT,                          -- JSON list of file names; NULL: the server's value
    suspended   BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
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
CREATE INDEX site_account ON site (account_id, created_at);
CREATE INDEX site_node ON site (node_id);
CREATE INDEX site_pool ON site (pool_id);
CREATE INDEX site_unsettled ON site (id) WHERE condition <> 'ready' OR observed_generation < generation;
CREATE INDEX site_waiting ON site (account_id) WHERE reason = 'waits_for';
CREATE INDEX site_created ON site (created_at, id);

-- Every name that a site answers to. The primary key makes a name unique across all sites of all accounts.
CREATE TABLE site_name (
    name       TEXT   NOT NULL PRIMARY KEY,
    site_id    TEXT   NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    is_primary BIGINT NOT NULL CHECK (is_primary IN (0, 1)),
    ownership  TEXT   NOT NULL CHECK (ownership IN ('approved', 'pending')),
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX site_name_primary ON site_name (site_id) WHERE is_primary = 1;
CREATE INDEX site_name_site ON site_name (site_id, is_primary);
CREATE INDEX site_name_list ON site_name (name, site_id) WHERE is_primary = 1;

CREATE TABLE session (
    id              TEXT   NOT NULL PRIMARY KEY,
    person_id       TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    token_hash      TEXT   NOT NULL UNIQUE,    -- SHA-256 of the cookie's token, in hex
    created_at      BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    sudo_until      BIGINT,
    origin          TEXT   NOT NULL,           -- the address it was made from
    impersonator_id TEXT   REFERENCES person (id) ON DELETE CASCADE,
    revoked_at      BIGINT
);
CREATE INDEX session_person ON session (person_id, created_at);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE login_link (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX login_link_person ON login_link (person_id);

-- Failed sign-ins by key (a login or a network); a restart forgives nothing.
CREATE TABLE login_failure (
    failure_key  TEXT   NOT NULL PRIMARY KEY,
    failures     BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE INDEX login_failure_last ON login_failure (last_at);

CREATE TABLE setting (
    name       TEXT   NOT NULL PRIMARY KEY,
    value      TEXT   NOT NULL,                -- JSON
    updated_at BIGINT NOT NULL
);

-- `seq` is the cursor of the event stream: a repeated event takes a new one, so that a follower sees its new count.
CREATE TABLE event (
    seq        BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    scope_kind TEXT   NOT NULL,
    scope_id   TEXT   NOT NULL,
    account_id TEXT,                           -- whose matter it is; NULL: the administrator's
    severity   TEXT   NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    code       TEXT   NOT NULL,
    params     TEXT   NOT NULL,                -- JSON object
    count      BIGINT NOT NULL
);
CREATE INDEX event_scope ON event (scope_kind, scope_id, code, last_at);
CREATE INDEX event_account ON event (account_id, seq);

-- Hash-chained: `hash` covers the row and the `hash` of the row before.
CREATE TABLE audit (
    seq         BIGINT NOT NULL PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    at          BIGINT NOT NULL,
    actor_kind  TEXT   NOT NULL,
    actor_id    TEXT,
    actor_name  TEXT   NOT NULL,
    origin      TEXT   NOT NULL,
    request_id  TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    object_kind TEXT   NOT NULL,
    object_id   TEXT,
    account_id  TEXT,
    before_json TEXT,
    after_json  TEXT,
    plan_hash   TEXT,
    outcome     TEXT   NOT NULL,
    prev_hash   TEXT   NOT NULL,
    hash        TEXT   NOT NULL UNIQUE
);
CREATE INDEX audit_account ON audit (account_id, seq);
CREATE INDEX audit_object ON audit (object_kind, object_id, seq);

-- Answers kept for `Idempotency-Key`. `status` is 0 while the first request runs.
CREATE TABLE idempotency (
    actor          TEXT   NOT NULL,
    request_key    TEXT   NOT NULL,
    request_digest TEXT   NOT NULL,
    status         BIGINT NOT NULL,
    headers        TEXT   NOT NULL,            -- JSON object of the headers worth repeating
    body           TEXT   NOT NULL,
    created_at     BIGINT NOT NULL,
    PRIMARY KEY (actor, request_key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- What every installation starts with. The ids are fixed so that code may name them.
INSERT INTO organisation (id, parent_id, name, kind, created_at)
VALUES ('00000000-0000-7000-8000-000000000001', NULL, 'root', 'root', 0);
INSERT INTO role (id, name, built_in, created_at)
VALUES ('00000000-0000-7000-8000-000000000011', 'administrator', 1, 0),
       ('00000000-0000-7000-8000-000000000012', 'owner', 1, 0);
