-- What calls for somebody: found among all events without walking those that do not, and up to which each person has read.
CREATE INDEX event_loud ON event (seq) WHERE severity <> 'info';
CREATE INDEX event_loud_account ON event (account_id, seq) WHERE severity <> 'info';
CREATE INDEX event_loud_organisation ON event (organisation_id, seq) WHERE severity <> 'info';

CREATE TABLE notice_read (
    person_id TEXT   NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    until_seq BIGINT NOT NULL,                 -- the newest event that was read
    read_at   BIGINT NOT NULL
);
