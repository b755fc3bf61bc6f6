-- Events say of which organisation they are, so that they are found when the object is gone; one place says whether an organisation is off; of
-- traffic near its limit is told.

-- Whether nothing that is held in an organisation is in force: by itself, or by one above it.
CREATE VIEW organisation_state AS
SELECT o.id AS organisation_id,
       CAST(CASE WHEN EXISTS (SELECT 1 FROM organisation_above up JOIN organisation a ON a.id = up.above_id
                              WHERE up.organisation_id = o.id AND a.suspended = 1)
                 THEN 1 ELSE 0 END AS BIGINT) AS suspended
FROM organisation o;

ALTER TABLE event ADD COLUMN organisation_id TEXT;                            -- in which it was when it happened; NULL: the administrator's
ALTER TABLE event ADD COLUMN permission TEXT NOT NULL DEFAULT 'event.view';   -- what one must hold there besides to see it
UPDATE event SET organisation_id = (SELECT organisation_id FROM account WHERE id = event.account_id) WHERE account_id IS NOT NULL;
UPDATE event SET organisation_id = (SELECT id FROM organisation WHERE id = event.scope_id), permission = 'organisation.view'
WHERE scope_kind = 'organisation';
UPDATE event SET organisation_id = (SELECT organisation_id FROM person WHERE id = event.scope_id), permission = 'person.manage'
WHERE scope_kind = 'person' AND account_id IS NULL;
UPDATE event SET organisation_id = (SELECT organisation_id FROM role WHERE id = event.scope_id), permission = 'member.view'
WHERE scope_kind = 'role';
UPDATE event SET organisation_id = (SELECT id FROM organisation WHERE id = event.scope_id), permission = 'member.view'
WHERE scope_kind = 'member' AND account_id IS NULL;
UPDATE event SET organisation_id = (SELECT organisation_id FROM package WHERE id = event.scope_id), permission = 'package.view'
WHERE scope_kind = 'package';
UPDATE event SET organisation_id = (SELECT organisation_id FROM webhook WHERE id = event.scope_id), permission = 'webhook.manage'
WHERE scope_kind = 'webhook';
CREATE INDEX event_organisation ON event (organisation_id, seq);

-- The queue of a webhook in its order, by which it is kept within bounds.
CREATE INDEX webhook_delivery_queue ON webhook_delivery (webhook_id, state, event_seq);

-- Of which part of the limit of a month's traffic was told: as `disk_told`.
ALTER TABLE account_usage ADD COLUMN traffic_told BIGINT NOT NULL DEFAULT 0;
