import type { Page, Route } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, open, test } from './test'

const json = (route: Route, body: unknown) =>
  route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) })

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

/** Forty sites that fail are one notice; beside it, a disk and a webhook. */
const failed = {
  id: 'objects/object.failed',
  topic: 'objects',
  code: 'object.failed',
  severity: 'error',
  count: 43,
  first_at: ago(90),
  last_at: ago(2),
  read: false,
  objects: Array.from({ length: 20 }, (_, index) => ({ kind: 'site', id: `s${index}`, name: `s${index}.alice.test` })),
  more: 20,
}
const disk = {
  id: 'server/node.disk_high',
  topic: 'server',
  code: 'node.disk_high',
  severity: 'warning',
  count: 1,
  first_at: ago(30),
  last_at: ago(30),
  read: false,
  objects: [{ kind: 'node', id: 'n1', name: 'debian13' }],
  more: 0,
}
const webhook = {
  ...disk,
  id: 'webhooks/webhook.disabled',
  topic: 'webhooks',
  code: 'webhook.disabled',
  severity: 'error',
  read: true,
  objects: [{ kind: 'webhook', id: 'w1', name: 'pager' }],
}

/** Answers for the notices, and keeps what was read. */
async function notices(page: Page, items: (typeof failed)[]) {
  const state = { items, until: '77', sent: [] as unknown[], asked: 0 }
  const answer = () => ({
    unread: state.items.filter((item) => !item.read).length,
    until: state.until,
    items: state.items,
  })
  await page.route('**/api/v1/notices', (route) => {
    state.asked += 1
    return json(route, answer())
  })
  await page.route('**/api/v1/notices/read', (route) => {
    state.sent.push(route.request().postDataJSON())
    state.items = state.items.map((item) => ({ ...item, read: true }))
    return json(route, answer())
  })
  return state
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })
    test('forty of a kind are one notice, and all are marked as read', async ({ watched: page }) => {
      const state = await notices(page, [failed, disk, webhook])
      await open(page, '/sites')
      const bell = page.getByRole('button', { name: 'Notices, 2 unread' })
      await bell.click()
      await expect(page).toHaveURL(/open=notices/)
      const drawer = page.getByRole('dialog', { name: 'Notices' })
      await expect(drawer.locator('.notice')).toHaveCount(3)
      const first = drawer.locator('.notice').first()
      await expect(first).toContainText('Error')
      await expect(first).toContainText('40 objects do not serve as asked')
      await expect(first.getByRole('link')).toHaveCount(3)
      await first.getByText('37 more objects').click()
      await expect(first.getByRole('link')).toHaveCount(20)
      await expect(first).toContainText('And 20 more, which are not listed.')
      await expect(drawer.locator('.notice').nth(1)).toContainText('Warning')
      await expectAccessible(page)
      await page.screenshot({ path: `shots/notices.${colorScheme}.png` })
      await drawer.getByRole('button', { name: 'Mark all as read' }).click()
      await expect(drawer.getByText('All are read.')).toBeVisible()
      expect(state.sent).toEqual([{ until: '77' }])
      await expect(drawer.getByRole('button', { name: 'Mark all as read' })).toBeDisabled()
      await page.keyboard.press('Escape')
      await expect(drawer).toHaveCount(0)
      await expect(page.getByRole('button', { name: 'Notices, all read' })).toBeFocused()
      await expect(page).not.toHaveURL(/open=/)
    })

    test('nothing needs anybody, in plain words', async ({ watched: page }) => {
      await notices(page, [])
      await open(page, '/sites?open=notices')
      const drawer = page.getByRole('dialog', { name: 'Notices' })
      await expect(drawer.getByText('Nothing needs you')).toBeVisible()
      await expectAccessible(page)
      await drawer.getByRole('link', { name: 'Webhooks' }).click()
      await expect(page.getByRole('heading', { level: 1, name: 'Webhooks' })).toBeVisible()
      await expect(drawer).toHaveCount(0)
    })
  })
}

test('a new one is counted when an event tells of it, and said once', async ({ watched: page, request, baseURL }) => {
  const state = await notices(page, [disk])
  await open(page, '/sites')
  await expect(page.getByRole('button', { name: 'Notices, 1 unread' })).toBeVisible()
  // nothing is said of what was there before
  const said = page.locator('.bell [role=status]')
  await expect(said).toHaveText('')
  state.items = [failed, disk]
  const site = await (await request.get('/api/v1/sites/shop.alice.test')).json()
  const headers = { 'If-Match': '*', Origin: new URL(baseURL ?? '').origin }
  const data = { body_size: `${10 + (site.generation % 50)}M` }
  expect((await request.patch('/api/v1/sites/shop.alice.test', { data, headers })).ok()).toBe(true)
  await expect(page.getByRole('button', { name: 'Notices, 2 unread' })).toBeVisible()
  await expect(said).toHaveText('A new notice: 40 objects do not serve as asked')
})

test('Home shows the unread that are not there by themselves, and links to what they are about', async ({
  watched: page,
}) => {
  await notices(page, [failed, disk, webhook])
  await open(page, '/')
  const part = page.getByRole('region', { name: 'Notices' })
  await expect(part.locator('.notice')).toHaveCount(1)
  await expect(part.locator('.notice')).toContainText('The disk with the homes of 1 server is nearly full')
  await expectAccessible(page)
  await part.getByRole('link', { name: 'debian13' }).click()
  await expect(page).toHaveURL(/\/health/)
})

test.describe('a fault', () => {
  test.use({ quiet: [500] })
  test('notices that fail say so in the drawer, and the page goes on', async ({ watched: page }) => {
    await page.route('**/api/v1/notices', (route) => {
      const problem = {
        type: '/problems/internal',
        title: 'Broken.',
        status: 500,
        code: 'internal',
        detail: 'Because.',
      }
      return route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) })
    })
    await open(page, '/sites')
    await page.getByRole('button', { name: /^Notices/ }).click()
    await expect(page.getByRole('dialog', { name: 'Notices' }).getByRole('alert')).toContainText('Because.')
    await expectAccessible(page)
  })
})

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  test('the bell and its drawer fit', async ({ watched: page }) => {
    await notices(page, [failed, disk, webhook])
    await open(page, '/sites')
    await expectNoSideways(page)
    await page.getByRole('button', { name: 'Notices, 2 unread' }).click()
    await expect(page.getByRole('dialog', { name: 'Notices' }).locator('.notice')).toHaveCount(3)
    await expectNoSideways(page)
    await page.screenshot({ path: 'shots/notices.phone.png' })
  })
})
