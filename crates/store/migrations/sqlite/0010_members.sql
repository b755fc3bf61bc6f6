-- One place that says whether an account is off; invitations to roles; links that last; people who go with an account.

-- Whether an account is off, all in all: by itself, or by an organisation above it that took its accounts along.
CREATE VIEW account_state AS
SELECT a.id AS account_id,
       CAST(CASE WHEN EXISTS (SELECT 1 FROM organisation_above up JOIN organisation o ON o.id = up.above_id
                              WHERE up.organisation_id = a.organisation_id AND o.accounts_suspended = 1)
                 THEN 1 ELSE 0 END AS BIGINT) AS suspended_above,
       CAST(CASE WHEN a.suspended = 1
                   OR EXISTS (SELECT 1 FROM organisation_above up JOIN organisation o ON o.id = up.above_id
                              WHERE up.organisation_id = a.organisation_id AND o.accounts_suspended = 1)
                 THEN 1 ELSE 0 END AS BIGINT) AS suspended
FROM account a;

-- sign_in: minutes. invitation: days, for a person who was made a moment before.
ALTER TABLE login_link ADD COLUMN kind TEXT NOT NULL DEFAULT 'sign_in' CHECK (kind IN ('sign_in', 'invitation'));

-- The account that the person was made for by its owner; they go with it.
ALTER TABLE person ADD COLUMN made_for TEXT;
CREATE INDEX person_made_for ON person (made_for) WHERE made_for IS NOT NULL;

-- A role that was offered to a login. Whether somebody has that login is not told to whoever offers it, so one that nobody has is kept
-- too, and can never be accepted: `person_id` is who had the login at that moment.
CREATE TABLE invitation (
    id              TEXT   NOT NULL PRIMARY KEY,
    login           TEXT   NOT NULL,
    person_id       TEXT   REFERENCES person (id) ON DELETE SET NULL,
    role_id         TEXT   NOT NULL REFERENCES role (id) ON DELETE CASCADE,
    organisation_id TEXT   REFERENCES organisation (id) ON DELETE CASCADE,
    account_id      TEXT   REFERENCES account (id) ON DELETE CASCADE,
    invited_by      TEXT   REFERENCES person (id) ON DELETE CASCADE, -- NULL: root on the server
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    CHECK ((organisation_id IS NULL) <> (account_id IS NULL))
);
CREATE UNIQUE INDEX invitation_organisation ON invitation (login, role_id, organisation_id) WHERE organisation_id IS NOT NULL;
CREATE UNIQUE INDEX invitation_account ON invitation (login, role_id, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX invitation_person ON invitation (person_id);
CREATE INDEX invitation_by_organisation ON invitation (organisation_id);
CREATE INDEX invitation_by_account ON invitation (account_id);
CREATE INDEX invitation_by_role ON invitation (role_id);
CREATE INDEX invitation_expiry ON invitation (expires_at);
