// Figures of a running panel, as a browser has them: PANEL and ENTER as for the end-to-end tests. To be compared with themselves alone.
import { execFileSync } from 'node:child_process'
import { chromium, request } from 'playwright-core'

const TURNS = 5
const panel = process.env.PANEL
const [program, ...before] = (process.env.ENTER ?? '').split(' ')
if (!panel || !program) throw new Error('PANEL and ENTER say which panel')
const link = JSON.parse(execFileSync(program, [...before, 'holdfast', 'login-link', '--json'], { encoding: 'utf8' }))
const caller = await request.newContext({
  baseURL: panel,
  ignoreHTTPSErrors: true,
  extraHTTPHeaders: { Origin: panel },
})
await caller.post('/api/v1/session/link', { data: { token: link.token } })
const { cookies } = await caller.storageState()

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** One cold load of a page: first paint, usable, blocked time, layout shift. */
async function load(path, slower) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 } })
  await context.addCookies(cookies)
  const page = await context.newPage()
  await page.addInitScript(() => {
    window.found = { shift: 0, blocked: 0 }
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.found.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.found.blocked += Math.max(0, entry.duration - 50)
    }).observe({ type: 'longtask', buffered: true })
  })
  const client = await context.newCDPSession(page)
  await client.send('Emulation.setCPUThrottlingRate', { rate: slower })
  await page.goto(panel + path)
  await page.locator('h1').waitFor()
  const usable = await page.evaluate(() => performance.now())
  await page.waitForTimeout(1500)
  const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
  const { shift, blocked } = await page.evaluate(() => window.found)
  await context.close()
  return { painted, usable, blocked, shift }
}

for (const slower of [1, 4]) {
  for (const path of ['/', '/sites', '/accounts']) {
    const turns = []
    for (let turn = 0; turn < TURNS; turn += 1) turns.push(await load(path, slower))
    const of = (name) => median(turns.map((turn) => turn[name]))
    const ms = (name) => `${name} ${Math.round(of(name))} ms`.padEnd(18)
    console.log(
      `${path.padEnd(10)} CPU /${slower}  ${ms('painted')} ${ms('usable')} ${ms('blocked')} shift ${of('shift').toFixed(3)}`,
    )
  }
}

// from page to page within the panel, each page's code fetched for the first time
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 860 } })
await context.addCookies(cookies)
const page = await context.newPage()
await page.goto(panel)
await page.locator('h1').waitFor()
for (const name of ['Sites', 'Packages', 'Roles', 'Settings', 'Audit log']) {
  const began = Date.now()
  await page.getByRole('navigation', { name: 'Navigation' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  console.log(`to ${name}: ${Date.now() - began} ms`)
}
await browser.close()
await caller.dispose()
