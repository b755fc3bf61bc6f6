import type { Page } from '@playwright/test'
import { tabTo } from './keyboard'
import { onServer, PASSWORD } from './server'
import { expect, open, test } from './test'

test.use({ quiet: [401, 412] })

const status = (page: Page) => page.locator('.page-head .badge').first()

test('A2 an account and a site, by keyboard alone: preview, apply, converge, edit, suspend, delete', async ({
  watched: page,
}) => {
  const account = `k${Date.now().toString(36)}`
  const site = `www.${account}.test`
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name.replaceAll('.', '\\.')) })
  await open(page, '/accounts')
  await page.keyboard.press('c')
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused()
  await page.keyboard.type(account)
  await tabTo(page, 'textbox', 'E-mail')
  await page.keyboard.type(`${account}@example.test`)
  await page.keyboard.press('Enter')
  await expect(page.getByText(/steps? on the server/)).toBeVisible()
  await tabTo(page, 'button', 'Add account')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(row(account)).toContainText('Ready')

  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await expect(page.getByRole('heading', { level: 1, name: 'Sites' })).toBeVisible()
  await page.keyboard.press('c')
  await expect(page.getByRole('textbox', { name: 'Name' }).last()).toBeFocused()
  await page.keyboard.type(site)
  await tabTo(page, 'combobox', 'Account')
  await page.keyboard.type(account)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await tabTo(page, 'button', 'Preview changes')
  await page.keyboard.press('Enter')
  await tabTo(page, 'button', 'Add site')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(row(site)).toContainText('Ready')

  await tabTo(page, 'link', site)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: site })).toBeVisible()
  const choose = async (item: string) => {
    await tabTo(page, 'button', 'Actions')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menu')).toBeVisible()
    const wanted = page.getByRole('menuitem', { name: item })
    for (let step = 0; step < 10; step += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) break
      await page.keyboard.press('ArrowDown')
    }
    await expect(wanted).toBeFocused()
    await page.keyboard.press('Enter')
  }
  await choose('Edit')
  await tabTo(page, 'textbox', 'Largest upload')
  await page.keyboard.type('32M')
  await page.keyboard.press('Enter')
  await expect(page.getByText(/steps? on the server/)).toBeVisible()
  await tabTo(page, 'button', 'Save')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // back where it was opened
  await expect(page.getByRole('button', { name: 'Actions' })).toBeFocused()
  await expect(status(page)).toHaveText('Ready')

  await choose('Suspend')
  await expect(page.getByRole('button', { name: 'Keep it' })).toBeFocused()
  await expect(page.getByRole('button', { name: 'Suspend site' })).toBeEnabled()
  await tabTo(page, 'button', 'Suspend site')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(status(page)).toHaveText('Suspended')

  await choose('Delete')
  await expect(page.getByLabel(`Type ${site} to confirm`)).toBeFocused()
  await page.keyboard.type(site)
  await expect(page.getByRole('button', { name: 'Delete site' })).toBeEnabled()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sites$/)
  await expect(row(site)).toHaveCount(0)
  onServer('holdfast', 'account', 'delete', account)
})

test('A2 a file that was edited by hand is found with its diff, and put back, by keyboard alone', async ({
  watched: page,
}) => {
  const file = '/etc/nginx/holdfast/locations.conf'
  onServer('sh', '-c', `echo '# edited by hand at three in the morning' >> ${file}`)
  onServer('sh', '-c', 'holdfast sweep >/dev/null 2>&1 || true')
  await open(page, '/')
  await tabTo(page, 'link', /edited by hand/)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 2, name: file })).toBeVisible()
  await expect(page.getByText('+# edited by hand at three in the morning')).toBeVisible()
  await tabTo(page, 'button', 'Revert')
  await page.keyboard.press('Enter')
  await expect(page.getByText(/steps? on the server/)).toBeVisible()
  await tabTo(page, 'button', 'Revert the edit')
  await page.keyboard.press('Enter')
  await expect(page.getByText('No managed file was edited by hand')).toBeVisible()
  expect(onServer('cat', file)).not.toContain('three in the morning')
})

test('a change that another made meanwhile is not overwritten', async ({ watched: page, request, baseURL }) => {
  await open(page, '/sites/shop.alice.test')
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Edit' }).click()
  const size = page.getByRole('textbox', { name: 'Largest upload' })
  await size.fill('32M')
  const site = await (await request.get('/api/v1/sites/shop.alice.test')).json()
  const other = await request.patch('/api/v1/sites/shop.alice.test', {
    data: { body_size: `${10 + (site.generation % 50)}M` },
    headers: { 'If-Match': '*', Origin: new URL(baseURL ?? '').origin, Prefer: 'wait=30' },
  })
  expect(other.ok()).toBe(true)
  await page.getByRole('button', { name: 'Preview changes' }).click()
  await expect(page.getByRole('alert')).toContainText('The object has changed.')
  await expect(size).toHaveValue('32M')
})

test('S1 a session that really ended in mid-form loses nothing', async ({ watched: page }) => {
  await open(page, '/accounts?open=new')
  await page.getByRole('textbox', { name: 'Name' }).fill('kept')
  await page.getByRole('textbox', { name: 'E-mail' }).fill('kept@example.test')
  const cookies = await page.context().cookies()
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Preview changes' }).click()
  const dialog = page.getByRole('dialog', { name: 'Your session is over' })
  await expect(dialog.getByLabel('Password', { exact: true })).toBeFocused()
  await dialog.getByLabel('Password', { exact: true }).fill(`${PASSWORD}x`)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.getByText(/steps? on the server/)).toBeVisible()
  await page.getByRole('button', { name: 'Back', exact: true }).click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('kept')
  await page.context().addCookies(cookies)
})
test('F4 what is typed is not left without a question', async ({ watched: page }) => {
  await open(page, '/accounts')
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('unsaved')
  await page.goBack()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Go on editing' }).click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('unsaved')
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('S4 two windows agree, and a panel that restarts under them is followed on', async ({
  watched: page,
  context,
}) => {
  await open(page, '/sites')
  const second = await context.newPage()
  await open(second, '/sites/www.alice.test')
  await second.getByRole('button', { name: 'Actions' }).click()
  await second.getByRole('menuitem', { name: 'Suspend' }).click()
  await second.getByRole('button', { name: 'Suspend site' }).click()
  await expect(page.getByRole('row', { name: /www\.alice\.test/ })).toContainText('Suspended')
  onServer('systemctl', 'restart', 'holdfast-panel.service')
  onServer('holdfast', 'site', 'unsuspend', 'www.alice.test')
  await expect(page.getByRole('row', { name: /www\.alice\.test/ })).toContainText('Ready', { timeout: 40_000 })
})

test('what a form would do is copied as a command, and the command does it', async ({ watched: page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const name = `c${Date.now().toString(36)}`
  await open(page, '/accounts?open=new')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(`${name}@example.test`)
  await page.getByRole('button', { name: 'Copy as a command' }).click()
  await page.getByRole('menuitem', { name: 'Copy as a command of holdfast' }).click()
  await expect(page.getByRole('menuitem', { name: 'Copied' })).toBeVisible()
  const command = await page.evaluate(() => navigator.clipboard.readText())
  expect(command).toContain('holdfast api POST /accounts')
  onServer('sh', '-c', command)
  await expect(page.locator('tr', { hasText: name })).toContainText('Ready')
  onServer('holdfast', 'account', 'delete', name)
})
