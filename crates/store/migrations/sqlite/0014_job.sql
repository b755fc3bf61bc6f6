-- Work with an end: one row per job, and its log.
CREATE TABLE job (
    id              TEXT   NOT NULL PRIMARY KEY,
    kind            TEXT   NOT NULL,                   -- such as 'role.install'
    job_key         TEXT   NOT NULL,                   -- what it is about: queued or running once per kind
    object_kind     TEXT   NOT NULL,
    object_id       TEXT   NOT NULL,
    object_name     TEXT   NOT NULL,
    account_id      TEXT,                              -- whose matter it is
    organisation_id TEXT,                              -- the same where it is no account's; neither: the installation's
    payload         TEXT   NOT NULL,                   -- JSON: what was asked for
    memory          TEXT   NOT NULL,                   -- JSON: what the kind knows of the host, written with the lines it comes from
    state           TEXT   NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    steps           TEXT   NOT NULL,                   -- JSON list of name, state and times
    percent         BIGINT,
    log_lines       BIGINT NOT NULL DEFAULT 0,         -- the number of the last line
    last_line       TEXT,
    attempts        BIGINT NOT NULL DEFAULT 0,         -- how often it was begun; not counted: taken up again after a restart
    taken           BIGINT NOT NULL DEFAULT 0,         -- how often it was taken up since a step began
    cancel_asked    BIGINT NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1)),
    problem         TEXT,                              -- JSON: code, detail, remedy
    lease_owner     TEXT,
    lease_until     BIGINT,                            -- nobody works on it after this
    created_by      TEXT   NOT NULL,
    via             TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    started_at      BIGINT,
    ended_at        BIGINT,
    version         BIGINT NOT NULL DEFAULT 1          -- moves with all but the log
);
CREATE UNIQUE INDEX job_open ON job (kind, job_key) WHERE state IN ('queued', 'running');
CREATE INDEX job_state ON job (state, id);
CREATE INDEX job_ended ON job (ended_at);
CREATE INDEX job_account ON job (account_id, id);
CREATE INDEX job_organisation ON job (organisation_id, id);
CREATE INDEX job_object ON job (object_kind, object_id, id);

CREATE TABLE job_log (
    job_id TEXT   NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    seq    BIGINT NOT NULL,                            -- from 1 on, without a gap
    at     BIGINT NOT NULL,
    line   TEXT   NOT NULL,
    PRIMARY KEY (job_id, seq)
);
