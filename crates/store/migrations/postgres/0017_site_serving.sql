-- What visitors of a site get: its files, or another address; and who of them while it is off or being worked on.
ALTER TABLE site ADD COLUMN redirect TEXT;     -- JSON: where all its visitors are sent on to; NULL: it shows its files
ALTER TABLE site ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)); -- switched off by its owner
ALTER TABLE site ADD COLUMN maintenance TEXT;  -- JSON: it is being worked on, and who sees it all the same; NULL: it is not

-- Visitors of the name are sent on to the site's primary name.
ALTER TABLE site_name ADD COLUMN redirected BIGINT NOT NULL DEFAULT 0 CHECK (redirected IN (0, 1));

-- Names that an account gave up: for a while they are no other account's. The account may be gone by then.
CREATE TABLE name_left (
    name       TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    left_at    BIGINT NOT NULL
);
CREATE INDEX name_left_at ON name_left (left_at);
