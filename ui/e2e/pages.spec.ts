import { expect, expectAccessible, expectNoSideways, expectTargets, open, PAGES, test } from './test'

const slug = (path: string) => path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home'

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })
    for (const path of PAGES) {
      test(`${path} is accessible and clean`, async ({ watched: page }) => {
        await open(page, path)
        await page.screenshot({ path: `shots/${slug(path)}.${colorScheme}.png` })
        await expectAccessible(page)
        await expectTargets(page, 24)
      })
    }
  })
}

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  for (const path of PAGES) {
    test(`${path} fits`, async ({ watched: page }) => {
      await open(page, path)
      await page.screenshot({ path: `shots/${slug(path)}.phone.png` })
      await expectNoSideways(page)
      await expectTargets(page, 44)
    })
  }

  test('everything is reached by the menu', async ({ watched: page }) => {
    await open(page, '/')
    await page.getByRole('button', { name: 'Navigation' }).click()
    await page.getByRole('link', { name: 'Sites' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Sites' })).toBeVisible()
  })
})

test.describe('what floats', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(colorScheme, () => {
      test.use({ colorScheme, quiet: [422] })
      test('forms, refused values, the plan', async ({ watched: page }) => {
        await open(page, '/sites?open=new')
        const name = page.getByRole('textbox', { name: 'Name' }).last()
        await expect(name).toBeFocused()
        await expectAccessible(page)
        await page.getByRole('button', { name: 'Preview changes' }).click()
        await expect(page.getByText('Enter a name.')).toBeVisible()
        await expect(name).toBeFocused()
        await expectAccessible(page)
        await name.fill('not a name')
        await page.getByRole('combobox', { name: 'Account', exact: true }).click()
        await page.getByRole('option', { name: 'alice' }).click()
        await page.getByRole('button', { name: 'Preview changes' }).click()
        await expect(page.getByText(/contains a space/)).toBeVisible()
        await expect(name).toHaveAttribute('aria-invalid', 'true')
        await name.fill('plan.alice.test')
        await page.getByRole('button', { name: 'Preview changes' }).click()
        await expect(page.getByText(/steps on the server/)).toBeVisible()
        await page
          .getByText(/^create .*host-/)
          .first()
          .click()
        await expectAccessible(page)
        await page.screenshot({ path: `shots/plan.${colorScheme}.png` })
      })

      test('dialogs, menus, drawers', async ({ watched: page }) => {
        await open(page, '/sites')
        await page.getByRole('button', { name: 'Actions of www.alice.test' }).click()
        // a menu is outside of every landmark while it is open
        await expectAccessible(page, 'region')
        await page.getByRole('menuitem', { name: 'Delete' }).click()
        await expect(page.getByText('Show what would change on the server')).toBeVisible()
        await expect(page.getByLabel('Type www.alice.test to confirm')).toBeFocused()
        await expect(page.getByRole('button', { name: 'Delete site' })).toBeDisabled()
        await expectAccessible(page)
        await page.screenshot({ path: `shots/delete.${colorScheme}.png` })
        await page.keyboard.press('Escape')
        await expect(page.getByRole('dialog')).toHaveCount(0)
        for (const key of ['Control+j', '?', 'Control+k']) {
          await page.keyboard.press(key)
          await expect(page.getByRole('dialog')).toBeVisible()
          await expectAccessible(page)
          await page.keyboard.press('Escape')
          await expect(page.getByRole('dialog')).toHaveCount(0)
        }
      })
    })
  }
})
