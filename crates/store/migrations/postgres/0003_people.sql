-- Organisations become a tree in which rights reach down, roles may be an organisation's own, and tokens act for people.

-- Every organisation that lies above another one, itself included: `depth` is 0 for itself, 1 for its parent. Written with the tree, so
-- that a right is found by one look-up and not by climbing.
CREATE TABLE organisation_above (
    organisation_id TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    above_id        TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    depth           BIGINT NOT NULL CHECK (depth >= 0),
    PRIMARY KEY (organisation_id, above_id)
);
CREATE INDEX organisation_above_below ON organisation_above (above_id, organisation_id);
INSERT INTO organisation_above (organisation_id, above_id, depth) SELECT id, id, 0 FROM organisation;

-- provider: the root. reseller: may have organisations, packages and roles of its own below it. client: accounts alone.
ALTER TABLE organisation ADD COLUMN class TEXT NOT NULL DEFAULT 'client' CHECK (class IN ('provider', 'reseller', 'client'));
UPDATE organisation SET class = CASE kind WHEN 'root' THEN 'provider' ELSE 'reseller' END;
ALTER TABLE organisation DROP COLUMN kind;
ALTER TABLE organisation RENAME COLUMN class TO kind;
-- 1: nothing that its people hold in it or below is in force.
ALTER TABLE organisation ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));
-- 1: its accounts and those below it are off, too.
ALTER TABLE organisation ADD COLUMN accounts_suspended BIGINT NOT NULL DEFAULT 0 CHECK (accounts_suspended IN (0, 1));
ALTER TABLE organisation ADD COLUMN suspended_reason TEXT;
-- 1: acting as one of its people needs that person's consent.
ALTER TABLE organisation ADD COLUMN act_as_consent BIGINT NOT NULL DEFAULT 0 CHECK (act_as_consent IN (0, 1));
ALTER TABLE organisation ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisation ADD COLUMN version BIGINT NOT NULL DEFAULT 1; -- raised by every change; its ETag

-- The organisation whose managers manage the person.
ALTER TABLE person ADD COLUMN organisation_id TEXT REFERENCES organisation (id) ON DELETE RESTRICT;
UPDATE person SET organisation_id = '00000000-0000-7000-8000-000000000001';
CREATE INDEX person_organisation ON person (organisation_id, login);
ALTER TABLE person ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- Roles and who holds them are made anew: a role's name is unique within its organisation, no longer everywhere.
DROP VIEW account_permission;
CREATE TABLE role_3 (
    id              TEXT   NOT NULL PRIMARY KEY,
    organisation_id TEXT   REFERENCES organisation (id) ON DELETE RESTRICT, -- NULL: built in
    name            TEXT COLLATE "C"   NOT NULL,
    built_in        BIGINT NOT NULL CHECK (built_in IN (0, 1)),
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL DEFAULT 0,
    version         BIGINT NOT NULL DEFAULT 1,
    CHECK ((organisation_id IS NULL) = (built_in = 1))
);
INSERT INTO role_3 (id, organisation_id, name, built_in, created_at)
SELECT id, NULL, name, built_in, created_at FROM role WHERE built_in = 1;
CREATE TABLE role_permission_3 (
    role_id    TEXT NOT NULL REFERENCES role_3 (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);
INSERT INTO role_permission_3 (role_id, permission) SELECT role_id, permission FROM role_permission;
CREATE TABLE person_role_3 (
    id              TEXT   NOT NULL PRIMARY KEY,
    person_id       TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role_id         TEXT   NOT NULL REFERENCES role_3 (id) ON DELETE RESTRICT,
    organisation_id TEXT   REFERENCES organisation (id) ON DELETE CASCADE,
    account_id      TEXT   REFERENCES account (id) ON DELETE CASCADE,
    created_at      BIGINT NOT NULL,
    CHECK ((organisation_id IS NULL) <> (account_id IS NULL))
);
INSERT INTO person_role_3 (id, person_id, role_id, organisation_id, account_id, created_at)
SELECT id, person_id, role_id, organisation_id, account_id, created_at FROM person_role;
DROP TABLE person_role;
DROP TABLE role_permission;
DROP TABLE role;
ALTER TABLE role_3 RENAME TO role;
ALTER TABLE role_permission_3 RENAME TO role_permission;
ALTER TABLE person_role_3 RENAME TO person_role;
CREATE UNIQUE INDEX role_name ON role (organisation_id, name) WHERE organisation_id IS NOT NULL;
CREATE UNIQUE INDEX role_built_in ON role (name) WHERE organisation_id IS NULL;
CREATE UNIQUE INDEX person_role_organisation ON person_role (person_id, role_id, organisation_id)
    WHERE organisation_id IS NOT NULL;
CREATE UNIQUE INDEX person_role_account ON person_role (person_id, role_id, account_id)
    WHERE account_id IS NOT NULL;
CREATE INDEX person_role_by_account ON person_role (account_id);
CREATE INDEX person_role_by_organisation ON person_role (organisation_id);
CREATE INDEX person_role_by_role ON person_role (role_id);

INSERT INTO role (id, organisation_id, name, built_in, created_at)
VALUES ('00000000-0000-7000-8000-000000000013', NULL, 'reseller', 1, 0),
       ('00000000-0000-7000-8000-000000000014', NULL, 'developer', 1, 0),
       ('00000000-0000-7000-8000-000000000015', NULL, 'mail-manager', 1, 0),
       ('00000000-0000-7000-8000-000000000016', NULL, 'billing', 1, 0),
       ('00000000-0000-7000-8000-000000000017', NULL, 'read-only', 1, 0);

-- What acts for a person without a browser. A token never may more than its person may at that moment.
CREATE TABLE token (
    id           TEXT   NOT NULL PRIMARY KEY,
    person_id    TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C"   NOT NULL,
    token_hash   TEXT   NOT NULL UNIQUE, -- SHA-256 of what was shown once, in hex
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,                 -- NULL: never
    last_used_at BIGINT,
    last_origin  TEXT,
    scoped       BIGINT NOT NULL DEFAULT 0 CHECK (scoped IN (0, 1)), -- 0: wherever its person may
    UNIQUE (person_id, name)
);
-- What a token may do, of what its person may.
CREATE TABLE token_permission (
    token_id   TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (token_id, permission)
);
-- Where a token with `scoped` may do it. Should the last of these objects go, the token may nothing, and not everything.
CREATE TABLE token_scope (
    id              TEXT NOT NULL PRIMARY KEY,
    token_id        TEXT NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    organisation_id TEXT REFERENCES organisation (id) ON DELETE CASCADE,
    account_id      TEXT REFERENCES account (id) ON DELETE CASCADE,
    CHECK ((organisation_id IS NULL) <> (account_id IS NULL))
);
CREATE INDEX token_scope_token ON token_scope (token_id);

-- Roles that count at this moment. A role on a suspended account, or in or below a suspended organisation, is kept and does not count, so
-- that whoever is let go on has exactly what they had.
CREATE VIEW organisation_role AS
SELECT pr.person_id AS person_id, pr.role_id AS role_id, pr.organisation_id AS organisation_id
FROM person_role pr
WHERE pr.organisation_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM organisation_above up JOIN organisation o ON o.id = up.above_id
                  WHERE up.organisation_id = pr.organisation_id AND o.suspended = 1);
CREATE VIEW account_role AS
SELECT pr.person_id AS person_id, pr.role_id AS role_id, pr.account_id AS account_id
FROM person_role pr JOIN account a ON a.id = pr.account_id
WHERE a.suspended = 0
  AND NOT EXISTS (SELECT 1 FROM organisation_above up JOIN organisation o ON o.id = up.above_id
                  WHERE up.organisation_id = a.organisation_id AND (o.suspended = 1 OR o.accounts_suspended = 1));
CREATE VIEW role_in_force AS
SELECT person_id AS person_id, role_id AS role_id, organisation_id AS organisation_id, CAST(NULL AS TEXT) AS account_id FROM organisation_role
UNION ALL
SELECT person_id, role_id, CAST(NULL AS TEXT), account_id FROM account_role;

-- Which person holds which permission on which account, by any role.
CREATE VIEW person_account_permission AS
SELECT r.person_id AS person_id, r.account_id AS account_id, rp.permission AS permission
FROM account_role r JOIN role_permission rp ON rp.role_id = r.role_id
UNION ALL
SELECT r.person_id, a.id, rp.permission
FROM organisation_role r JOIN role_permission rp ON rp.role_id = r.role_id
     JOIN organisation_above up ON up.above_id = r.organisation_id
     JOIN account a ON a.organisation_id = up.organisation_id;

-- Which person holds which permission on which organisation.
CREATE VIEW person_organisation_permission AS
SELECT r.person_id AS person_id, up.organisation_id AS organisation_id, rp.permission AS permission
FROM organisation_role r JOIN role_permission rp ON rp.role_id = r.role_id
     JOIN organisation_above up ON up.above_id = r.organisation_id;

-- As above, for persons and for tokens: a token holds what it was given, of what its person holds. Lists join it, so that rights are read
-- with the rows.
CREATE VIEW account_permission AS
SELECT person_id AS holder_id, account_id AS account_id, permission AS permission FROM person_account_permission
UNION ALL
SELECT t.id, p.account_id, p.permission
FROM token t JOIN token_permission tp ON tp.token_id = t.id
     JOIN person_account_permission p ON p.person_id = t.person_id AND p.permission = tp.permission
WHERE t.scoped = 0
   OR EXISTS (SELECT 1 FROM token_scope s WHERE s.token_id = t.id AND s.account_id = p.account_id)
   OR EXISTS (SELECT 1 FROM token_scope s JOIN organisation_above up ON up.above_id = s.organisation_id
                   JOIN account a ON a.organisation_id = up.organisation_id
              WHERE s.token_id = t.id AND a.id = p.account_id);

CREATE VIEW organisation_permission AS
SELECT person_id AS holder_id, organisation_id AS organisation_id, permission AS permission FROM person_organisation_permission
UNION ALL
SELECT t.id, p.organisation_id, p.permission
FROM token t JOIN token_permission tp ON tp.token_id = t.id
     JOIN person_organisation_permission p ON p.person_id = t.person_id AND p.permission = tp.permission
WHERE t.scoped = 0
   OR EXISTS (SELECT 1 FROM token_scope s JOIN organisation_above up ON up.above_id = s.organisation_id
              WHERE s.token_id = t.id AND up.organisation_id = p.organisation_id);
