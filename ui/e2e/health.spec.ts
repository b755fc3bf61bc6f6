import { readFileSync } from 'node:fs'
import type { Page, Route } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, expectTargets, open, test } from './test'

const json = (route: Route, body: unknown) =>
  route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) })

const GIB = 2 ** 30

/** Figures as the panel sends them: two points in the middle are not known. */
function metrics(from: string, to: string) {
  const count = 60
  const begin = Date.parse(from)
  const step = (Date.parse(to) - begin) / count
  const times = Array.from({ length: count }, (_, index) => new Date(begin + index * step).toISOString())
  const line = (base: number, swing: number) =>
    times.map((_, index) => (index === 30 || index === 31 ? null : base + swing * Math.sin(index / 6)))
  const series = (name: string, unit: string, base: number, swing: number) => {
    const average = line(base, swing)
    return { name, unit, average, peak: average.map((value) => (value === null ? null : value + swing)) }
  }
  return {
    from,
    to,
    step_seconds: Math.round(step / 1000),
    times,
    series: [
      series('cpu', 'ratio', 0.4, 0.2),
      series('load', 'count', 1, 0.5),
      series('memory', 'bytes', GIB, GIB / 4),
      series('swap', 'bytes', GIB / 4, GIB / 16),
      series('disk', 'bytes', 5 * GIB, GIB),
      series('network_in', 'bytes_per_second', 3e6, 1e6),
      series('network_out', 'bytes_per_second', 2e6, 5e5),
      series('disk_read', 'bytes_per_second', 3e5, 1e5),
      series('disk_write', 'bytes_per_second', 2e5, 5e4),
    ],
  }
}

type Asked = { from: string; to: string; points: string }

/** Answers for the figures; what was asked is told. */
async function figures(page: Page) {
  const asked: Asked[] = []
  await page.route('**/api/v1/node/metrics?*', (route) => {
    const query = Object.fromEntries(new URL(route.request().url()).searchParams) as Asked
    asked.push(query)
    return json(route, metrics(query.from, query.to))
  })
  return asked
}

const hours = ({ from, to }: Asked) => (Date.parse(to) - Date.parse(from)) / 3_600_000

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('charts have words, axes with units, gaps, a table, and are accessible', async ({ watched: page }) => {
      await figures(page)
      await open(page, '/health?tab=history')
      await expect(page.locator('.plot canvas')).toHaveCount(6)
      const cpu = page.getByRole('img', { name: /^Processor\. At work: [345]\d\s?% on average/ })
      await expect(cpu).toHaveAttribute('aria-label', /Nothing is known of 2 points/)
      await expect(page.getByRole('img', { name: /Memory in use: .* GiB on average.*Swap in use/ })).toBeVisible()
      await expectAccessible(page)
      await expectTargets(page, 24)
      await page.screenshot({ path: `shots/health-history.${colorScheme}.png`, fullPage: true })
      const toggle = page.getByRole('button', { name: 'Show as table: Network' })
      await toggle.click()
      await expect(toggle).toHaveAttribute('aria-pressed', 'true')
      const table = page.getByRole('region', { name: 'Network as a table' })
      await expect(table.getByRole('columnheader', { name: 'Out, highest' })).toBeVisible()
      await expect(table.getByRole('row')).toHaveCount(61)
      await expect(table.getByRole('row').nth(31)).toContainText('nothing known')
      await expect(table.getByRole('row').nth(1)).toContainText('MiB/s')
      await expectAccessible(page)
    })

    test('services: what failed is first, has its word, and failed pools are named', async ({ watched: page }) => {
      await page.route('**/api/v1/node/services', (route) =>
        json(route, {
          read_at: new Date().toISOString(),
          pools_active: 3,
          pools_idle: 12,
          pools_failed: ['alice-8.4'],
          items: [
            unit('nginx.service', 'active', 'running', 0),
            unit('holdfast-panel.service', 'active', 'running', 0),
            unit('holdfast-egress.service', 'inactive', 'dead', 0),
            { ...unit('ssh.service', 'failed', 'failed', 4), result: 'exit-code', memory_bytes: null },
          ],
        }),
      )
      await open(page, '/health?tab=services')
      const rows = page.getByRole('row')
      await expect(rows.nth(1)).toContainText('ssh.service')
      await expect(rows.nth(1)).toContainText('Failed')
      await expect(rows.nth(1)).toContainText('Ended with: exit-code')
      await expect(page.getByRole('row', { name: /nginx\.service/ })).toContainText('Running')
      await expect(page.getByRole('alert')).toContainText('1 PHP pool failed')
      await expect(page.getByRole('alert')).toContainText('alice-8.4')
      await expect(page.getByText('PHP pools: 3 run, 12 sleep')).toBeVisible()
      await expectAccessible(page)
      await page.screenshot({ path: `shots/health-services.${colorScheme}.png` })
    })

    test('processes are sorted in the address, and lead to their accounts', async ({ watched: page }) => {
      const asked: (string | null)[] = []
      await page.route('**/api/v1/node/processes?*', (route) => {
        asked.push(new URL(route.request().url()).searchParams.get('sort'))
        const started_at = new Date(Date.now() - 3_600_000).toISOString()
        return json(route, {
          read_at: new Date().toISOString(),
          count: 212,
          items: [
            {
              pid: 17,
              command: 'php-fpm8.4',
              user: 'alice',
              account: 'alice',
              unit: 'holdfast-php-alice.service',
              cpu: 1.25,
              memory_bytes: GIB,
              started_at,
            },
            {
              pid: 1,
              command: 'systemd',
              user: 'root',
              account: null,
              unit: 'init.scope',
              cpu: null,
              memory_bytes: 2 ** 23,
              started_at,
            },
          ],
        })
      })
      await open(page, '/health?tab=processes')
      await expect(page.getByRole('row', { name: /php-fpm8\.4/ })).toContainText('125')
      await expect(page.getByRole('row', { name: /systemd/ })).toContainText('at the next look')
      await expect(page.getByText('2 of 212 processes')).toBeVisible()
      await expectAccessible(page)
      await page.getByText('By processor').click()
      await expect(page).toHaveURL(/sort=cpu/)
      await expect.poll(() => asked.at(-1)).toBe('cpu')
      await page.getByRole('link', { name: 'alice' }).click()
      await expect(page.getByRole('heading', { level: 1, name: 'alice' })).toBeVisible()
    })
  })
}

function unit(name: string, active: string, sub: string, restarts: number) {
  const since = new Date(Date.now() - 7_200_000).toISOString()
  return {
    unit: name,
    what: 'what',
    active,
    sub,
    result: null,
    since,
    memory_bytes: 2 ** 24,
    tasks: 3,
    cpu_seconds: 61,
    restarts,
  }
}

test('one time for the page, in the address, and Back goes to the one before', async ({ watched: page }) => {
  const asked = await figures(page)
  await open(page, '/health?tab=history')
  await expect(page.locator('.plot canvas')).toHaveCount(6)
  expect(hours(asked[0] as Asked)).toBeCloseTo(24)
  for (const [label, range, long] of [
    ['1 hour', '1h', 1],
    ['7 days', '7d', 168],
    ['90 days', '90d', 2160],
  ] as const) {
    await page.getByText(label, { exact: true }).click()
    await expect(page).toHaveURL(new RegExp(`range=${range}`))
    await expect.poll(() => hours(asked.at(-1) as Asked)).toBeCloseTo(long)
  }
  await page.reload()
  await expect(page.getByRole('radio', { name: '90 days' })).toBeChecked()
})

test('the crosshair is shared, by the pointer and by the arrows', async ({ watched: page }) => {
  await figures(page)
  await open(page, '/health?tab=history&range=1h')
  const cpu = page.getByRole('img', { name: /^Processor\./ })
  const shown = page.locator('.u-cursor-x:not(.u-off)')
  const values = page.locator('.legend strong')
  await expect(values).toHaveCount(0)
  await cpu.focus()
  await page.keyboard.press('Home')
  // six charts: one crosshair each, and every line has its value
  await expect.poll(() => values.count()).toBeGreaterThanOrEqual(9)
  await expect(shown).toHaveCount(6)
  const before = await values.allTextContents()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => values.allTextContents()).not.toEqual(before)
  await page.keyboard.press('Escape')
  await expect(values).toHaveCount(0)
  await cpu.hover({ position: { x: 250, y: 60 } })
  await expect.poll(() => values.count()).toBeGreaterThanOrEqual(9)
})

test('an entry of the timeline leads to how the server fared around it', async ({ watched: page }) => {
  const asked = await figures(page)
  await open(page, '/changes?tab=timeline')
  const entry = page.locator('.steps > li').first()
  const at = await entry.locator('time').getAttribute('datetime')
  await entry.locator('summary').first().click()
  await entry.getByRole('link', { name: 'Around this time' }).first().click()
  await expect(page).toHaveURL(/tab=history/)
  await expect(page.getByText(/^Around (?!this)/)).toBeVisible()
  await expect.poll(() => asked.length).toBeGreaterThan(0)
  const { from, to } = asked[0] as Asked
  expect(Date.parse(from)).toBeLessThanOrEqual(Date.parse(at ?? ''))
  expect(Date.parse(to)).toBeGreaterThanOrEqual(Date.parse(at ?? ''))
  expect(hours({ from, to, points: '' })).toBeCloseTo(1)
  await page.getByRole('button', { name: 'Back to now' }).click()
  await expect(page.getByText(/^Around (?!this)/)).toHaveCount(0)
})

test('T2 the timeline is exported as far as its filters leave it', async ({ watched: page }) => {
  await open(page, '/changes?tab=timeline&state=panel')
  const coming = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as CSV' }).click()
  const [head, ...lines] = readFileSync(await (await coming).path(), 'utf8')
    .replace('\uFEFF', '')
    .trimEnd()
    .split('\r\n')
  expect(head).toBe('Done,By,Who,Kind,Object,Steps,Steps taken,After it,Request')
  expect(lines.some((line) => /Z,panel,admin,site,www\.alice\.test,/.test(line))).toBe(true)
  expect(lines.filter((line) => !line.includes(',panel,'))).toEqual([])
})

test('nothing is known yet, and nothing is drawn as nothing', async ({ watched: page }) => {
  await page.route('**/api/v1/node/metrics?*', (route) => {
    const { from, to } = Object.fromEntries(new URL(route.request().url()).searchParams) as Asked
    const all = metrics(from, to)
    const empty = all.series.map((series) => ({
      ...series,
      average: all.times.map(() => null),
      peak: all.times.map(() => null),
    }))
    return json(route, { ...all, series: empty })
  })
  await open(page, '/health?tab=history')
  await expect(page.getByText('No figures yet').first()).toBeVisible()
  await expect(page.locator('.plot')).toHaveCount(0)
  await expectAccessible(page)
})

test.describe('a fault', () => {
  test.use({ quiet: [500] })
  test('figures that fail say so, and the other tabs work', async ({ watched: page }) => {
    let isBroken = true
    await page.route('**/api/v1/node/metrics?*', (route) => {
      const query = Object.fromEntries(new URL(route.request().url()).searchParams) as Asked
      if (!isBroken) return json(route, metrics(query.from, query.to))
      const problem = {
        type: '/problems/internal',
        title: 'Broken.',
        status: 500,
        code: 'internal',
        detail: 'Because.',
      }
      return route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) })
    })
    await page.goto('/health?tab=history')
    const alert = page.getByRole('alert')
    await expect(alert).toContainText('Because.')
    await expectAccessible(page)
    isBroken = false
    await alert.getByRole('button', { name: 'Try again' }).click()
    await expect(page.locator('.plot canvas')).toHaveCount(6)
    await page.getByRole('tab', { name: 'Overview' }).click()
    await expect(page.getByText('What the doctor found')).toBeVisible()
  })
})

test('right to left, the page is mirrored and charts are not', async ({ watched: page }) => {
  await page.addInitScript(() => localStorage.setItem('language', 'ar'))
  await figures(page)
  await open(page, '/health?tab=history')
  await expect(page.locator('.plot canvas')).toHaveCount(6)
  expect(
    await page
      .locator('.plot')
      .first()
      .evaluate((plot) => getComputedStyle(plot).direction),
  ).toBe('ltr')
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
  await expectNoSideways(page)
  await expectAccessible(page)
})

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  test('charts fit', async ({ watched: page }) => {
    await figures(page)
    await open(page, '/health?tab=history')
    await expect(page.locator('.plot canvas')).toHaveCount(6)
    await expectNoSideways(page)
    await expectTargets(page, 44)
    await page.screenshot({ path: 'shots/health-history.phone.png', fullPage: true })
  })
})
