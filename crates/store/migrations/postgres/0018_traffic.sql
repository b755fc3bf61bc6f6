-- What a site's visitors asked for and were sent, a row for each day on which it had any.
CREATE TABLE site_traffic_day (
    site_id  TEXT   NOT NULL REFERENCES site (id) ON DELETE CASCADE,
    day      BIGINT NOT NULL,             -- since 1970, UTC
    requests BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    PRIMARY KEY (site_id, day)
);
CREATE INDEX site_traffic_day_day ON site_traffic_day (day);
