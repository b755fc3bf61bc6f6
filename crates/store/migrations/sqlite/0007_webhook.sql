-- Who is told of events by HTTPS, and every message to them until it was taken or given up.
CREATE TABLE webhook (
    id               TEXT   NOT NULL PRIMARY KEY,
    organisation_id  TEXT   NOT NULL REFERENCES organisation (id) ON DELETE CASCADE, -- events of accounts in its tree alone
    name             TEXT   NOT NULL,
    url              TEXT   NOT NULL,
    kinds            TEXT,                            -- JSON list of event codes; NULL: all
    secret           TEXT   NOT NULL,                 -- what signs, as webhook-panel's module `secret` keeps it
    old_secret       TEXT,                            -- signs as well, until
    old_secret_until BIGINT,
    enabled          BIGINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    disabled_reason  TEXT,                            -- 'asked' or 'unreachable'
    event_cursor     BIGINT NOT NULL,                 -- up to this event all were made into messages
    failures         BIGINT NOT NULL DEFAULT 0,       -- attempts in a row
    failing_since    BIGINT,
    next_attempt_at  BIGINT,                          -- nothing is sent before
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (organisation_id, name)                    -- another's names are nobody's matter
);
CREATE INDEX webhook_name ON webhook (name, id);

CREATE TABLE webhook_delivery (
    id              TEXT   NOT NULL PRIMARY KEY,
    webhook_id      TEXT   NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_seq       BIGINT NOT NULL,
    series          TEXT   NOT NULL,                  -- the same for all counts of an event that repeats
    code            TEXT   NOT NULL,
    body            TEXT   NOT NULL,                  -- as it is sent
    state           TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    last_status     BIGINT,
    last_error      TEXT,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, state, next_attempt_at);
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_series ON webhook_delivery (webhook_id, series, state);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at);
