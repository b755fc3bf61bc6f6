// A real OpenID Connect provider for the end-to-end tests: `oidc-provider` with its own pages for signing in, where every name is taken with
// any password. Which groups somebody has is read anew at each question, so that a test can change it.
//
//     node provider.mjs ISSUER ADDRESS PORT REDIRECT_URI FOLDER
//
// FOLDER holds tls.pem, tls.key, secret (of the client `holdfast`) and groups.json: {"ann": ["staff"]}.

import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

globalThis.crypto ??= webcrypto;
const { default: Provider } = await import('oidc-provider');

const [issuer, address, port, redirect, folder] = process.argv.slice(2);
const read = (name) => readFileSync(`${folder}/${name}`, 'utf8');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'holdfast',
    client_secret: read('secret'),
    redirect_uris: [redirect],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  claims: {
    openid: ['sub'],
    profile: ['preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k1' }] },
  pkce: { methods: ['S256'], required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      preferred_username: id,
      email: `${id}@example.test`,
      email_verified: true,
      groups: JSON.parse(read('groups.json'))[id] ?? [],
    }),
  }),
});

createServer({ cert: read('tls.pem'), key: read('tls.key') }, provider.callback())
  .listen(Number(port), address, () => console.log('listening'));
