-- Old events are found by when they last happened.
CREATE INDEX event_last ON event (last_at);
