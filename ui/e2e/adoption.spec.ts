import { onServer } from './server'
import { expect, expectAccessible, expectNoSideways, open, test } from './test'

// the panel is away while an older database is put back
test.use({ quiet: [0, 401, 403, 409, 422, 502, 503] })

const BACKUP = '/root/older.tar'

test('an older database is put back: both sides are shown, and each object is decided about', async ({
  watched: page,
}) => {
  test.setTimeout(120_000)
  const account = `o${Date.now().toString(36)}`
  const site = `www.${account}.test`
  onServer('holdfast', 'backup-panel', '--replace', BACKUP)
  const before = JSON.parse(onServer('holdfast', 'site', 'show', 'shop.alice.test', '--json'))
  const size = `${10 + (before.generation % 50)}M`
  onServer('holdfast', 'site', 'edit', 'shop.alice.test', '--body-size', size)
  onServer('holdfast', 'account', 'create', account, '--email', `${account}@example.test`)
  onServer('holdfast', 'site', 'create', account, site)
  onServer('holdfast', 'restore-panel', BACKUP)

  // Home leads there, and so does the site that waits
  await open(page, '/')
  await page.getByRole('link', { name: /holds what this older database does not know/ }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'After an older database' })).toBeVisible()
  const shop = page.getByRole('article', { name: /shop\.alice\.test/ })
  const row = shop.getByRole('row', { name: /body_size/ })
  await expect(row.locator('.side.add')).toHaveText(size)
  await expect(shop.getByText('Nothing changes on the server.')).toBeVisible()
  await expectAccessible(page)
  await page.screenshot({ path: 'shots/adoption.light.png', fullPage: true })
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expectAccessible(page)
  await page.screenshot({ path: 'shots/adoption.dark.png', fullPage: true })
  await page.emulateMedia({ colorScheme: 'light' })

  // one object: the plan of one side, then that of the other, which is done
  await shop.getByRole('button', { name: 'The database rules' }).click()
  const panel = page.getByRole('dialog', { name: 'The database rules about shop.alice.test' })
  await expect(panel.getByText(/steps? on the server/)).toBeVisible()
  await expectAccessible(page)
  await panel.getByRole('button', { name: 'Cancel' }).click()
  await shop.getByRole('button', { name: 'The server rules' }).click()
  const host = page.getByRole('dialog', { name: 'The server rules about shop.alice.test' })
  await expect(host.getByText('Nothing changes on the server itself.')).toBeVisible()
  await host.getByRole('button', { name: "Take the server's side" }).click()
  await expect(shop).toHaveCount(0)
  expect(JSON.parse(onServer('holdfast', 'site', 'show', 'shop.alice.test', '--json')).body_size).toBe(size)

  // what cannot be undone wants the name typed
  const known = page.getByRole('article', { name: new RegExp(`account ${account}`) })
  await known.getByRole('button', { name: 'Take off the server' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('Decide about them first')
  await page.getByRole('button', { name: 'Keep it' }).click()

  // all that is unknown, one after the other: an account first, then what stands on it
  await page.getByRole('button', { name: /^Take over: all \d/ }).click()
  const drawer = page.getByRole('dialog', { name: /^Take over: all/ })
  await expect(drawer.getByRole('button', { name: 'Preview changes' })).toBeDisabled()
  await drawer.getByRole('textbox', { name: 'E-mail' }).fill('owner@example.test')
  await expectAccessible(page)
  await drawer.getByRole('button', { name: 'Preview changes' }).click()
  await expect(drawer.getByText('Planned').first()).toBeVisible()
  await expect(drawer.getByText('Known once the others are decided about').first()).toBeVisible()
  await drawer.getByRole('button', { name: /^Take over: all/ }).click()
  await expect(drawer.getByText('Decided')).toHaveCount(4, { timeout: 60_000 })
  await expect(drawer.getByText('Refused')).toHaveCount(0)
  await expectAccessible(page)
  await drawer.getByRole('button', { name: 'Close' }).last().click()
  await expect(page.getByText('Nothing waits for a decision')).toBeVisible()
  expect(onServer('holdfast', 'adopt')).toContain('the server holds nothing beyond the database')
  const taken = JSON.parse(onServer('holdfast', 'account', 'show', account, '--json'))
  expect(taken).toMatchObject({ email: 'owner@example.test', condition: 'ready' })
  onServer('holdfast', 'site', 'delete', site)
  onServer('holdfast', 'account', 'delete', account)
})

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  test('both sides fit, and the choices say what they do', async ({ watched: page }) => {
    const item = (kind: string, name: string, more: object) => ({
      kind,
      id: name,
      name,
      why: 'unknown',
      host_generation: 3,
      host_absent: false,
      changes: [{ field: 'php_version', panel: null, host: '8.4' }],
      choices: ['keep', 'remove', 'take_over'],
      ...more,
    })
    await page.route('**/api/v1/adoption', (route) =>
      route.fulfill({
        json: {
          items: [
            item('site', 'gone.alice.test', {
              why: 'behind',
              host_absent: true,
              panel_generation: 2,
              choices: ['panel', 'host'],
            }),
            item('site', 'kept.alice.test', { why: 'kept', choices: ['remove'] }),
            item('account', 'bob', { lacks: 'the e-mail address' }),
            item('site', 'www.bob.test', { account: 'bob' }),
          ],
        },
      }),
    )
    await open(page, '/adoption')
    await expect(page.getByRole('heading', { level: 2 })).toHaveText([
      'The server was told later to remove it (1)',
      'The database does not know it (2)',
      "Kept on the server, and not this panel's (1)",
    ])
    await expect(page.getByText('It stays deleted, and goes from the database.')).toBeVisible()
    await expectNoSideways(page)
    await expectAccessible(page)
  })
})
