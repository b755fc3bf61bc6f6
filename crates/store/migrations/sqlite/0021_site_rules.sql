-- What a site's web server does with some of its paths. The whole list is one document: it is read, checked and written as a whole, since
-- its order is part of what it says.
CREATE TABLE site_rules (
    site_id TEXT NOT NULL PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    rules   TEXT NOT NULL                      -- JSON list in its order, at most 200 rules and 64 KiB; it holds hashes of passwords
);
