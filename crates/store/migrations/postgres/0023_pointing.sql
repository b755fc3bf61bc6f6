-- Whose a name is: by an administrator's word, proven by whoever has it, or not known yet.
CREATE TABLE site_name_23 (
    name        TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    site_id     TEXT   NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    is_primary  BIGINT NOT NULL CHECK (is_primary IN (0, 1)),
    ownership   TEXT   NOT NULL CHECK (ownership IN ('approved', 'proven', 'pending')),
    created_at  BIGINT NOT NULL,
    redirected  BIGINT NOT NULL DEFAULT 0 CHECK (redirected IN (0, 1)),
    proof       TEXT   CHECK (proof IN ('dns', 'pointing')), -- how it was proven; NULL: it was not
    proven_at   BIGINT,
    proof_token TEXT,                          -- what its owner is to publish in the DNS, made for this account and this name; NULL: nothing yet
    CHECK ((ownership = 'proven') = (proof IS NOT NULL)),
    CHECK ((proof IS NULL) = (proven_at IS NULL))
);
INSERT INTO site_name_23 (name, site_id, is_primary, ownership, created_at, redirected)
SELECT name, site_id, is_primary, ownership, created_at, redirected FROM site_name;
DROP TABLE site_name;
ALTER TABLE site_name_23 RENAME TO site_name;
CREATE UNIQUE INDEX site_name_primary ON site_name (site_id) WHERE is_primary = 1;
CREATE INDEX site_name_site ON site_name (site_id, is_primary);
CREATE INDEX site_name_list ON site_name (name, site_id) WHERE is_primary = 1;

-- What the world's DNS was last seen to have for a name, and what answered there. No row: nobody has looked yet.
CREATE TABLE name_check (
    name       TEXT COLLATE "C"   NOT NULL PRIMARY KEY REFERENCES site_name (name) ON DELETE CASCADE,
    checked_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,                -- when it is looked at again
    troubles   BIGINT NOT NULL DEFAULT 0,      -- how often in a row it was not as it should be
    seen       TEXT   NOT NULL                 -- JSON: each question with its answer
);
CREATE INDEX name_check_next ON name_check (next_at);
