import { figure } from './bar'
import { onServer, PASSWORD } from './server'
import { expect, open, test } from './test'

/*
 * The first session of a new administrator, from the one-time link to a site that is served and gone again. It says how long each step
 * takes the panel and the server; a person thinks in between.
 */
test.use({ storageState: { cookies: [], origins: [] }, quiet: [401] })

test('X1 the first session: sign in, account, site, an edit by hand put back, suspend, delete', async ({
  watched: page,
}) => {
  test.setTimeout(180_000)
  const account = `f${Date.now().toString(36)}`
  const site = `www.${account}.test`
  const file = '/etc/nginx/holdfast/locations.conf'
  const status = page.locator('.page-head .badge').first()
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name.replaceAll('.', '\\.')) })
  const timed = async (name: string, work: () => Promise<void>) => {
    const began = Date.now()
    await test.step(`X1 ${name}`, work)
    const took = Date.now() - began
    figure('X1', name, took, 'ms')
    process.stdout.write(`${String(took).padStart(7)} ms  ${name}\n`)
  }

  await timed('sign in by a one-time link', async () => {
    const made = JSON.parse(onServer('holdfast', 'login-link', '--json'))
    await page.goto(`/login?to=/accounts#${made.token}`)
    await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible()
  })
  await timed('an account, with its plan looked at', async () => {
    await page.getByRole('button', { name: 'Add account' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill(account)
    await page.getByRole('textbox', { name: 'E-mail' }).fill(`${account}@example.test`)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Preview changes' }).click()
    await expect(page.getByText(/steps? on the server/)).toBeVisible()
    await page.getByRole('dialog').getByRole('button', { name: 'Add account' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })
  await timed('the account is observed to be ready', async () => {
    await expect(row(account)).toContainText('Ready')
  })
  await timed('a site, with its plan looked at', async () => {
    await open(page, '/sites?open=new')
    await page.getByRole('textbox', { name: 'Name' }).last().fill(site)
    await page.getByRole('combobox', { name: 'Account', exact: true }).click()
    await page.getByRole('option', { name: account }).click()
    await page.getByRole('button', { name: 'Preview changes' }).click()
    await expect(page.getByText(/steps? on the server/)).toBeVisible()
    await page.getByRole('dialog').getByRole('button', { name: 'Add site' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
  })
  await timed('the site is observed to be ready', async () => {
    await expect(row(site)).toContainText('Ready')
  })
  await timed('an edit by hand is found, with its difference', async () => {
    onServer('sh', '-c', `echo '# by hand' >> ${file}`)
    onServer('sh', '-c', 'holdfast sweep >/dev/null 2>&1 || true')
    await open(page, '/changes')
    await expect(page.getByText('+# by hand')).toBeVisible()
  })
  await timed('the edit is put back', async () => {
    await page.getByRole('button', { name: 'Revert' }).click()
    await page.getByRole('button', { name: 'Revert the edit' }).click()
    await expect(page.getByText('No managed file was edited by hand')).toBeVisible()
    expect(onServer('cat', file)).not.toContain('by hand')
  })
  const act = async (item: string, button: string) => {
    await page.getByRole('button', { name: 'Actions' }).click()
    await page.getByRole('menuitem', { name: item }).click()
    const dialog = page.getByRole('dialog')
    if (item === 'Delete') {
      const name = (await page.locator('h1').textContent()) ?? ''
      await dialog.getByLabel(`Type ${name} to confirm`).fill(name)
    }
    await dialog.getByRole('button', { name: button }).click()
    await expect(dialog).toHaveCount(0)
  }
  await timed('the site is suspended', async () => {
    await open(page, `/sites/${site}`)
    await act('Suspend', 'Suspend site')
    await expect(status).toHaveText('Suspended')
  })
  await timed('the site is deleted', async () => {
    await act('Delete', 'Delete site')
    await expect(row(site)).toHaveCount(0)
  })
  await timed('the account is deleted', async () => {
    await open(page, `/accounts/${account}`)
    await act('Delete', 'Delete account')
    await expect(page).toHaveURL(/\/accounts$/)
    await expect(row(account)).toHaveCount(0)
  })
})
