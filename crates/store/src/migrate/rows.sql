-- One row at least for every table, after `TestStore::add_account`; ALICE is that account's id.
INSERT INTO organisation (id, parent_id, name, kind, created_at)
VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'branch', 'reseller', 1);
INSERT INTO person (id, login, email, password_hash, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000021', 'alice', 'alice@example.test', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', 1, 1);
INSERT INTO role_permission (role_id, permission)
VALUES ('00000000-0000-7000-8000-000000000012', 'site.view');
INSERT INTO person_role (id, person_id, role_id, organisation_id, account_id, created_at)
VALUES ('00000000-0000-7000-8000-000000000031', '00000000-0000-7000-8000-000000000021',
        '00000000-0000-7000-8000-000000000012', NULL, 'ALICE', 1),
       ('00000000-0000-7000-8000-000000000032', '00000000-0000-7000-8000-000000000021',
        '00000000-0000-7000-8000-000000000011', '00000000-0000-7000-8000-000000000002', NULL, 1);
INSERT INTO pool (id, account_id, version, name, node_id, created_at, updated_at, since)
SELECT '00000000-0000-7000-8000-000000000041', id, '8.4', 'alice-8.4', node_id, 1, 1, 1 FROM account;
INSERT INTO site (id, account_id, node_id, pool_id, docroot, body_size, index_order, created_at, updated_at, since, condition, reason)
SELECT '00000000-0000-7000-8000-000000000051', id, node_id, '00000000-0000-7000-8000-000000000041', 'sites/www.example.test/public',
       1048576, '["index.php"]', 1, 1, 1, 'degraded', 'edited' FROM account;
INSERT INTO site_name (name, site_id, is_primary, ownership, created_at)
VALUES ('www.example.test', '00000000-0000-7000-8000-000000000051', 1, 'approved', 1),
       ('example.test', '00000000-0000-7000-8000-000000000051', 0, 'pending', 1);
INSERT INTO session (id, person_id, token_hash, created_at, last_seen_at, idle_expires_at, expires_at, origin)
VALUES ('00000000-0000-7000-8000-000000000061', '00000000-0000-7000-8000-000000000021', 'h', 1, 1, 2, 3, '192.0.2.1');
INSERT INTO login_link (token_hash, person_id, created_at, expires_at)
VALUES ('h', '00000000-0000-7000-8000-000000000021', 1, 2);
INSERT INTO login_failure (failure_key, failures, first_at, last_at, locked_until) VALUES ('pair:x', 1, 1, 1, NULL);
INSERT INTO setting (name, value, updated_at) VALUES ('drift.policy', '"hold"', 1);
INSERT INTO event (seq, at, last_at, scope_kind, scope_id, account_id, severity, code, params, count)
VALUES (1, 1, 1, 'site', '00000000-0000-7000-8000-000000000051', 'ALICE', 'info', 'ready', '{}', 1);
INSERT INTO audit (seq, id, at, actor_kind, actor_name, origin, request_id, action, object_kind, outcome, prev_hash, hash)
VALUES (1, '00000000-0000-7000-8000-000000000071', 1, 'root', 'root', 'socket', 'r', 'account.create', 'account', 'done', 'a', 'b');
INSERT INTO idempotency (actor, request_key, request_digest, status, headers, body, created_at)
VALUES ('root', 'k', 'd', 201, '[]', '{}', 1);
INSERT INTO totp (person_id, secret, confirmed_at, last_step) VALUES ('00000000-0000-7000-8000-000000000021', 'x1.s', 1, 1);
INSERT INTO recovery_code (code_hash, person_id, created_at) VALUES ('h', '00000000-0000-7000-8000-000000000021', 1);
INSERT INTO passkey (id, person_id, credential_id, relying_party, name, credential, created_at)
VALUES ('00000000-0000-7000-8000-000000000081', '00000000-0000-7000-8000-000000000021', 'c', 'panel.example.test', 'laptop', '{}', 1);
INSERT INTO pending_sign_in (token_hash, person_id, means, network, created_at, expires_at)
VALUES ('h', '00000000-0000-7000-8000-000000000021', 'password', '192.0.2.1', 1, 2);
INSERT INTO known_origin (person_id, network, address, last_at)
VALUES ('00000000-0000-7000-8000-000000000021', '192.0.2.1', '192.0.2.1', 1);
INSERT INTO webhook (id, organisation_id, name, url, secret, event_cursor, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-000000000081', '00000000-0000-7000-8000-000000000001', 'on-call', 'https://hooks.example.test/', 's', 0, 1, 1);
INSERT INTO webhook_delivery (id, webhook_id, event_seq, series, code, body, state, created_at)
VALUES ('00000000-0000-7000-8000-000000000091', '00000000-0000-7000-8000-000000000081', 1, 'x', 'object.ready', '{}', 'pending', 1);
INSERT INTO identity_provider (id, name, label, issuer, client_id, scopes, makes_people, second_factor_counts, enabled, created_at, updated_at)
VALUES ('00000000-0000-7000-8000-0000000000a1', 'corp', 'Corp', 'https://login.example.test', 'panel', '[]', 0, 0, 1, 1, 1);
INSERT INTO identity_mapping (provider_id, position, group_name, role_id, organisation_id)
VALUES ('00000000-0000-7000-8000-0000000000a1', 0, 'staff', '00000000-0000-7000-8000-000000000017', '00000000-0000-7000-8000-000000000001');
INSERT INTO identity (id, provider_id, subject, person_id, made_person, created_at)
VALUES ('00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000a1', 's', '00000000-0000-7000-8000-000000000021', 0, 1);
INSERT INTO identity_role (person_role_id, identity_id) SELECT id, '00000000-0000-7000-8000-0000000000b1' FROM person_role LIMIT 1;
INSERT INTO identity_attempt (state_hash, browser_hash, nonce_hash, provider_id, verifier, created_at, expires_at)
VALUES ('h', 'h', 'h', '00000000-0000-7000-8000-0000000000a1', 'x1.v', 1, 2);
INSERT INTO metric (node_id, step, at, samples, cpu) SELECT id, 60, 0, 1, 5 FROM node LIMIT 1;
INSERT INTO node_watch (node_id, looked_at) SELECT id, 1 FROM node LIMIT 1;
INSERT INTO notice_read (person_id, until_seq, read_at) VALUES ('00000000-0000-7000-8000-000000000021', 1, 1);
