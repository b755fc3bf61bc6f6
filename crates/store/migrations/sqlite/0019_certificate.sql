-- Certificates, and sites that show them.
CREATE TABLE certificate (
    id          TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    node_id     TEXT   NOT NULL REFERENCES node (id) ON DELETE RESTRICT,
    site_id     TEXT   UNIQUE,                 -- it was made for this site, whose names are its names; NULL: made by somebody, for names of its own
    source      TEXT   NOT NULL CHECK (source IN ('authority', 'brought')),
    key_kind    TEXT   NOT NULL CHECK (key_kind IN ('ecdsa', 'rsa')),
    names       TEXT   NOT NULL,               -- JSON list of the names that it is wanted for, sorted
    chain       TEXT,                          -- JSON list of certificates in DER, base64, its own first; NULL: one that signs itself, made by the agent
    key_digest  TEXT,                          -- SHA-256 of the public key; NULL as chain
    shown       TEXT,                          -- JSON: what the chain's first says of itself (names, issuer, serial); NULL as chain
    not_before  BIGINT,                        -- of the chain's first; NULL as chain
    not_after   BIGINT,
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
    overwrite           BIGINT NOT NULL DEFAULT 0 CHECK (overwrite IN (0, 1)),
    CHECK ((chain IS NULL) = (key_digest IS NULL)),
    CHECK (source = 'authority' OR chain IS NOT NULL)
);
CREATE INDEX certificate_account ON certificate (account_id, created_at);
CREATE INDEX certificate_node ON certificate (node_id);
CREATE INDEX certificate_not_after ON certificate (not_after);
CREATE INDEX certificate_unsettled ON certificate (id) WHERE condition <> 'ready' OR observed_generation < generation;

ALTER TABLE site ADD COLUMN https BIGINT NOT NULL DEFAULT 0 CHECK (https IN (0, 1)); -- it is to answer by HTTPS, too
ALTER TABLE site ADD COLUMN certificate_id TEXT REFERENCES certificate (id) ON DELETE RESTRICT; -- what it shows by HTTPS; NULL: none, or its own as soon as one of its names is approved
ALTER TABLE site ADD COLUMN force_https BIGINT NOT NULL DEFAULT 0 CHECK (force_https IN (0, 1)); -- visitors by HTTP are sent on to HTTPS
ALTER TABLE site ADD COLUMN hsts TEXT;          -- JSON: for how long browsers are to come by HTTPS alone; NULL: nothing is said
CREATE INDEX site_certificate ON site (certificate_id);

ALTER TABLE node ADD COLUMN listen_tls TEXT NOT NULL DEFAULT '[]'; -- JSON list of addresses with ports for HTTPS; empty: sites answer by HTTP alone
ALTER TABLE node ADD COLUMN tls_profile TEXT NOT NULL DEFAULT 'intermediate' CHECK (tls_profile IN ('intermediate', 'modern'));
