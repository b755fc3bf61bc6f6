import { PASSWORD } from './server'
import { expect, expectAccessible, open, test } from './test'

/** Answers that are no success, and the words that a person gets. */
const ANSWERS = [
  { status: 403, code: 'forbidden', title: 'That is not allowed.', says: /give you a role that allows it/ },
  { status: 404, code: 'not_found', title: 'There is no such thing.', says: /There is no such thing/ },
  { status: 409, code: 'conflict', title: 'The present state does not allow that.', says: /present state/ },
  { status: 429, code: 'too_many', title: 'Too many requests.', says: /Worth another try in 7 s/ },
  { status: 500, code: 'internal', title: 'Something went wrong in the panel.', says: /Request 0123-abc/ },
]

for (const { status, code, title, says } of ANSWERS) {
  test.describe(String(status), () => {
    test.use({ quiet: [status] })
    test(`${status} on a list says what, why and what now, and the rest of the page works`, async ({
      watched: page,
    }) => {
      let isBroken = true
      await page.route('**/api/v1/sites?*', (route) =>
        isBroken
          ? route.fulfill({
              status,
              headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '7' },
              body: JSON.stringify({
                type: `/problems/${code}`,
                title,
                status,
                code,
                detail: 'Because.',
                request_id: '0123-abc',
              }),
            })
          : route.continue(),
      )
      await page.route('**/api/v1/sites', (route) =>
        isBroken
          ? route.fulfill({
              status,
              headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '7' },
              body: JSON.stringify({
                type: `/problems/${code}`,
                title,
                status,
                code,
                detail: 'Because.',
                request_id: '0123-abc',
              }),
            })
          : route.continue(),
      )
      await page.goto('/sites')
      const alert = page.getByRole('alert')
      await expect(alert).toContainText(title)
      await expect(alert).toContainText('Because.')
      await expect(alert).toContainText(says)
      await expectAccessible(page)
      isBroken = false
      await alert.getByRole('button', { name: 'Try again' }).click()
      await expect(page.getByRole('row', { name: /www\.alice\.test/ })).toBeVisible()
    })
  })
}

test.describe('a gateway', () => {
  test.use({ quiet: [502] })
  test('an answer that is no problem document has words of its own', async ({ watched: page }) => {
    await page.route('**/api/v1/settings', (route) => route.fulfill({ status: 502, body: '<html>Bad gateway' }))
    await page.goto('/settings')
    await expect(page.getByRole('alert')).toContainText('The panel cannot be reached', { timeout: 20_000 })
    await expect(page.getByRole('alert')).not.toContainText('html')
  })
})

test.describe('no network', () => {
  test.use({ quiet: [0] })
  test('no answer at all has words of its own, and a bar says that nothing new is heard', async ({ watched: page }) => {
    await open(page, '/')
    await page.route('**/api/**', (route) => route.abort('connectionrefused'))
    await page.getByRole('link', { name: 'Packages' }).click()
    await expect(page.getByRole('alert')).toContainText('The panel does not answer', { timeout: 20_000 })
    await page.unroute('**/api/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('row', { name: /small/ })).toBeVisible()
  })
})

test('a list that is long in coming shows its frame, not an empty one', async ({ watched: page }) => {
  await page.route('**/api/v1/accounts*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await route.continue()
  })
  await page.goto('/accounts')
  await expect(page.locator('table[aria-busy=true]')).toBeVisible()
  await expect(page.getByText('No account yet')).toHaveCount(0)
  await expectAccessible(page)
  await expect(page.getByRole('row', { name: /alice/ })).toBeVisible()
})

test('a double click sends one request, and it has a key', async ({ watched: page }) => {
  const sent: (string | null)[] = []
  await page.route('**/api/v1/packages?*', async (route) => {
    const url = new URL(route.request().url())
    if (route.request().method() === 'POST' && url.searchParams.has('expect_plan')) {
      sent.push(await route.request().headerValue('Idempotency-Key'))
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    await route.continue()
  })
  await open(page, '/packages?open=new')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`p${Date.now().toString(36)}`)
  await page.getByRole('button', { name: 'Preview changes' }).click()
  await expect(page.getByText('Nothing changes on the server itself.')).toBeVisible()
  await page.getByRole('button', { name: 'Add package' }).last().dblclick()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatch(/^[\w-]{36}$/)
})

test.describe('a step-up', () => {
  test.use({ quiet: [401, 403, 409, 422] })
  test('what is dangerous asks for the password once more, and goes on', async ({ watched: page }) => {
    let isAsked = true
    await page.route('**/api/v1/accounts/*?dry_run=true', (route) => {
      if (!isAsked || route.request().method() !== 'DELETE') return route.continue()
      isAsked = false
      const detail = 'This needs your password once more.'
      const problem = {
        type: '/problems/step_up_required',
        title: 'No.',
        status: 403,
        code: 'step_up_required',
        detail,
      }
      const headers = { 'Content-Type': 'application/problem+json' }
      return route.fulfill({ status: 403, headers, body: JSON.stringify(problem) })
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

test('a change is not ready before the server was seen to be so', async ({ watched: page }) => {
  // what the panel says while it is at work
  await page.route('**/api/v1/sites/www.alice.test', async (route) => {
    const answer = await route.fetch()
    const site = await answer.json()
    await route.fulfill({ response: answer, json: { ...site, generation: site.generation + 1 } })
  })
  await open(page, '/sites/www.alice.test')
  await expect(page.locator('.page-head .badge').first()).toHaveText('Converging')
  await expect(page.getByRole('status')).toContainText('being brought to what was asked for')
})

test('an object that failed says why, in the words of the server, and when it is tried again', async ({
  watched: page,
}) => {
  await page.route('**/api/v1/sites/www.alice.test', async (route) => {
    const answer = await route.fetch()
    const site = await answer.json()
    const next_attempt_at = new Date(Date.now() + 60_000).toISOString()
    const failed = {
      condition: 'failed',
      reason: 'config_refused',
      message: 'nginx: unknown directive',
      attempts: 3,
      next_attempt_at,
    }
    await route.fulfill({ response: answer, json: { ...site, ...failed } })
  })
  await open(page, '/sites/www.alice.test')
  const note = page.getByRole('status')
  await expect(note).toContainText('nginx: unknown directive')
  await expect(note).toContainText('The configuration was refused.')
  await expect(note).toContainText('3 attempts')
  await expectAccessible(page)
})
