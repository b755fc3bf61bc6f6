import type { Page } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, open, test } from './test'

const speak = (page: Page, language: string) =>
  page.addInitScript((language) => localStorage.setItem('language', language), language)

test.describe('right to left', () => {
  for (const path of ['/', '/sites', '/accounts/alice', '/changes', '/health', '/sites?open=new']) {
    test(`I3 ${path} is mirrored and whole`, async ({ watched: page }) => {
      await speak(page, 'ar')
      await open(page, path)
      expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
      const nav = await page.getByRole('navigation', { name: 'Navigation' }).boundingBox()
      expect(nav?.x).toBeGreaterThan(600)
      await expectNoSideways(page)
      await expectAccessible(page)
    })
  }
})

test('German is chosen in the profile and stays', async ({ watched: page }) => {
  await open(page, '/profile')
  await page.getByRole('combobox', { name: 'Language' }).click()
  await page.getByRole('option', { name: 'Deutsch' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Profil' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Profil' })).toBeVisible()
  await page.getByRole('link', { name: 'Accounts' }).click()
  await expect(page.getByRole('button', { name: 'Account anlegen' })).toBeVisible()
})
