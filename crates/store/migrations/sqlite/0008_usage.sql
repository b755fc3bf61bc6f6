-- What accounts take: the newest figures of each, and a row a day.
CREATE TABLE account_usage (
    account_id   TEXT   NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    disk_bytes   BIGINT NOT NULL,
    inodes       BIGINT,                       -- NULL: not counted by this file system
    truncated    BIGINT NOT NULL DEFAULT 0 CHECK (truncated IN (0, 1)),
    measured_by  TEXT   NOT NULL CHECK (measured_by IN ('worker', 'quota')),
    disk_held    BIGINT NOT NULL DEFAULT 0 CHECK (disk_held IN (0, 1)), -- the server can hold a limit of disk space
    inodes_held  BIGINT NOT NULL DEFAULT 0 CHECK (inodes_held IN (0, 1)),
    note         TEXT,                         -- why it cannot
    as_of        BIGINT NOT NULL,
    disk_told    BIGINT NOT NULL DEFAULT 0,    -- per cent of the limit that were told of last: 0, 80, 95, 100
    inodes_told  BIGINT NOT NULL DEFAULT 0,
    -- none; suspended: by the policy, which takes it back; spared: a person let it go on, so the policy leaves it alone until it is below
    policy       TEXT   NOT NULL DEFAULT 'none' CHECK (policy IN ('none', 'suspended', 'spared'))
);
CREATE INDEX account_usage_as_of ON account_usage (as_of);

CREATE TABLE account_usage_day (
    account_id    TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    day           BIGINT NOT NULL,             -- since 1970, UTC
    disk_bytes    BIGINT,                      -- the newest figure of the day; NULL: none
    inodes        BIGINT,
    traffic_bytes BIGINT NOT NULL DEFAULT 0,
    requests      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, day)
);
CREATE INDEX account_usage_day_day ON account_usage_day (day);
