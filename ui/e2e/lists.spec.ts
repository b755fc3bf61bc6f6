import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Download, Page, Route } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, expectTargets, open, test } from './test'

/** The whole keyboard and the mouse over a list that no test server has: the API is answered here, page by page. */
const HUGE = 100_000

const pad = (index: number) => String(index).padStart(6, '0')

function account(index: number) {
  const isUnwell = index % 100 === 0
  return {
    id: `00000000-0000-4000-8000-000000${pad(index)}`,
    name: `a${pad(index)}`,
    organisation: index % 2 ? 'acme' : 'root',
    email: index % 1000 === 7 ? '=cmd|calc@example.test' : `a${index}@example.test`,
    package: index % 3 ? 'small' : null,
    uid: 20_000 + index,
    has_password: false,
    ssh_keys: [],
    limits: {},
    limits_note: null,
    suspended: index % 10 === 3,
    suspended_by: index % 10 === 3 ? ['account'] : [],
    suspended_reason: null,
    condition: isUnwell ? 'failed' : 'ready',
    reason: isUnwell ? 'step_failed' : null,
    message: null,
    attempts: isUnwell ? 2 : 0,
    next_attempt_at: null,
    generation: 1,
    observed_generation: 1,
    since: '2026-01-01T00:00:00Z',
    created_at: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
    updated_at: '2026-01-01T00:00:00Z',
  }
}

type Account = ReturnType<typeof account>

function narrowed(all: Account[], p: URLSearchParams): Account[] {
  const sort = p.get('sort') ?? 'name'
  const keys: Record<string, 'name' | 'created_at' | 'organisation'> = {
    name: 'name',
    created: 'created_at',
    organisation: 'organisation',
  }
  const key = keys[sort.replace('-', '')]
  const way = sort.startsWith('-') ? -1 : 1
  const fit = all.filter(
    (item) =>
      item.name.includes(p.get('q') ?? '') &&
      (p.get('condition') !== 'unwell' || item.condition === 'failed') &&
      (!p.get('suspended') || String(item.suspended) === p.get('suspended')) &&
      (!p.get('organisation') || item.organisation === p.get('organisation')) &&
      (!p.get('package') || item.package === p.get('package')),
  )
  return key ? fit.sort((one, other) => (one[key] < other[key] ? -way : way)) : fit
}

/** Accounts that are answered by the rules of the API: sorted, narrowed, counted, by cursor. Each request is noted. */
async function listOf(page: Page, count: number) {
  const all = Array.from({ length: count }, (_, index) => account(index))
  const asked: URLSearchParams[] = []
  const kept = new Map<string, Account[]>()
  const answer = async (route: Route) => {
    const p = new URL(route.request().url()).searchParams
    if (route.request().method() !== 'GET') return route.fallback()
    asked.push(p)
    const which = ['q', 'condition', 'suspended', 'organisation', 'package', 'sort']
      .map((name) => p.get(name))
      .join('|')
    if (!kept.has(which)) kept.set(which, narrowed(all, p))
    const fit = kept.get(which) ?? []
    const from = Number(p.get('cursor') ?? 0)
    const limit = Number(p.get('limit') ?? 50)
    const next_cursor = from + limit < fit.length ? String(from + limit) : null
    const total = p.get('total') === 'true' ? fit.length : undefined
    return route.fulfill({ json: { items: fit.slice(from, from + limit), next_cursor, total } })
  }
  await page.route((url) => url.pathname === '/api/v1/accounts', answer)
  return { all, asked }
}

const footer = (page: Page) =>
  page
    .locator('main')
    .getByRole('status')
    .filter({ hasText: /of|in all/ })
    .last()
const names = (page: Page) => page.locator('tr.row td:nth-child(2)').allTextContents()
const check = (page: Page, name: string) => page.getByRole('checkbox', { name: `Choose ${name}` })
const bar = (page: Page) => page.getByRole('region', { name: 'What is chosen' })

async function textOf(download: Download) {
  return readFileSync(await download.path(), 'utf8')
}

test.describe('100,000 accounts', () => {
  test('T1 U1 the total, pages there and back, the order and every filter are in the address, and a reload shows the same', async ({
    watched: page,
  }) => {
    await listOf(page, HUGE)
    await open(page, '/accounts')
    await expect(footer(page)).toHaveText('1 to 50 of 100,000')
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect(footer(page)).toHaveText('51 to 100 of 100,000')
    expect((await names(page))[0]).toBe('a000050')
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect(footer(page)).toHaveText('101 to 150 of 100,000')
    await expect(page).toHaveURL(/cursor=100&page=3|page=3.*cursor=100/)
    await page.reload()
    await expect(footer(page)).toHaveText('101 to 150 of 100,000')
    await page.getByRole('button', { name: 'Page before' }).click()
    await expect(footer(page)).toHaveText('51 to 100 of 100,000')
    await page.goBack()
    await expect(footer(page)).toHaveText('101 to 150 of 100,000')
    await page.getByRole('button', { name: 'First page' }).click()
    await expect(footer(page)).toHaveText('1 to 50 of 100,000')

    const head = page.getByRole('columnheader', { name: 'Name' })
    await expect(head).toHaveAttribute('aria-sort', 'ascending')
    await head.getByRole('button').click()
    await expect(head).toHaveAttribute('aria-sort', 'descending')
    await expect(page).toHaveURL(/sort=-name/)
    await expect(page.getByRole('row', { name: /a099999/ })).toBeVisible()
    await page.getByRole('columnheader', { name: 'Created' }).getByRole('button').click()
    await expect(head).toHaveAttribute('aria-sort', 'none')
    await expect(page.getByRole('columnheader', { name: 'Created' })).toHaveAttribute('aria-sort', 'ascending')
    await page.goBack()
    await expect(head).toHaveAttribute('aria-sort', 'descending')

    await page.getByRole('combobox', { name: 'Status' }).selectOption('unwell')
    await expect(footer(page)).toHaveText('1 to 50 of 1,000')
    await page.getByRole('combobox', { name: 'Suspended or not' }).selectOption('true')
    await expect(page.getByText('Nothing fits these filters')).toBeVisible()
    await page.getByRole('button', { name: 'Show all' }).first().click()
    await expect(footer(page)).toHaveText('1 to 50 of 100,000')
    await page.goBack()
    await page.goBack()
    await expect(footer(page)).toHaveText('1 to 50 of 1,000')
    await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('unwell')
    await page.reload()
    await expect(footer(page)).toHaveText('1 to 50 of 1,000')
    await expect(head).toHaveAttribute('aria-sort', 'descending')
    expect((await names(page))[0]).toBe('a099900')
    await expectAccessible(page)
  })

  test('the last page is counted to its end', async ({ watched: page }) => {
    await listOf(page, HUGE)
    await open(page, '/accounts?cursor=99950&page=2000')
    await expect(footer(page)).toHaveText('99,951 to 100,000 of 100,000')
    await expect(page.getByRole('button', { name: 'Next page' })).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'First page' })).toBeVisible()
  })

  test('T1 rows are chosen one by one, by range, by page, and all that fit; another filter lets them go', async ({
    watched: page,
  }) => {
    test.slow()
    const { asked } = await listOf(page, HUGE)
    await open(page, '/accounts')
    await check(page, 'a000002').click()
    await check(page, 'a000005').click({ modifiers: ['Shift'] })
    await expect(bar(page)).toContainText('4 chosen')
    await expect(page.locator('tr[data-chosen]')).toHaveCount(4)
    await page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
    await expect(bar(page)).toContainText('50 chosen')
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect(footer(page)).toHaveText('51 to 100 of 100,000')
    await check(page, 'a000050').click()
    await expect(bar(page)).toContainText('51 chosen')
    await expectAccessible(page)
    const before = asked.length
    await page.getByRole('button', { name: 'Choose all 100,000 that fit' }).click()
    await expect(bar(page)).toContainText('100,000 chosen', { timeout: 120_000 })
    const walked = asked.slice(before).filter((p) => p.get('limit') === '200')
    expect(walked).toHaveLength(500)
    expect(walked[499]?.get('cursor')).toBe('99800')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('unwell')
    await expect(bar(page)).toHaveCount(0)
  })

  test('choosing all that fit can be given up', async ({ watched: page }) => {
    const { asked } = await listOf(page, HUGE)
    await open(page, '/accounts')
    await check(page, 'a000002').click()
    await page.getByRole('button', { name: 'Choose all 100,000 that fit' }).click()
    await expect(page.getByRole('progressbar', { name: 'Reading the list' })).toBeVisible()
    await bar(page).getByRole('button', { name: 'Cancel' }).click()
    await expect(bar(page)).toContainText('1 chosen')
    const after = asked.length
    await page.waitForTimeout(1000)
    expect(asked.length - after).toBeLessThanOrEqual(1)
  })

  test('T2 an export has the filter, the order and the columns of the list, byte by byte', async ({
    watched: page,
  }) => {
    const { all, asked } = await listOf(page, HUGE)
    await open(page, '/accounts?condition=unwell&sort=-name')
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as CSV' }).click()
    const download = await coming
    await expect(page.getByText('1,000 rows are in the file.')).toBeVisible()
    await expectAccessible(page)
    expect(download.suggestedFilename()).toMatch(/^accounts-\d{4}-\d{2}-\d{2}\.csv$/)
    const lines = all
      .filter((item) => item.condition === 'failed')
      .reverse()
      .map((item) =>
        [
          item.name,
          item.suspended ? 'Failed, Suspended' : 'Failed',
          item.package ?? '',
          item.organisation,
          item.email,
          item.created_at,
        ].map((cell) => (cell.includes(',') ? `"${cell}"` : cell)),
      )
    const whole = ['Name,Status,Package,Organisation,E-mail,Created', ...lines.map((line) => line.join(','))]
    expect(await textOf(download)).toBe(`\uFEFF${whole.join('\r\n')}\r\n`)
    const walked = asked.filter((p) => p.get('limit') === '200')
    expect(walked).toHaveLength(5)
    for (const p of walked) expect([p.get('condition'), p.get('sort')]).toEqual(['unwell', '-name'])
  })

  test('T2 a cell that a spreadsheet would take for a formula is none in the file, and an export can be given up', async ({
    watched: page,
  }) => {
    const { asked } = await listOf(page, HUGE)
    await open(page, '/accounts?q=a000007')
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as CSV' }).click()
    expect(await textOf(await coming)).toContain(",'=cmd|calc@example.test,")
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('button', { name: 'Export as CSV' }).click()
    await expect(page.getByRole('dialog').getByRole('status')).toContainText('of 100,000 rows read')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    const after = asked.length
    await page.waitForTimeout(1000)
    expect(asked.length - after).toBeLessThanOrEqual(1)
  })
})

test.describe('many at once', () => {
  test.use({ quiet: [409, 412, 429] })

  const plan = (name: string, hash: string, impact = 'reload') => ({
    plan: {
      hash,
      impact,
      objects: [
        {
          kind: 'account',
          id: name,
          name,
          generation: 2,
          steps: [
            { code: 'user.change', summary: `lock user ${name}`, impact: 'none' },
            { code: 'nginx.switch', summary: 'reload nginx', impact },
          ],
        },
      ],
    },
  })

  const problem = (status: number, code: string, more: object = {}) => ({
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '1' },
    body: JSON.stringify({ type: '', title: 'Not now.', status, code, detail: `Because of ${code}.`, ...more }),
  })

  test('each is rehearsed, the sum is shown, four are applied at a time, and what fails stays with its reason', async ({
    watched: page,
  }) => {
    const { all } = await listOf(page, 12)
    const byId = new Map(all.map((item) => [item.id, item]))
    let now = 0
    let most = 0
    let isMuch = true
    let isBroken = true
    const sent: string[] = []
    await page.route(/\/api\/v1\/accounts\/[^/]+\/suspend/, async (route) => {
      const url = new URL(route.request().url())
      const item = byId.get(url.pathname.split('/')[4] ?? '')
      if (!item) return route.abort()
      now += 1
      most = Math.max(most, now)
      await new Promise((resolve) => setTimeout(resolve, 60))
      now -= 1
      expect(await route.request().headerValue('If-Match')).toBe('"g1"')
      if (url.searchParams.has('dry_run')) {
        // the panel has had enough once
        if (item.name === 'a000004' && isMuch) {
          isMuch = false
          return route.fulfill(problem(429, 'too_many'))
        }
        if (item.name === 'a000003') return route.fulfill(problem(409, 'already_suspended'))
        return route.fulfill({ json: plan(item.name, `hash of ${item.name}`) })
      }
      const expected = url.searchParams.get('expect_plan')
      sent.push(`${item.name} ${expected}`)
      // another object of the same list wrote to the file that both write: the steps are the same
      if (item.name === 'a000005' && expected === 'hash of a000005') {
        return route.fulfill(problem(409, 'plan_changed', plan(item.name, 'newer hash')))
      }
      if (item.name === 'a000006' && expected === 'hash of a000006') {
        return route.fulfill(problem(409, 'plan_changed', plan(item.name, 'harder hash', 'restart')))
      }
      if (item.name === 'a000007' && isBroken) return route.fulfill(problem(409, 'busy'))
      return route.fulfill({ status: 202, json: item })
    })
    await open(page, '/accounts')
    await page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
    await bar(page).getByRole('button', { name: 'Suspend' }).click()
    const dialog = page.getByRole('dialog', { name: 'Suspend the chosen accounts' })
    const total = dialog.getByRole('region', { name: 'What would change' }).first()
    await expect(total).toContainText('11 objects would be changed:')
    await expect(total).toContainText('22 steps on the server')
    await expect(total).toContainText('11 of them: reload, no downtime')
    await expect(total).toContainText('1 cannot be changed, and is left out')
    await expect(dialog).toContainText('Because of already_suspended.')
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await expectAccessible(page)
    await page.screenshot({ path: 'shots/bulk.light.png' })
    await dialog.getByRole('button', { name: 'Suspend: 11' }).click()
    await expect(dialog).toContainText('9 of 12 asked for.')
    expect(most).toBeLessThanOrEqual(4)
    expect(most).toBeGreaterThan(1)
    expect(sent).toContain('a000000 hash of a000000')
    expect(sent).toContain('a000005 newer hash')
    // harder steps than were agreed to are shown, and not taken
    expect(sent).not.toContain('a000006 harder hash')
    const left = dialog.getByRole('region', { name: 'What did not work' })
    await expect(left.getByRole('alert')).toBeVisible()
    await expect(left).toContainText('Because of busy.')
    await expect(left).toContainText('The server has changed meanwhile. This is what would be done now.')
    await expect(left).toContainText('restart')
    await expectAccessible(page)
    isBroken = false
    const line = (name: string) => left.locator('li[data-state]', { hasText: name })
    await line('a000007').getByRole('button', { name: 'Try again' }).click()
    await expect(dialog).toContainText('10 of 12 asked for.')
    await line('a000006').getByRole('button', { name: 'Do that now' }).click()
    await expect(dialog).toContainText('11 of 12 asked for.')
    expect(sent).toContain('a000006 harder hash')
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    // what was not changed is still chosen
    await expect(bar(page)).toContainText('1 chosen')
    await expect(check(page, 'a000003')).toBeChecked()
  })
})

test.describe('on a real panel', () => {
  const run = `l${Date.now().toString(36).slice(-6)}`
  const made = ['one', 'two', 'three'].map((name) => `${run}${name}`)

  test.beforeAll(async ({ playwright, baseURL }) => {
    const context = await playwright.request.newContext({
      baseURL,
      ignoreHTTPSErrors: true,
      storageState: 'test-results/.session.json',
      extraHTTPHeaders: { Origin: new URL(baseURL ?? '').origin, Prefer: 'wait=30' },
    })
    for (const name of made) {
      const account = await context.post('/api/v1/accounts', { data: { name, email: `${name}@example.test` } })
      expect(account.ok(), await account.text()).toBe(true)
      const site = await context.post('/api/v1/sites', { data: { account: name, name: `www.${name}.test` } })
      expect(site.ok(), await site.text()).toBe(true)
    }
    await context.dispose()
  })

  test('accounts are suspended, sold and let go on together, and the server is brought to it', async ({
    watched: page,
  }) => {
    test.slow()
    await open(page, `/accounts?q=${run}`)
    await expect(footer(page)).toHaveText('3 in all')
    const act = async (button: string, dialog: string) => {
      await bar(page).getByRole('button', { name: button }).click()
      const shown = page.getByRole('dialog', { name: dialog })
      return shown
    }
    const finish = async (dialog: ReturnType<Page['getByRole']>) => {
      await expect(dialog).toContainText('3 of 3 asked for.')
      await dialog.getByRole('button', { name: 'Close' }).last().click()
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
    const choose = () => page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
    await choose()
    const suspend = await act('Suspend', 'Suspend the chosen accounts')
    await suspend.getByLabel('Reason').fill('a test of many')
    await expect(suspend.getByRole('region', { name: 'What would change' }).first()).toContainText(
      '3 objects would be changed:',
    )
    await suspend.getByRole('button', { name: 'Suspend: 3' }).click()
    await finish(suspend)
    for (const name of made) await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('Suspended')
    await choose()
    const sell = await act('Change package', 'Change the package of the chosen accounts')
    await sell.getByRole('combobox', { name: 'Package' }).click()
    await page.getByRole('option', { name: 'small' }).click()
    await sell.getByRole('button', { name: 'Preview changes' }).click()
    await sell.getByRole('button', { name: 'Change package: 3' }).click()
    await finish(sell)
    await choose()
    const on = await act('Let it go on', 'Let the chosen accounts go on')
    await on.getByRole('button', { name: 'Let it go on: 3' }).click()
    await finish(on)
    for (const name of made) {
      const row = page.getByRole('row', { name: new RegExp(name) })
      await expect(row).toContainText('small')
      await expect(row).toContainText('Ready')
    }
  })

  test('sites are suspended and let go on together', async ({ watched: page }) => {
    test.slow()
    await open(page, `/sites?q=${run}`)
    for (const [button, dialog, state] of [
      ['Suspend', 'Suspend the chosen sites', 'Suspended'],
      ['Let it go on', 'Let the chosen sites go on', 'Ready'],
    ] as const) {
      await page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
      await bar(page).getByRole('button', { name: button }).click()
      const shown = page.getByRole('dialog', { name: dialog })
      await shown.getByRole('button', { name: `${button}: 3` }).click()
      await expect(shown).toContainText('3 of 3 asked for.')
      await shown.getByRole('button', { name: 'Close' }).last().click()
      for (const name of made) await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText(state)
    }
  })

  test("sorting, filters and the total are the panel's own", async ({ watched: page }) => {
    await open(page, `/accounts?q=${run}`)
    const first = page.locator('tr.row').first()
    await expect(first).toContainText(`${run}one`)
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    await expect(first).toContainText(`${run}two`)
    await page.getByRole('columnheader', { name: 'Created' }).getByRole('button').click()
    await expect(first).toContainText(`${run}one`)
    await page.getByRole('combobox', { name: 'Status' }).selectOption('ready')
    await expect(footer(page)).toHaveText('3 in all')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('unwell')
    await expect(page.getByText(`Nothing fits "${run}"`)).toBeVisible()
    await page.goBack()
    await expect(footer(page)).toHaveText('3 in all')
    await page.goBack()
    await expect(page).toHaveURL(/sort=created/)
    await expect(page.getByRole('combobox', { name: 'Status' })).toHaveValue('')
  })
})

test('a filter that is typed is one step back, and none of its letters', async ({ watched: page }) => {
  await open(page, '/sites')
  await page.keyboard.press('/')
  await page.keyboard.type('shop.ali', { delay: 120 })
  await expect(page).toHaveURL(/q=shop\.ali/)
  await expect(page.getByRole('row', { name: /www\.alice/ })).toHaveCount(0)
  await page.goBack()
  await expect(page).toHaveURL(/\/sites$/)
  await expect(page.getByRole('row', { name: /www\.alice/ })).toBeVisible()
  await expect(page.getByRole('searchbox')).toHaveValue('')
})

test('rows by keyboard: choose, range, edit, menu, delete; Escape closes one layer; the switch ends them', async ({
  watched: page,
}) => {
  await listOf(page, 12)
  await page.route(/\/api\/v1\/accounts\/a0/, (route) => {
    const name = new URL(route.request().url()).pathname.split('/')[4] ?? ''
    return route.request().method() === 'GET'
      ? route.fulfill({ json: account(Number(name.slice(1))) })
      : route.fallback()
  })
  await open(page, '/accounts')
  const link = (name: string) => page.getByRole('link', { name, exact: true })
  await link('a000000').focus()
  await page.keyboard.press('j')
  await expect(link('a000001')).toBeFocused()
  await page.keyboard.press('x')
  await expect(check(page, 'a000001')).toBeChecked()
  await page.keyboard.press('x')
  await expect(check(page, 'a000001')).not.toBeChecked()
  for (const _ of [1, 2, 3]) await page.keyboard.press('Shift+ArrowDown')
  await expect(link('a000004')).toBeFocused()
  await expect(bar(page)).toContainText('4 chosen')
  await page.keyboard.press('e')
  await expect(page.getByRole('dialog', { name: 'Edit a000004' })).toBeVisible()
  await expect(page).toHaveURL(/open=edit/)
  await page.reload()
  await expect(page.getByRole('dialog', { name: 'Edit a000004' })).toBeVisible()
  // the palette above the drawer: Escape closes the palette alone
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toHaveCount(2)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(1)
  await expect(page.getByRole('dialog', { name: 'Edit a000004' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await link('a000004').focus()
  await page.keyboard.press('.')
  await expect(page.getByRole('menuitem', { name: 'Package and limits' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await page.evaluate(() => localStorage.setItem('single-keys', 'off'))
  await link('a000004').focus()
  await page.keyboard.press('x')
  await page.keyboard.press('e')
  await expect(bar(page)).toHaveCount(0)
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.evaluate(() => localStorage.removeItem('single-keys'))
})

test("an object's page by keyboard: tabs, edit, menu, delete, and Ctrl+S sends the form", async ({ watched: page }) => {
  await open(page, '/sites/shop.alice.test')
  const tab = (name: string) => page.getByRole('tab', { name })
  await page.keyboard.press(']')
  await expect(tab('Runtime')).toHaveAttribute('aria-selected', 'true')
  await expect(page).toHaveURL(/tab=runtime/)
  await page.keyboard.press('[')
  await page.keyboard.press('[')
  await expect(tab('Activity')).toHaveAttribute('aria-selected', 'true')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('e')
  const dialog = page.getByRole('dialog', { name: 'Edit shop.alice.test' })
  await expect(dialog).toBeVisible()
  await expect(page).toHaveURL(/open=edit/)
  const size = dialog.getByRole('textbox', { name: 'Largest upload' })
  await size.fill('33M')
  await page.keyboard.press('Control+s')
  await expect(dialog.getByText(/steps? on the server/)).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('.')
  await expect(page.getByRole('menuitem', { name: 'Suspend' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await page.keyboard.press('Delete')
  await expect(page.getByRole('dialog', { name: 'Delete the site shop.alice.test' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Delete site' })).toBeDisabled()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('the scope narrows lists, stays from page to page, over a reload and in a new window', async ({
  watched: page,
  context,
}) => {
  await open(page, '/sites')
  await page.getByRole('button', { name: /What lists are about/ }).click()
  await page.getByRole('combobox', { name: 'What lists are about' }).fill('alice')
  await page.getByRole('option', { name: 'alice', exact: true }).click()
  await expect(page).toHaveURL(/scope=account\.alice/)
  for (const row of await page.locator('tr.row').allTextContents()) expect(row).toContain('alice')
  await page.getByRole('link', { name: 'Accounts' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible()
  await expect(page).toHaveURL(/scope=account\.alice/)
  await expect(page.locator('tr.row')).toHaveCount(1)
  await page.reload()
  await expect(page.locator('tr.row')).toHaveCount(1)
  const other = await context.newPage()
  await open(other, page.url())
  await expect(other.getByRole('button', { name: 'What lists are about: alice' })).toBeVisible()
  await expect(other.locator('tr.row')).toHaveCount(1)
  await other.close()
  await page.goto('/accounts?scope=organisation.acme')
  await expect(page.getByText('No account yet')).toBeVisible()
  await page.getByRole('button', { name: /What lists are about: acme/ }).click()
  await page.getByRole('option', { name: 'Whole server' }).click()
  await expect(page).toHaveURL(/\/accounts$/)
  await expect(page.getByRole('row', { name: /alice/ })).toBeVisible()
})

test('an object that failed is tried again, and what came of it is said', async ({ watched: page }) => {
  let state: object = {
    condition: 'failed',
    reason: 'config_refused',
    message: 'nginx: unknown directive',
    attempts: 3,
  }
  const sent: (string | null)[] = []
  await page.route(
    (url) => url.pathname === '/api/v1/sites/www.alice.test',
    async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...(await answer.json()), ...state } })
    },
  )
  await page.route(/\/api\/v1\/sites\/[^/]+\/retry/, async (route) => {
    const { searchParams } = new URL(route.request().url())
    if (searchParams.has('dry_run')) {
      const step = { code: 'nginx.switch', summary: 'test and reload nginx', impact: 'reload' }
      const objects = [{ kind: 'site', id: '1', name: 'www.alice.test', generation: 1, steps: [step] }]
      return route.fulfill({ json: { plan: { hash: 'abc', impact: 'reload', objects } } })
    }
    sent.push(searchParams.get('expect_plan'))
    if (sent.length === 1) state = { ...state, attempts: 4 }
    else state = { condition: 'ready', reason: null, message: null, attempts: 0 }
    return route.fulfill({ status: 202, json: {} })
  })
  await open(page, '/sites/www.alice.test')
  const note = page.locator('.note[role=status]')
  for (const says of [
    'It was tried again, and still is not as asked.',
    'It was tried again, and is as it was asked for.',
  ]) {
    await note.getByRole('button', { name: 'Try again' }).click()
    const dialog = page.getByRole('dialog', { name: 'Try the site www.alice.test again' })
    await expect(dialog).toContainText('test and reload nginx')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(note).toContainText(says)
  }
  await expect(note.getByRole('button', { name: 'Try again' })).toHaveCount(0)
  expect(sent).toEqual(['abc', 'abc'])
})

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  test('rows are two lines, and the full table is a press away', async ({ watched: page }) => {
    await listOf(page, 12)
    await open(page, '/accounts')
    const row = page.locator('tr.row').first()
    await expect(row).toContainText('a000000')
    await expect(row.getByText('Failed')).toBeVisible()
    await expect(row.getByText('a0@example.test')).toBeHidden()
    expect((await row.boundingBox())?.height).toBeLessThan(90)
    await expectNoSideways(page)
    await expectTargets(page, 44)
    await expectAccessible(page)
    await page.screenshot({ path: 'shots/list.phone.png' })
    await page.getByRole('combobox', { name: 'Order' }).selectOption('-name')
    await expect(row).toContainText('a000011')
    await page.getByRole('button', { name: 'Full table' }).click()
    await expect(row.getByText('a11@example.test')).toBeVisible()
    await expectNoSideways(page)
    await page.reload()
    await expect(row.getByText('a11@example.test')).toBeVisible()
  })
})

test('T3 a printed list has every column and nothing around it', async ({ watched: page }) => {
  await listOf(page, 12)
  await page.setViewportSize({ width: 500, height: 700 })
  await open(page, '/accounts')
  await page.emulateMedia({ media: 'print' })
  await expect(page.locator('header')).toBeHidden()
  await expect(page.getByRole('navigation')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Export as CSV' })).toBeHidden()
  await expect(page.getByRole('searchbox')).toBeHidden()
  for (const head of ['Name', 'Status', 'Package', 'Organisation', 'E-mail', 'Created']) {
    await expect(page.getByRole('columnheader', { name: head })).toBeVisible()
  }
  for (const index of [0, 11]) {
    await expect(page.getByText(account(index).email)).toBeVisible()
  }
  await expect(page.getByText('12 in all')).toBeVisible()
  // what is folded is open on paper
  await page.evaluate(() => {
    document
      .querySelector('main')
      ?.insertAdjacentHTML('beforeend', '<details><summary>s</summary><p>folded</p></details>')
  })
  await expect(page.getByText('folded')).toBeVisible()
  const paper = execFileSync('pdftotext', ['-layout', '-', '-'], {
    input: await page.pdf({ format: 'A4' }),
    encoding: 'utf8',
  })
  for (const index of Array.from({ length: 12 }).keys()) expect(paper).toContain(account(index).email)
  expect(paper).toContain('folded')
  for (const chrome of ['Export as CSV', 'Search or go to', 'Home']) expect(paper).not.toContain(chrome)
  await page.emulateMedia({ media: null })
  await expect(page.getByText('folded')).toBeHidden()
})
