import type { Page } from '@playwright/test'
import { example, operation, operationOf } from './api'

/*
 * What a panel shows is another thing on each server and at each moment. For pictures that are compared, what it answers is made steady: times, ids,
 * addresses and figures are the same everywhere, and what other tests left behind is not there. The pages themselves know nothing of it.
 */

/** When the pictures are taken. */
const NOW = '2026-06-01T12:00:00.000Z'
const BEFORE = '2026-06-01T11:57:00.000Z'
const LATER = '2026-06-01T18:00:00.000Z'

/** What `setup.ts` makes; all else is left out. */
const KNOWN = new Set([
  'root',
  'administrator',
  'acme',
  'alice',
  'admin',
  'bob',
  'helpdesk',
  'hook',
  'small',
  'www.alice.test',
  'shop.alice.test',
])

const SETTINGS = new Set([
  'change_list',
  'drift_list',
  'setting_list',
  'permission_list',
  'node_role_list',
  'limit_list',
  'node_process_list',
  'node_service_list',
])

type Item = Record<string, unknown>

/** Whether something is of this server alone. */
const isKnown = (item: Item) => {
  const name = item.name ?? item.login ?? (item.params as Item | undefined)?.name
  return typeof name !== 'string' || KNOWN.has(name) || item.built_in === true
}

const FIGURES = {
  load: [0.42, 0.36, 0.31],
  cpus: 2,
  cpu: 0.18,
  uptime_seconds: 1_036_800,
  memory_total: 8 * 2 ** 30,
  memory_available: 5 * 2 ** 30,
  disk_total: 200 * 2 ** 30,
  disk_available: 154 * 2 ** 30,
  swap_total: 2 * 2 ** 30,
  swap_free: 2 * 2 ** 30,
  processes: 112,
  kernel: '6.12.0',
  os: 'Debian GNU/Linux 13 (trixie)',
}

const DIFF = `--- /etc/nginx/holdfast/locations.conf
+++ /etc/nginx/holdfast/locations.conf
@@ -1,4 +1,5 @@
 location ~ /\\.(?!well-known/) {
     return 404;
 }
+client_max_body_size 512m;
`

/** What each of them begins with. */
const FIRST = {
  webserver: 'edit /etc/nginx/holdfast/locations.conf',
  site: 'add the names to /etc/nginx/holdfast/maps',
  pool: 'start holdfast-php-alice-8.4.socket',
  account: 'create the user alice',
}

/** What was done on the server, the newest first. */
const CHANGES = (
  [
    ['outside', 'webserver', 'debian13', null],
    ['panel', 'site', 'shop.alice.test', 'admin'],
    ['panel', 'site', 'www.alice.test', 'admin'],
    ['agent', 'pool', 'alice-8.4', null],
    ['panel', 'account', 'alice', 'admin'],
  ] as const
).map(([by, kind, name, actor], index) =>
  example('ChangeView', {
    seq: 9 - index,
    at: BEFORE,
    by,
    kind,
    name,
    actor,
    condition: 'ready',
    impact: 'reload',
    steps: [example('StepView', { summary: FIRST[kind] })],
  }),
)

/** What people did, the newest first. */
const ENTRIES = (
  [
    ['root', 'login_link', 'person', null],
    ['admin', 'identity_provider', 'identity_provider', 'corp'],
    ['admin', 'webhook', 'webhook', 'hook'],
    ['admin', 'role', 'role', 'helpdesk'],
    ['admin', 'person', 'person', 'bob'],
    ['admin', 'organisation', 'organisation', 'acme'],
    ['admin', 'package', 'package', 'small'],
    ['admin', 'site', 'site', 'shop.alice.test'],
    ['admin', 'site', 'site', 'www.alice.test'],
    ['admin', 'account', 'account', 'alice'],
  ] as const
).map(([actor_name, what, object_kind, name], index) =>
  example('AuditView', {
    id: String(index),
    seq: 20 - index,
    at: BEFORE,
    actor_name,
    via: null,
    action: `${what}.create`,
    object_kind,
    before: null,
    after: name && { name },
    outcome: 'done',
  }),
)

/** Answers that no two servers have alike. */
const CANNED: Record<string, (real: Item) => unknown> = {
  drift_list: () => ({
    items: [
      example('DriftView', {
        kind: 'webserver',
        id: '1',
        name: 'debian13',
        path: '/etc/nginx/holdfast/locations.conf',
        diff: DIFF,
        noticed_at: BEFORE,
        actions: ['revert', 'pause'],
      }),
    ],
  }),
  doctor_run: (real) => ({ ...real, worst: 'ok', findings: sound(real.findings) }),
  node_show: (real) => ({ ...real, host: { ...(real.host as Item), ...FIGURES } }),
  node_metrics: (real) => ({
    ...real,
    from: hour(0),
    to: NOW,
    step_seconds: 3600,
    times: HOURS.map(hour),
    series: (real.series as Item[]).map(curve),
  }),
  node_process_list: (real) => ({ ...real, count: 0, items: [] }),
  change_list: () => ({ items: CHANGES, next_cursor: null }),
  job_list: () => ({ items: [], next_cursor: null }),
  notice_list: (real) => ({ ...real, unread: 0, items: [] }),
  plan_show: (real) => ({ ...real, objects: 4, differing: 0, not_ready: 0, waiting: [] }),
  session_list: (real) => ({ ...real, items: (real.items as Item[]).filter((row) => row.current) }),
  person_session_list: (real) => ({ ...real, items: (real.items as Item[]).slice(0, 1) }),
  audit_list: () => ({ items: ENTRIES, next_cursor: null }),
  event_list: (real) => ({ ...real, items: begun(real.items as Item[], 'code', /^object\.(created|ready)$/) }),
}

for (const id of Object.keys(CANNED)) operation(id)

const sound = (findings: unknown) => (findings as Item[]).filter((one) => one.severity === 'ok').slice(0, 12)

/** What was done first, as `setup.ts` did it. */
const begun = (items: Item[], name: string, wanted: RegExp) =>
  items.filter((item) => wanted.test(String(item[name])) && isKnown(item)).slice(-10)

/** A day of a quiet server, by the hour. */
const HOURS = Array.from({ length: 24 }, (_, index) => index)
const hour = (index: number) => new Date(Date.parse(NOW) - (24 - index) * 3_600_000).toISOString()

function curve(series: Item, index: number) {
  const isDisk = /disk/.test(String(series.name)) && series.unit === 'bytes'
  const top = isDisk
    ? 200 * 2 ** 30
    : series.unit === 'ratio'
      ? 1
      : series.unit === 'bytes'
        ? 8 * 2 ** 30
        : series.unit === 'count'
          ? 2
          : 2 ** 20
  const values = HOURS.map((at) => top * (0.3 + 0.15 * Math.sin((at + index * 7) / 4)))
  return { ...series, average: values, peak: values.map((value) => value * 1.2) }
}

/** Makes a page steady. Its clock stands still. */
export async function steady(page: Page) {
  await page.clock.setFixedTime(NOW)
  const started = Date.now()
  const parsed = (text: string): Item | undefined => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  const ids = new Map<string, string>()
  const idOf = (real: string) => {
    if (!ids.has(real)) ids.set(real, `01a20000-0000-7000-8000-${String(ids.size + 1).padStart(12, '0')}`)
    return ids.get(real) as string
  }
  const texts = (text: string) =>
    text
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) =>
        Date.parse(time) > started + 60_000 ? LATER : BEFORE,
      )
      .replace(/\b203\.0\.113\.\d+/g, '203.0.113.10')
      .replace(/2001:db8:[0-9a-f:]+/g, '2001:db8::10')
      .replace(/(host|pool|root)-[0-9a-f]{2}\.map/g, '$1-3f.map')
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    const found = operationOf(request.method(), request.url())
    if (!found || request.headers().accept?.includes('event-stream')) return route.fallback()
    // what the page was told to be ids is what the panel knows
    const real = new Map([...ids].map(([real, shown]) => [shown, real]))
    const url = request.url().replace(/01a20000-0000-7000-8000-\d{12}/g, (shown) => real.get(shown) ?? shown)
    // a page that was left meanwhile wants no answer any more
    const answer = await route.fetch({ url }).catch(() => undefined)
    const body = await answer?.body().catch(() => undefined)
    if (!answer || !body) return route.abort().catch(() => undefined)
    const json = parsed(body.toString())
    if (json === undefined) return route.fulfill({ response: answer, body })
    const canned = CANNED[found.id]?.(json) ?? json
    const items = (canned as Item).items
    const isFiltered = Array.isArray(items) && !SETTINGS.has(found.id)
    const shown = isFiltered ? { ...(canned as Item), items: (items as Item[]).filter(isKnown) } : canned
    const plain = JSON.stringify(shown)
    const text = (found.id === 'node_metrics' ? plain : texts(plain)).replace(
      /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
      idOf,
    )
    await route.fulfill({ response: answer, body: text })
  })
}
