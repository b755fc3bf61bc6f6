-- What lists of accounts and look-ups of packages need: names beside rights, and indexes by name.

-- With the id: the accounts of an organisation are listed from the index alone.
DROP INDEX account_organisation;
CREATE INDEX account_organisation ON account (organisation_id, name, id);
CREATE INDEX package_name ON package (name, organisation_id);

-- Rights on accounts carry the account's name, so that a page of a list is chosen before its rows are read.
DROP VIEW account_permission;
DROP VIEW person_account_permission;
DROP VIEW role_in_force;
DROP VIEW account_role;
CREATE VIEW account_role AS
SELECT pr.person_id AS person_id, pr.role_id AS role_id, pr.account_id AS account_id, a.name AS account_name
FROM person_role pr JOIN account a ON a.id = pr.account_id
WHERE a.suspended = 0
  AND NOT EXISTS (SELECT 1 FROM organisation_above up JOIN organisation o ON o.id = up.above_id
                  WHERE up.organisation_id = a.organisation_id AND (o.suspended = 1 OR o.accounts_suspended = 1));
CREATE VIEW role_in_force AS
SELECT person_id AS person_id, role_id AS role_id, organisation_id AS organisation_id, CAST(NULL AS TEXT) AS account_id FROM organisation_role
UNION ALL
SELECT person_id, role_id, CAST(NULL AS TEXT), account_id FROM account_role;
CREATE VIEW person_account_permission AS
SELECT r.person_id AS person_id, r.account_id AS account_id, r.account_name AS account_name, rp.permission AS permission
FROM account_role r JOIN role_permission rp ON rp.role_id = r.role_id
UNION ALL
SELECT r.person_id, a.id, a.name, rp.permission
FROM organisation_role r JOIN role_permission rp ON rp.role_id = r.role_id
     JOIN organisation_above up ON up.above_id = r.organisation_id
     JOIN account a ON a.organisation_id = up.organisation_id;
CREATE VIEW account_permission AS
SELECT person_id AS holder_id, account_id AS account_id, account_name AS account_name, permission AS permission
FROM person_account_permission
UNION ALL
SELECT t.id, p.account_id, p.account_name, p.permission
FROM token t JOIN token_permission tp ON tp.token_id = t.id
     JOIN person_account_permission p ON p.person_id = t.person_id AND p.permission = tp.permission
WHERE t.scoped = 0
   OR EXISTS (SELECT 1 FROM token_scope s WHERE s.token_id = t.id AND s.account_id = p.account_id)
   OR EXISTS (SELECT 1 FROM token_scope s JOIN organisation_above up ON up.above_id = s.organisation_id
                   JOIN account a ON a.organisation_id = up.organisation_id
              WHERE s.token_id = t.id AND a.id = p.account_id);
