-- How a server fared: a row a minute, and a row an hour of what is older. NULL: nothing is known, which is not the same as nothing.
CREATE TABLE metric (
    node_id          TEXT   NOT NULL REFERENCES node (id) ON DELETE CASCADE,
    step             BIGINT NOT NULL CHECK (step IN (60, 3600)), -- how long it covers, in seconds
    at               BIGINT NOT NULL,          -- when that began
    samples          BIGINT NOT NULL,          -- minutes that went into it
    cpu              BIGINT,                   -- worked, in millionths of all processors' time
    cpu_peak         BIGINT,                   -- NULL of a minute: the same
    load             BIGINT,                   -- over one minute, in thousandths
    load_peak        BIGINT,
    memory           BIGINT,                   -- in use, bytes; so are the others
    memory_peak      BIGINT,
    swap             BIGINT,
    swap_peak        BIGINT,
    disk             BIGINT,                   -- of the file system with the homes
    disk_peak        BIGINT,
    network_in       BIGINT,                   -- bytes a second; so are the others
    network_in_peak  BIGINT,
    network_out      BIGINT,
    network_out_peak BIGINT,
    disk_read        BIGINT,
    disk_read_peak   BIGINT,
    disk_write       BIGINT,
    disk_write_peak  BIGINT,
    PRIMARY KEY (node_id, step, at)
);

-- What the next look is held against, and what was told of.
CREATE TABLE node_watch (
    node_id   TEXT   NOT NULL PRIMARY KEY REFERENCES node (id) ON DELETE CASCADE,
    looked_at BIGINT,                          -- the last look that was answered
    counters  TEXT,                            -- what it counted, JSON
    disk_told BIGINT NOT NULL DEFAULT 0,       -- per cent of the disk that were told of last: 0, 90, 95
    away      BIGINT NOT NULL DEFAULT 0 CHECK (away IN (0, 1)) -- it was told that the agent does not answer
);
