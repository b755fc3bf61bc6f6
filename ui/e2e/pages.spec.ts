import type { Page } from '@playwright/test'
import { operationOf, problem } from './api'
import {
  expect,
  expectAccessible,
  expectNoClipping,
  expectNoRawTimes,
  expectNoSideways,
  expectTargets,
  expectTranslated,
  open,
  PAGES,
  settled,
  speak,
  test,
} from './test'

const WIDE = { width: 1280, height: 860 }
const PHONE = { width: 360, height: 740 }
/** A window of 1280 pixels at 200 and at 400 per cent. */
const ZOOMED = [
  { width: 640, height: 430 },
  { width: 320, height: 215 },
]

/** What the panel says of who is signed in is let through: without it there is no page. */
const isAside = (id: string | undefined) => id === 'me_show' || id === 'health_show'

/** Answers what a page reads in another way. */
async function answer(page: Page, how: 'error' | 'empty' | 'never') {
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    const found = operationOf(request.method(), request.url())
    if (request.method() !== 'GET' || isAside(found?.id) || /events/.test(request.url())) return route.fallback()
    if (how === 'error') return route.fulfill(problem(500, 'internal'))
    if (how === 'never') return
    const real = await route.fetch()
    const json = await real.json().catch(() => undefined)
    return json && Array.isArray(json.items)
      ? route.fulfill({ response: real, json: { ...json, items: [], next_cursor: null } })
      : route.fulfill({ response: real })
  })
}

test.describe('a page', () => {
  test.use({ quiet: [500] })
  for (const path of PAGES) {
    test(`A1 A4 A7 I2 I4 U2 ${path}`, async ({ watched: page }) => {
      await open(page, path)
      await test.step('A1 as it is, in light and dark', () => expectAccessible(page))
      await test.step('I4 no raw time, and the zone of each', () => expectNoRawTimes(page))
      await test.step('A4 targets of 24 pixels', () => expectTargets(page, 24))
      for (const size of ZOOMED) {
        await test.step(`A7 ${size.width} pixels wide: nothing is lost, and it scrolls one way`, async () => {
          await page.setViewportSize(size)
          await expectNoSideways(page)
          await expect(page.locator('h1').first()).toBeVisible()
        })
      }
      await test.step('U2 a phone', async () => {
        await page.setViewportSize(PHONE)
        await expectNoSideways(page)
      })
      await test.step('A4 targets of 44 pixels on a phone', () => expectTargets(page, 44))
      await page.setViewportSize(WIDE)
      await test.step('I2 the pseudo-language: all is translated, and longer texts fit', async () => {
        await speak(page, 'en-XA')
        await page.reload()
        await settled(page)
        await expectTranslated(page)
        await expectNoClipping(page)
        await expectNoSideways(page)
        await page.setViewportSize(PHONE)
        await expectNoClipping(page)
        await expectNoSideways(page)
      })
    })

    test(`A1 ${path} while nothing is there, or nothing comes`, async ({ watched: page }) => {
      await open(page, path)
      for (const how of ['error', 'empty', 'never'] as const) {
        await test.step(`A1 ${how}`, async () => {
          await page.unrouteAll({ behavior: 'ignoreErrors' })
          await answer(page, how)
          await page.reload()
          await expect(page.locator('h1, [role=alert]').first()).toBeVisible()
          if (how !== 'never') await settled(page)
          await expectAccessible(page)
          await expectNoSideways(page)
        })
      }
      await page.unrouteAll({ behavior: 'ignoreErrors' })
    })
  }
})

test.describe('a phone', () => {
  test.use({ viewport: PHONE, hasTouch: true })
  test('U2 everything is reached by the menu', async ({ watched: page }) => {
    await open(page, '/')
    await page.getByRole('button', { name: 'Navigation' }).click()
    await page.getByRole('link', { name: 'Sites' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Sites' })).toBeVisible()
  })
})

test('A1 menus, the palette, the drawer, the shortcuts', async ({ watched: page }) => {
  await open(page, '/sites')
  await page.getByRole('button', { name: 'Actions of www.alice.test' }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  // a menu is outside of every landmark while it is open
  await expectAccessible(page, 'region')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  for (const key of ['Control+j', '?', 'Control+k']) {
    await page.keyboard.press(key)
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
})

test('A1 the plan of a change, with what it does to files', async ({ watched: page }) => {
  await open(page, '/sites?open=new')
  await page.getByRole('textbox', { name: 'Name' }).last().fill('plan.alice.test')
  await page.getByRole('combobox', { name: 'Account', exact: true }).click()
  await page.getByRole('option', { name: 'alice' }).click()
  await page.getByRole('button', { name: 'Preview changes' }).click()
  await expect(page.getByText(/steps on the server/)).toBeVisible()
  await page
    .getByText(/^create .*host-/)
    .first()
    .click()
  await expectAccessible(page)
})

test.describe('with little motion', () => {
  test.use({ reducedMotion: 'reduce' })
  test('A6 nothing moves for longer than 0.01 s, and nothing is lost', async ({ watched: page }) => {
    const expectStill = async () => {
      const moving = await page.evaluate(() =>
        document.getAnimations().flatMap((animation) => {
          const { duration, iterations } = animation.effect?.getTiming() ?? {}
          const isLong = Number(duration) > 10 || iterations === Number.POSITIVE_INFINITY
          return isLong ? [`${(animation.effect as KeyframeEffect).target?.outerHTML.slice(0, 80)} ${duration}`] : []
        }),
      )
      expect(moving).toEqual([])
    }
    // an icon that turns as long as something is under way, and a bar that pulses
    await page.route('**/api/v1/sites?*', async (route) => {
      const real = await route.fetch()
      const list = await real.json()
      const items = list.items.map((site: object) => ({ ...site, condition: 'converging' }))
      await route.fulfill({ response: real, json: { ...list, items } })
    })
    await open(page, '/sites')
    await expectStill()
    await page.getByRole('button', { name: 'Actions of www.alice.test' }).click()
    await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeVisible()
    await expectStill()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await expect(page.getByRole('button', { name: 'Delete site' })).toBeVisible()
    await expectStill()
    await page.keyboard.press('Escape')
    for (const key of ['Control+j', 'Control+k', '?']) {
      await page.keyboard.press(key)
      await expect(page.getByRole('dialog')).toBeVisible()
      await expectStill()
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toHaveCount(0)
    }
  })
})
