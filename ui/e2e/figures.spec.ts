import type { BrowserContext, Page } from '@playwright/test'
import { figure } from './bar'
import { expect, fromDist, open, test } from './test'

/** So many cold loads; the one in the middle counts. */
const TURNS = 5
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** One load with nothing in the cache: first paint, usable, blocked, shifted. */
async function load(context: BrowserContext, path: string, slower: number) {
  const page = await context.newPage()
  if (process.env.UI_DIST) await fromDist(page, process.env.UI_DIST)
  await page.addInitScript(() => {
    const found = { shift: 0, blocked: 0 }
    Object.assign(window, { found })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
        if (!entry.hadRecentInput) found.shift += entry.value
      }
    }).observe({ type: 'layout-shift', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) found.blocked += Math.max(0, entry.duration - 50)
    }).observe({ type: 'longtask', buffered: true })
  })
  const client = await context.newCDPSession(page)
  await client.send('Network.setCacheDisabled', { cacheDisabled: true })
  await client.send('Emulation.setCPUThrottlingRate', { rate: slower })
  await page.goto(path)
  await page.locator('h1').waitFor()
  const usable = await page.evaluate(() => performance.now())
  await page.waitForTimeout(1500)
  const found = await page.evaluate(() => ({
    ...(window as unknown as { found: { shift: number; blocked: number } }).found,
    painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  }))
  await page.close()
  return { ...found, usable }
}

for (const [id, slower, limits] of [
  ['P3', 1, { painted: 800, usable: 1000, blocked: 150 }],
  ['P4', 4, { painted: 2000, usable: 2500, blocked: 1000 }],
] as const) {
  test(`${id} P5 cold loads, the processor ${slower === 1 ? 'as it is' : `${slower} times slower`}`, async ({
    context,
  }) => {
    test.setTimeout(180_000)
    await test.step(`${id} ${TURNS} loads of two pages`, async () => {
      for (const path of ['/', '/sites']) {
        const turns: Awaited<ReturnType<typeof load>>[] = []
        for (let turn = 0; turn < TURNS; turn += 1) turns.push(await load(context, path, slower))
        const of = (name: keyof (typeof turns)[number]) => median(turns.map((turn) => turn[name]))
        for (const name of ['painted', 'usable', 'blocked'] as const) {
          figure(id, `${path} ${name}`, Math.round(of(name)), 'ms', limits[name])
        }
        figure('P5', `${path} layout shift`, of('shift'), '', 0.05)
      }
    })
  })
}

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Navigation' }).getByRole('link')

test('P6 from page to page, the code of each fetched for the first time', async ({ watched: page }) => {
  await open(page, '/')
  // what comes after the page is there
  await page.waitForTimeout(2000)
  const names = await navigation(page).allTextContents()
  for (const name of names.filter((name) => name !== 'Home')) {
    const before = await page.locator('h1').first().textContent()
    const began = Date.now()
    await navigation(page).getByText(name, { exact: true }).click()
    await expect(page.locator('h1').first()).not.toHaveText(before ?? '')
    figure('P6', `to ${name}`, Date.now() - began, 'ms', 500)
  }
})

test('P9 200 navigations leave no more memory behind than they may', async ({ watched: page, context }) => {
  test.setTimeout(240_000)
  await open(page, '/')
  const client = await context.newCDPSession(page)
  const heap = async () => {
    for (let turn = 0; turn < 3; turn += 1) await client.send('HeapProfiler.collectGarbage')
    return (await client.send('Runtime.getHeapUsage')).usedSize
  }
  const links = navigation(page)
  const all = await links.count()
  const go = async (index: number) => {
    await links.nth(index % all).click()
    await expect(links.nth(index % all)).toHaveAttribute('aria-current', 'page')
    await page.locator('h1').waitFor()
  }
  // every page's code and data are there once: what grows from then on is left behind
  for (let index = 0; index < all; index += 1) await go(index)
  await page.waitForTimeout(1500)
  const before = await heap()
  for (let index = 0; index < 200; index += 1) await go(index)
  await page.waitForTimeout(1500)
  figure('P9', 'heap after 200 navigations', (await heap()) / before, 'x', 1.3)
})
