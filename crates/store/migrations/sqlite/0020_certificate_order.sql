-- Authorities that issue certificates (ACME, RFC 8555), and orders at them.
CREATE TABLE authority (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    directory    TEXT   NOT NULL UNIQUE,       -- the URL of its directory
    contact      TEXT,                         -- an e-mail address; NULL: none is told
    eab_key_id   TEXT,                         -- external account binding; NULL: none is asked for
    eab_key      TEXT,                         -- sealed; NULL as eab_key_id
    is_default   BIGINT NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)), -- certificates are ordered there
    account_url  TEXT,                         -- what the authority calls our account; NULL: not registered yet
    account      TEXT,                         -- sealed: the credentials of the account
    error        TEXT,                         -- the authority's words when it was last asked in vain; NULL: it answered well
    not_before   BIGINT,                       -- it asked not to be asked again before; NULL: it did not
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CHECK ((eab_key_id IS NULL) = (eab_key IS NULL)),
    CHECK ((account_url IS NULL) = (account IS NULL))
);
CREATE UNIQUE INDEX authority_default ON authority (is_default) WHERE is_default = 1;

-- The one key that signs for this panel at every authority: challenges are answered with its thumbprint.
CREATE TABLE acme_key (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    key        TEXT   NOT NULL,                -- sealed: PKCS #8
    thumbprint TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- How the getting of a certificate stands: a row for each that an authority is to issue.
CREATE TABLE certificate_order (
    certificate_id TEXT   NOT NULL PRIMARY KEY REFERENCES certificate (id) ON DELETE CASCADE,
    authority_id   TEXT   REFERENCES authority (id) ON DELETE SET NULL, -- where the last order was made
    names_at       TEXT,                       -- JSON list of the names that the last order was for
    job_id         TEXT,                       -- the job that orders now; NULL: none does
    left_out       TEXT   NOT NULL DEFAULT '[]', -- JSON list of names that the certificate lacks, each with the reason and the authority's words
    error          TEXT,                       -- why the last order failed, in the authority's words; NULL: it did not
    remedy         TEXT,
    failures       BIGINT NOT NULL DEFAULT 0,  -- in a row
    renew_at       BIGINT,                     -- when it is ordered next; NULL: as soon as there is an authority
    renew_because  TEXT,                       -- 'authority' (it said so), 'age', 'names', 'failed', 'asked'
    ordered_at     BIGINT,
    issued_at      BIGINT
);
CREATE INDEX certificate_order_renew ON certificate_order (renew_at);
CREATE INDEX certificate_order_authority ON certificate_order (authority_id);
