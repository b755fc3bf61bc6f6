-- Second factors, sign-ins that wait for one, and from where people may sign in.
ALTER TABLE person ADD COLUMN login_networks TEXT NOT NULL DEFAULT '[]'; -- JSON list of networks; empty: from anywhere
ALTER TABLE session ADD COLUMN factors TEXT NOT NULL DEFAULT '';         -- what it was begun with, such as password+totp
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';           -- the browser or program, in our own words
ALTER TABLE login_link ADD COLUMN skips_second_factor BIGINT NOT NULL DEFAULT 0 CHECK (skips_second_factor IN (0, 1));

-- A person's authenticator. What was offered counts only once a code of it was shown.
CREATE TABLE totp (
    person_id    TEXT   NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    secret       TEXT,                       -- sealed
    confirmed_at BIGINT,
    last_step    BIGINT,                     -- of the newest code that was taken; neither it nor an older one is taken again
    offered      TEXT,                       -- sealed
    offered_at   BIGINT,
    CHECK ((secret IS NULL) = (confirmed_at IS NULL)),
    CHECK ((offered IS NULL) = (offered_at IS NULL))
);

CREATE TABLE recovery_code (
    code_hash  TEXT   NOT NULL PRIMARY KEY,  -- SHA-256 of the person and the code, in hex
    person_id  TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX recovery_code_person ON recovery_code (person_id);

-- Keys that browsers and devices hold (WebAuthn).
CREATE TABLE passkey (
    id            TEXT   NOT NULL PRIMARY KEY,
    person_id     TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    credential_id TEXT   NOT NULL UNIQUE,    -- base64url
    relying_party TEXT   NOT NULL,           -- the panel's name when it was made; of use under this name alone
    name          TEXT   NOT NULL,
    credential    TEXT   NOT NULL,           -- JSON: the public key and its counter
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);
CREATE INDEX passkey_person ON passkey (person_id, created_at);

-- Someone who showed a first factor and owes a second one. It is no session and has no rights.
CREATE TABLE pending_sign_in (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    means      TEXT   NOT NULL CHECK (means IN ('password', 'link')),
    network    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pending_sign_in_person ON pending_sign_in (person_id);
CREATE INDEX pending_sign_in_expiry ON pending_sign_in (expires_at);

-- From where people signed in before, so that no list of networks shuts the last administrator out.
CREATE TABLE known_origin (
    person_id TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    network   TEXT   NOT NULL,
    address   TEXT   NOT NULL,
    last_at   BIGINT NOT NULL,
    PRIMARY KEY (person_id, network)
);
CREATE INDEX known_origin_last ON known_origin (last_at);
