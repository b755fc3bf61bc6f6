-- Identity providers (OpenID Connect), who is known by them, and what they gave.
CREATE TABLE identity_provider (
    id                   TEXT   NOT NULL PRIMARY KEY,
    name                 TEXT COLLATE "C" NOT NULL UNIQUE, -- in the address that the provider sends people back to; never changes
    label                TEXT   NOT NULL,         -- on the button
    issuer               TEXT   NOT NULL,         -- never changes: another issuer's subjects are other people
    client_id            TEXT   NOT NULL,
    client_secret        TEXT,                    -- sealed; NULL: a public client
    scopes               TEXT   NOT NULL,         -- JSON list
    groups_claim         TEXT,                    -- NULL: groups are not looked at
    makes_people         BIGINT NOT NULL CHECK (makes_people IN (0, 1)),
    second_factor_counts BIGINT NOT NULL CHECK (second_factor_counts IN (0, 1)),
    enabled              BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
);

-- Which group has which role where.
CREATE TABLE identity_mapping (
    provider_id     TEXT   NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    position        BIGINT NOT NULL,
    group_name      TEXT   NOT NULL,
    role_id         TEXT   NOT NULL REFERENCES role (id) ON DELETE CASCADE,
    organisation_id TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    made_by         TEXT,                         -- the person, who may be gone: then it gives nothing; NULL: root on the server
    PRIMARY KEY (provider_id, position)
);
CREATE INDEX identity_mapping_role ON identity_mapping (role_id);
CREATE INDEX identity_mapping_organisation ON identity_mapping (organisation_id);

-- By which subject of a provider a person is known.
CREATE TABLE identity (
    id           TEXT   NOT NULL PRIMARY KEY,
    provider_id  TEXT   NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    subject      TEXT   NOT NULL,
    person_id    TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    made_person  BIGINT NOT NULL CHECK (made_person IN (0, 1)), -- 1: the person was made by it
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE (provider_id, subject),
    UNIQUE (person_id, provider_id)
);

-- Roles that providers gave, and so may take. One that is not here was given by hand.
CREATE TABLE identity_role (
    person_role_id TEXT NOT NULL REFERENCES person_role (id) ON DELETE CASCADE,
    identity_id    TEXT NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
    PRIMARY KEY (person_role_id, identity_id)
);
CREATE INDEX identity_role_identity ON identity_role (identity_id);

-- Somebody who was sent to a provider and is not back yet.
CREATE TABLE identity_attempt (
    state_hash   TEXT   NOT NULL PRIMARY KEY,     -- SHA-256, in hex, as the next two
    browser_hash TEXT   NOT NULL,                 -- of the cookie of the browser that began
    nonce_hash   TEXT   NOT NULL,
    provider_id  TEXT   NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    verifier     TEXT   NOT NULL,                 -- of PKCE, sealed
    person_id    TEXT   REFERENCES person (id) ON DELETE CASCADE, -- who links the provider; NULL: a sign-in
    session_id   TEXT   REFERENCES session (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    CHECK ((person_id IS NULL) = (session_id IS NULL))
);
CREATE INDEX identity_attempt_expiry ON identity_attempt (expires_at);
CREATE INDEX identity_attempt_provider ON identity_attempt (provider_id);
CREATE INDEX identity_attempt_person ON identity_attempt (person_id);
CREATE INDEX identity_attempt_session ON identity_attempt (session_id);

-- A provider is a first factor, too.
CREATE TABLE pending_sign_in_11 (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    means      TEXT   NOT NULL,                   -- password, link, provider:NAME
    network    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
INSERT INTO pending_sign_in_11 (token_hash, person_id, means, network, created_at, expires_at)
SELECT token_hash, person_id, means, network, created_at, expires_at FROM pending_sign_in;
DROP TABLE pending_sign_in;
ALTER TABLE pending_sign_in_11 RENAME TO pending_sign_in;
CREATE INDEX pending_sign_in_person ON pending_sign_in (person_id);
CREATE INDEX pending_sign_in_expiry ON pending_sign_in (expires_at);
