import type { Page } from '@playwright/test'
import { expect, expectAccessible, expectNoSideways, open, PAGES, test } from './test'

const speak = (page: Page, language: string) =>
  page.addInitScript((language) => localStorage.setItem('language', language), language)

/** Texts of the page that went through no translation: names, numbers, times, and what the server says are left out. */
const untranslated = (page: Page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (!parent || !/[a-z]{4}/i.test(text) || text.includes('［')) continue
      if (
        parent.closest(
          'script, style, noscript, time, [role=listbox], code, kbd, td, dd, h3, .mono, .diff, [data-server]',
        )
      )
        continue
      found.push(text)
    }
    return found
  })

/** Words of the product and names of objects. */
const NAMES =
  /^(Holdfast|Ctrl.*|admin|root|alice|acme|small|www\.alice\.test|shop\.alice\.test|\/no-such-page|sysctl.*|English|Deutsch|JSON.*)$/

test.describe('the pseudo-language', () => {
  for (const path of PAGES.filter((path) => !['/health', '/changes?tab=plan'].includes(path))) {
    test(`nothing on ${path} is untranslated, and longer texts fit`, async ({ watched: page }) => {
      await speak(page, 'en-XA')
      await open(page, path)
      const left = (await untranslated(page)).filter((text) => !NAMES.test(text))
      expect(left).toEqual([])
      await expectNoSideways(page)
    })
  }
})

test.describe('right to left', () => {
  for (const path of ['/', '/sites', '/accounts/alice', '/changes', '/health', '/sites?open=new']) {
    test(`${path} is mirrored and whole`, async ({ watched: page }) => {
      await speak(page, 'ar')
      await open(page, path)
      expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
      const nav = await page.getByRole('navigation', { name: 'Navigation' }).boundingBox()
      expect(nav?.x).toBeGreaterThan(600)
      await expectNoSideways(page)
      await expectAccessible(page)
      await page.screenshot({ path: `shots/rtl${path.replace(/\W+/g, '-')}.png` })
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
