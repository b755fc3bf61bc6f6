import type { Page } from '@playwright/test'
import { expect, expectAccessible, open, test } from './test'

test('S5 no key is lost after Ctrl K', async ({ watched: page }) => {
  await open(page, '/')
  for (const delay of [0, 20, 40]) {
    for (let turn = 0; turn < 10; turn += 1) {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('00042 shop', { delay })
      await expect(page.getByRole('combobox', { name: 'Search or go to' })).toHaveValue('00042 shop')
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
  }
})

test('an object is found by its name and a page by the word of another panel', async ({ watched: page }) => {
  await open(page, '/')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('shop.ali')
  await page.getByRole('option', { name: /shop\.alice\.test/ }).waitFor()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sites\/shop\.alice\.test$/)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('addon')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sites$/)
})

test('g and a letter go to a page, c makes something new, and back undoes it', async ({ watched: page }) => {
  await open(page, '/')
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible()
  await page.keyboard.press('c')
  await expect(page.getByRole('dialog', { name: 'Add account' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page).toHaveURL(/\/accounts$/)
})

const field = (page: Page) => page.getByRole('combobox', { name: 'Search or go to' })
const options = (page: Page) => page.getByRole('dialog', { name: 'Search or go to' }).getByRole('option')

test('S5 no key is lost before the palette itself is loaded', async ({ watched: page }) => {
  // its code is long in coming
  await page.route(/\/assets\/Palette-/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await route.fallback()
  })
  await page.goto('/')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('shop.alix')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('ce')
  await expect(field(page)).toHaveValue('shop.alice')
  await expect(field(page)).toBeFocused()
})

test('what is on this page comes first, then where to go, then what to do; objects come in one request', async ({
  watched: page,
}) => {
  const asked: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.pathname.startsWith('/api/') && request.method() === 'GET') asked.push(`${url.pathname}${url.search}`)
  })
  await open(page, '/sites/www.alice.test')
  await page.keyboard.press('Control+k')
  await expect(options(page).first()).toHaveText(/www\.alice\.test/)
  const groups = page.locator('.palette-group')
  await expect(groups).toHaveText(['Looked at last', 'On this page', 'Go to', 'Do'])
  asked.length = 0
  await page.keyboard.type('ali', { delay: 30 })
  await expect(page.getByRole('option', { name: /^alice account/ })).toBeVisible()
  await expect(page.getByRole('option', { name: /^shop\.alice\.test/ })).toBeVisible()
  expect(asked.filter((path) => path.startsWith('/api/v1/search'))).toEqual(['/api/v1/search?q=ali&limit=20'])
  expect(asked.filter((path) => /\/(sites|accounts|organisations|persons|packages)\?q=/.test(path))).toEqual([])
  await expectAccessible(page)
})

test('prefixes narrow, Backspace goes up, and what is destructive ends in its question', async ({ watched: page }) => {
  await open(page, '/sites/www.alice.test')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('>sus')
  await expect(options(page)).toHaveText([/^Suspend/])
  for (const _ of 'sus') await page.keyboard.press('Backspace')
  await expect(page.locator('.palette-field .badge')).toHaveText('Actions')
  await page.keyboard.press('Backspace')
  await expect(page.locator('.palette-field .badge')).toHaveCount(0)
  await expect(page.locator('.palette-group').first()).toHaveText('Looked at last')
  await page.keyboard.type('@admin')
  await expect(options(page)).toHaveText([/^admin/])
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/people\/admin$/)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('?tab')
  await expect(options(page).filter({ hasText: 'Next tab' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('suspend shop.ali')
  await page.getByRole('option', { name: /Suspend: shop\.alice\.test/ }).waitFor()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'Suspend the site shop.alice.test' })).toBeVisible()
  await expect(page).toHaveURL(/\/sites\/shop\.alice\.test\?open=suspend$/)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('Ctrl and Enter open in a new tab, and the palette stays', async ({ watched: page, context }) => {
  await open(page, '/?scope=organisation.acme')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('packages')
  await expect(options(page).first()).toHaveText(/Packages/)
  const coming = context.waitForEvent('page')
  await page.keyboard.press('Control+Enter')
  const other = await coming
  await expect(other).toHaveURL(/\/packages\?scope=organisation\.acme$/)
  await expect(field(page)).toBeVisible()
  await other.close()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})
