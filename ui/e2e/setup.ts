import { mkdirSync } from 'node:fs'
import { type APIRequestContext, type FullConfig, request } from '@playwright/test'
import { onServer, PASSWORD } from './server'

const SESSION = 'test-results/.session.json'

/**
 * Signs in once by a one-time link, sets a password, and makes what pages are to show. A server that has no role yet is left as it is: its
 * first run is what is tested there.
 */
export default async function setup(config: FullConfig) {
  const baseURL = config.projects[0]?.use.baseURL
  if (!baseURL) throw new Error('PANEL is the address of the panel')
  const made = JSON.parse(onServer('holdfast', 'login-link', '--json'))
  const context = await request.newContext({
    baseURL,
    ignoreHTTPSErrors: true,
    extraHTTPHeaders: { Origin: new URL(baseURL).origin },
  })
  const signedIn = await context.post('/api/v1/session/link', { data: { token: made.token } })
  if (!signedIn.ok()) throw new Error(`the link signs nobody in: ${await signedIn.text()}`)
  mkdirSync('test-results', { recursive: true })
  if (await isWithoutRole(context)) {
    await context.storageState({ path: SESSION })
    return context.dispose()
  }
  await context.put('/api/v1/password', { data: { new: PASSWORD } })
  // the first run has tests of its own
  await context.put('/api/v1/settings/panel.first_run', { data: { value: 'done' } })
  const wait = { Prefer: 'wait=30' }
  await context.post('/api/v1/accounts', { data: { name: 'alice', email: 'alice@example.test' }, headers: wait })
  for (const name of ['www.alice.test', 'shop.alice.test']) {
    await context.post('/api/v1/sites', { data: { account: 'alice', name }, headers: wait })
  }
  await context.post('/api/v1/packages', { data: { name: 'small', limits: { sites: 3, disk_bytes: 10 * 2 ** 30 } } })
  await context.post('/api/v1/organisations', { data: { name: 'acme', kind: 'client' } })
  await context.post('/api/v1/persons', { data: { login: 'bob', email: 'bob@example.test' } })
  await context.post('/api/v1/roles', { data: { name: 'helpdesk', permissions: ['site.view', 'account.view'] } })
  await context.post('/api/v1/webhooks', { data: { name: 'hook', url: 'https://hooks.example.com/holdfast' } })
  await context.post('/api/v1/identity-providers', {
    data: {
      name: 'corp',
      label: 'Example Corp',
      issuer: 'https://login.example.com',
      client_id: 'holdfast',
      client_secret: 'of-the-client',
      groups_claim: 'groups',
      mappings: [{ group: 'staff', role: 'developer', organisation: 'acme' }],
    },
  })
  await context.storageState({ path: SESSION })
  await context.dispose()
}

async function isWithoutRole(context: APIRequestContext) {
  const answer = await context.get('/api/v1/node/roles')
  // a server whose first run was walked asks for a second factor from then on
  if (!answer.ok()) throw new Error(`the roles are not told: ${await answer.text()}`)
  const { items } = await answer.json()
  return items.every((role: { state: string }) => role.state === 'missing')
}
