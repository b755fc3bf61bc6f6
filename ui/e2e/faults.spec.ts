import type { Page } from '@playwright/test'
import { problem } from './api'
import { figure } from './bar'
import { PASSWORD } from './server'
import { expect, expectAccessible, open, test } from './test'

/** Answers that are no success, and the words that a person gets beside the panel's own. */
const ANSWERS = [
  { status: 403, code: 'forbidden', says: /give you a role that allows it/ },
  { status: 404, code: 'not_found', says: /Title of not_found/ },
  { status: 409, code: 'conflict', says: /Title of conflict/ },
  { status: 429, code: 'too_many', says: /Worth another try in 7 s/ },
  { status: 500, code: 'internal', says: /Request 0123-abc/ },
  { status: 503, code: 'unavailable', says: /Title of unavailable/ },
]

const SITES = /\/api\/v1\/sites(\?|$)/

/** The list of sites is answered so, until it is let go. */
async function spoil(page: Page, answer: object) {
  const spoiled = { is: true }
  await page.route(SITES, (route) => (spoiled.is ? route.fulfill(answer) : route.fallback()))
  return () => {
    spoiled.is = false
  }
}

for (const { status, code, says } of ANSWERS) {
  test.describe(String(status), () => {
    test.use({ quiet: [status] })
    test(`S2 ${status} on a list says what, why and what now, and the rest of the page works`, async ({
      watched: page,
    }) => {
      const refusal = problem(status, code)
      const letGo = await spoil(page, { ...refusal, headers: { 'Retry-After': '7' } })
      await page.goto('/sites')
      const alert = page.getByRole('alert').filter({ visible: true })
      await expect(alert).toContainText(`Title of ${code}.`, { timeout: 20_000 })
      await expect(alert).toContainText(`Detail of ${code}.`)
      await expect(alert).toContainText(says)
      await expectAccessible(page)
      letGo()
      await alert.getByRole('button', { name: 'Try again' }).click()
      await expect(page.getByRole('row', { name: /www\.alice\.test/ })).toBeVisible()
    })
  })
}

/** Answers without a problem document, as from what stands between: each has words of the panel's page. */
const BARE = [
  { status: 403, says: 'Your role does not allow this' },
  { status: 404, says: 'There is no such thing, or it is not yours' },
  { status: 409, says: 'The present state does not allow that' },
  { status: 429, says: 'Too many requests' },
  { status: 500, says: 'Something went wrong in the panel' },
  { status: 502, says: 'The panel cannot be reached' },
  { status: 503, says: 'The server cannot do that just now' },
]

test.describe('something in between', () => {
  test.use({ quiet: BARE.map(({ status }) => status) })
  test('S2 every status that is no problem document has words of its own', async ({ watched: page }) => {
    test.setTimeout(150_000)
    let now = 500
    await page.route('**/api/v1/settings', (route) => route.fulfill({ status: now, body: '<html>Bad gateway' }))
    const heard = new Set<string>()
    for (const { status, says } of BARE) {
      now = status
      await page.goto('/settings')
      const alert = page.getByRole('alert').filter({ visible: true })
      await expect(alert).toContainText(says, { timeout: 20_000 })
      await expect(alert).not.toContainText('html')
      heard.add((await alert.textContent()) ?? '')
    }
    expect(heard.size).toBe(BARE.length)
    figure('S2', 'kinds of refusal without words of their own', BARE.length - heard.size, '', 0)
  })
})

test.describe('no network', () => {
  test.use({ quiet: [0] })
  test('S2 no answer at all has words of its own, and can be tried again', async ({ watched: page }) => {
    await open(page, '/')
    let isAway = true
    await page.route('**/api/**', (route) => (isAway ? route.abort('connectionrefused') : route.fallback()))
    await page.getByRole('link', { name: 'Packages' }).click()
    const alert = page.getByRole('alert').filter({ visible: true })
    await expect(alert).toContainText('The panel does not answer', { timeout: 20_000 })
    isAway = false
    await alert.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('row', { name: /small/ })).toBeVisible()
  })
})

test.describe('no news', () => {
  test.use({ quiet: [0] })
  test('S2 a bar says that nothing new is heard, and goes when it is', async ({ watched: page }) => {
    let isAway = true
    await page.route(
      (url) => url.pathname === '/api/v1/events',
      (route) => {
        const isStream = route.request().headers().accept === 'text/event-stream'
        return isStream && isAway ? route.abort('connectionrefused') : route.fallback()
      },
    )
    await page.goto('/packages')
    await expect(page.getByText('Live updates are paused. Reconnecting.')).toBeVisible({ timeout: 30_000 })
    await expect(page.getByRole('row', { name: /small/ })).toBeVisible()
    isAway = false
    await expect(page.getByText('Live updates are paused. Reconnecting.')).toHaveCount(0, { timeout: 40_000 })
  })
})

test('S2 what is long in coming shows its frame, not an empty list, and says that it is waited for', async ({
  watched: page,
}) => {
  let letGo = () => {}
  const held = new Promise<void>((done) => {
    letGo = done
  })
  await page.route(/\/api\/v1\/accounts(\?|$)/, async (route) => {
    await held
    await route.fallback()
  })
  await page.goto('/accounts')
  await expect(page.locator('table[aria-busy=true]')).toBeVisible()
  await expect(page.getByText('No account yet')).toHaveCount(0)
  await expect(page.getByText('The answer takes longer than usual.')).toBeVisible()
  await expectAccessible(page)
  letGo()
  await expect(page.getByRole('row', { name: /alice/ })).toBeVisible()
  await expect(page.getByText('The answer takes longer than usual.')).toHaveCount(0)
})

test.describe('a session that ended', () => {
  test.use({ quiet: [401] })
  test('S2 401 asks for the password above the page, and the page goes on', async ({ watched: page, request }) => {
    const session = await (await request.get('/api/v1/me')).json()
    await open(page, '/')
    let isOver = true
    await page.route('**/api/v1/packages*', (route) =>
      isOver ? route.fulfill(problem(401, 'unauthenticated')) : route.fallback(),
    )
    await page.route('**/api/v1/session', (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      isOver = false
      return route.fulfill({ json: session })
    })
    await page.getByRole('link', { name: 'Packages' }).click()
    const dialog = page.getByRole('dialog', { name: 'Your session is over' })
    await expect(dialog.getByLabel('Password', { exact: true })).toBeFocused()
    await expectAccessible(page)
    await dialog.getByLabel('Password', { exact: true }).fill('any')
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('row', { name: /small/ })).toBeVisible()
  })
})

test.describe('a step-up', () => {
  test.use({ quiet: [401, 403, 409, 422] })
  test('S2 what is dangerous asks for the password once more, and goes on', async ({ watched: page }) => {
    let isAsked = true
    await page.route('**/api/v1/accounts/*?dry_run=true', (route) => {
      if (!isAsked || route.request().method() !== 'DELETE') return route.fallback()
      isAsked = false
      return route.fulfill(problem(403, 'step_up_required'))
    })
    await open(page, '/accounts/alice')
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: 'Show once more that it is you' })
    await expectAccessible(page)
    await dialog.getByLabel('Password', { exact: true }).fill(`${PASSWORD}x`)
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await expect(dialog.getByRole('alert')).toBeVisible()
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await expect(dialog).toHaveCount(0)
    // the account has sites: the panel says so itself, to the request that was sent again
    await expect(page.getByRole('dialog', { name: 'Delete the account alice' }).getByRole('alert')).toBeVisible()
  })
})

type Site = { generation: number; observed_generation: number; condition: string; suspended: boolean }

/** A server of our own behind one site: a change is taken with 202, and what comes of it is decided by the test. */
async function standIn(page: Page) {
  let change: ((site: Site) => Site) | undefined
  let taken = 0
  await page.route('**/api/v1/sites/www.alice.test*', async (route) => {
    const real = await route.fetch()
    const site = (await real.json()) as Site
    await route.fulfill({ response: real, json: change ? change(site) : site })
  })
  await page.route('**/api/v1/sites/*/suspend*', async (route) => {
    if (new URL(route.request().url()).searchParams.has('dry_run')) return route.fallback()
    become((site) => ({ ...site, suspended: true, generation: site.generation + 1, condition: 'ready' }))
    const real = await page.request.get('/api/v1/sites/www.alice.test')
    taken = Date.now()
    await route.fulfill({ status: 202, json: change?.((await real.json()) as Site) })
  })
  const become = (next: (site: Site) => Site) => {
    change = next
  }
  return { become, taken: () => taken }
}

/** Every word that the page's badge has shown, and when. */
const watchBadge = (page: Page) =>
  page.evaluate(() => {
    const seen: { at: number; text: string }[] = []
    const look = () => {
      const text = document.querySelector('.page-head .badge')?.textContent ?? ''
      if (text && seen.at(-1)?.text !== text) seen.push({ at: Date.now(), text })
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { seen })
  })
const badges = (page: Page) => page.evaluate(() => (window as unknown as { seen: { at: number; text: string }[] }).seen)

test('S3 a change converges within 0.2 s of its 202, is not ready before it was observed, and a failure says so', async ({
  watched: page,
}) => {
  const server = await standIn(page)
  await open(page, '/sites/www.alice.test')
  const badge = page.locator('.page-head .badge').first()
  await expect(badge).toHaveText('Ready')
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Suspend' }).click()
  await watchBadge(page)
  await page.getByRole('button', { name: 'Suspend site' }).click()
  await expect(badge).toHaveText('Converging')
  await expect(page.getByRole('status').filter({ hasText: 'being brought to what was asked for' })).toBeVisible()
  // longer than any polling: nothing was observed, so nothing is ready
  await page.waitForTimeout(3000)
  const seen = await badges(page)
  const first = seen.find(({ text }) => text === 'Converging')
  figure('S3', 'Converging after the 202', (first?.at ?? Number.POSITIVE_INFINITY) - server.taken(), 'ms', 200)
  expect(seen.map(({ text }) => text)).toEqual(['Ready', 'Converging'])

  const next_attempt_at = new Date(Date.now() + 60_000).toISOString()
  const failed = {
    condition: 'failed',
    reason: 'config_refused',
    message: 'nginx: unknown directive',
    attempts: 3,
    next_attempt_at,
  }
  server.become((site) => ({ ...site, ...failed, suspended: false, generation: site.generation + 1 }))
  await page.reload()
  await expect(badge).toHaveText('Failed')
  // the wish is not shown as a fact: it is not suspended
  await expect(page.locator('.page-head')).not.toContainText('Suspended')
  const note = page.getByRole('status').filter({ hasText: 'nginx: unknown directive' })
  await expect(note).toBeVisible()
  await expect(note).toContainText('The configuration was refused.')
  await expect(note).toContainText('3 attempts')
  await expectAccessible(page)
})
