import type { Page } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, expectTargets, open, test } from './test'

const LOGS = '/sites/www.alice.test?tab=logs'

const line = (id: string, uri: string, status = 200) => ({
  id,
  time: '2026-11-20T10:00:00.000000Z',
  client: '192.0.2.7',
  host: 'www.alice.test',
  method: 'GET',
  uri,
  protocol: 'HTTP/2.0',
  status,
  bytes: 2048,
  seconds: 0.012,
  referrer: null,
  agent: 'curl/8 <script>alert(1)</script>',
  level: null,
  message: null,
  raw: null,
  cut: false,
})

type Lines = ReturnType<typeof line>[]

/** Pages and streams as the panel answers them, by what is asked. */
async function withLog(page: Page, pageOf: (query: URLSearchParams) => object, streams: string[] = []) {
  const asked: string[] = []
  await page.route('**/api/v1/sites/*/logs?*', async (route) => {
    const { searchParams } = new URL(route.request().url())
    asked.push(searchParams.toString())
    await route.fulfill({ json: pageOf(searchParams) })
  })
  await page.route('**/api/v1/sites/*/logs/follow?*', async (route) => {
    const body = streams.shift()
    if (body === undefined) return // a stream that says nothing
    await route.fulfill({ body, headers: { 'content-type': 'text/event-stream' } })
  })
  return asked
}

const answer = (items: Lines, next: string | null = null, stopped = false) => ({
  items,
  next_cursor: next,
  stopped_early: stopped,
  newest: 'f-100',
})

const event = (one: Lines[number]) => `event: line\nid: ${one.id}+\ndata: ${JSON.stringify(one)}\n\n`

test('a log is read page by page, and hostile lines are text', async ({ watched: page }) => {
  await withLog(page, (query) =>
    query.get('before') === 'f-1'
      ? answer([line('f-0', '/oldest')])
      : answer([line('f-2', '/<img src=x onerror=alert(1)>', 404), line('f-1', '/\\u001b[31m')], 'f-1'),
  )
  await open(page, LOGS)
  const table = page.getByRole('region', { name: 'Requests' })
  await expect(table.getByText('GET /<img src=x onerror=alert(1)>')).toBeVisible()
  await expect(table.getByText('GET /\\u001b[31m')).toBeVisible()
  await page.getByRole('button', { name: 'Older lines' }).click()
  await expect(table.getByText('GET /oldest')).toBeVisible()
  await expect(page.getByText('There is nothing older.')).toBeVisible()
  await expectAccessible(page)
})

test('the address holds what is looked for, and a search that stopped goes on', async ({ watched: page }) => {
  const asked = await withLog(page, (query) => {
    if (!query.get('search')) return answer([line('f-2', '/')])
    return query.get('before') ? answer([line('f-0', '/needle')]) : answer([], 'f-1', true)
  })
  await open(page, LOGS)
  await page.getByRole('searchbox', { name: 'Search in the log' }).fill('needle')
  await expect(page).toHaveURL(/q=needle/)
  await expect(page.getByText('Not all of the log was searched yet.').first()).toBeVisible()
  await page.getByRole('button', { name: 'Search further back' }).click()
  await expect(page.getByText('GET /needle')).toBeVisible()
  expect(asked.at(-1)).toContain('before=f-1')
  await page.reload()
  await expect(page.getByRole('searchbox', { name: 'Search in the log' })).toHaveValue('needle')
})

test('new lines come first while the log is followed', async ({ watched: page }) => {
  await withLog(page, () => answer([line('f-1', '/old')]), [
    event(line('f-2', '/new')) + event(line('f-3', '/newer', 503)),
  ])
  await open(page, LOGS)
  await page.getByRole('switch', { name: 'Follow live' }).press('Space')
  const rows = page.getByRole('region', { name: 'Requests' }).locator('tbody tr')
  await expect(rows.first()).toContainText('/newer')
  await expect(rows.nth(2)).toContainText('/old')
})

test('on a phone nothing goes sideways, and everything can be hit', async ({ watched: page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await withLog(page, () => answer([line('f-1', `/${'long'.repeat(200)}`)]))
  await open(page, LOGS)
  await expectNoSideways(page)
  await expectTargets(page, 24)
})

test('traffic is a chart, and the same as a table', async ({ watched: page }) => {
  const today = new Date().toISOString().slice(0, 10)
  await page.route('**/api/v1/sites/*/traffic?*', (route) =>
    route.fulfill({
      json: {
        items: [{ day: today, requests: 1234, bytes: 4096 }],
        requests: 1234,
        bytes: 4096,
        account_month: { since: `${today.slice(0, 8)}01`, requests: 1234, bytes: 4096, limit_bytes: 1 << 30 },
      },
    }),
  )
  await open(page, '/sites/www.alice.test?tab=traffic')
  await expect(page.getByRole('img', { name: /Requests by day: 1,234 in all/ })).toBeVisible()
  await page.getByRole('button', { name: 'Show as table' }).press('Enter')
  const table = page.getByRole('region', { name: 'Traffic as a table' })
  await expect(table.getByRole('row')).toHaveCount(31)
  await expect(table.getByRole('row').nth(1)).toContainText('1,234')
  await expectAccessible(page)
})
