import { expect, open, test } from './test'

test('S5 no key is lost after Ctrl K', async ({ watched: page }) => {
  await open(page, '/')
  for (const delay of [0, 20, 40]) {
    for (let turn = 0; turn < 10; turn += 1) {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('00042 shop', { delay })
      await expect(page.getByRole('textbox', { name: 'Search or go to' })).toHaveValue('00042 shop')
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
  }
})

test('an object is found by its name and a page by the word of another panel', async ({ watched: page }) => {
  await open(page, '/')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('shop.ali')
  await page.getByRole('button', { name: /shop\.alice\.test/ }).waitFor()
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

test('S5 no key is lost before the palette is there', async ({ watched: page }) => {
  await page.route(/assets\/Palette-.*\.js$/, async (route) => {
    await new Promise((done) => setTimeout(done, 1500))
    await route.fallback()
  })
  await page.goto('/')
  await page.getByRole('navigation', { name: 'Navigation' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('00042 sho', { delay: 20 })
  await page.keyboard.press('Backspace')
  await page.keyboard.type('op')
  await expect(page.getByRole('textbox', { name: 'Search or go to' })).toHaveValue('00042 shop')
})
