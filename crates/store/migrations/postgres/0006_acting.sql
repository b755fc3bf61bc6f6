-- Somebody acts as a person for a while, and the audit says in which organisation and by what something was done.

-- Links that begin such a session, once.
CREATE TABLE act_as_link (
    token_hash      TEXT   NOT NULL PRIMARY KEY,
    person_id       TEXT   NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    impersonator_id TEXT   REFERENCES person (id) ON DELETE CASCADE, -- NULL: root on the server itself
    seconds         BIGINT NOT NULL CHECK (seconds > 0),             -- how long the session lasts
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    used_at         BIGINT
);
CREATE INDEX act_as_link_person ON act_as_link (person_id);

-- A person lets others act as them, where their organisation asks for that.
CREATE TABLE act_as_consent (
    person_id  TEXT   NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    given_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- 1: root on the server itself acts as the person, and there is no impersonator_id.
ALTER TABLE session ADD COLUMN by_root BIGINT NOT NULL DEFAULT 0 CHECK (by_root IN (0, 1));
-- 1: the person's accounts were told that nobody acts as the person any longer.
ALTER TABLE session ADD COLUMN end_told BIGINT NOT NULL DEFAULT 0 CHECK (end_told IN (0, 1));
CREATE INDEX session_impersonator ON session (impersonator_id) WHERE impersonator_id IS NOT NULL;
CREATE INDEX session_acting ON session (end_told, id) WHERE impersonator_id IS NOT NULL OR by_root = 1;

-- Whose organisation it concerned, and by what its person did it: `token`, or `person` or `root` where somebody acted as them. They are part
-- of the row's hash where one of them is there, so rows from before keep theirs.
ALTER TABLE audit ADD COLUMN organisation_id TEXT;
ALTER TABLE audit ADD COLUMN via TEXT;
ALTER TABLE audit ADD COLUMN via_id TEXT;
CREATE INDEX audit_organisation ON audit (organisation_id, seq);
