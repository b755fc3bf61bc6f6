import type { Route } from '@playwright/test'
import { onServer, PASSWORD } from './server'
import { expect, expectAccessible, expectNoSideways, open, test } from './test'

test.use({ quiet: [401, 403, 422, 503] })

// what is dangerous asks for the password once more where the sign-in is some time ago
test.beforeEach(async ({ request, baseURL }) => {
  const headers = { Origin: new URL(baseURL ?? '').origin }
  const answer = await request.post('/api/v1/session/step-up', { data: { password: PASSWORD }, headers })
  expect(answer.ok(), await answer.text()).toBe(true)
})

const json = (route: Route, body: unknown, status = 200) =>
  route.fulfill({ status, contentType: 'application/json', body: JSON.stringify(body) })

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })
    test('a provider is added with what it cannot exist without, edited, and removed', async ({ watched: page }) => {
      const name = `p${Date.now().toString(36)}`
      await open(page, '/identity-providers')
      await page.getByRole('button', { name: 'Add provider' }).click()
      const form = page.getByRole('dialog', { name: 'Add provider' })
      await expect(form.getByRole('textbox', { name: 'Name' })).toBeFocused()
      await expect(form.getByText('Scopes', { exact: true })).toBeHidden()
      await form.getByRole('button', { name: 'Preview changes' }).click()
      await expect(form.getByText('Enter the issuer.')).toBeVisible()
      await expectAccessible(page)
      await form.getByRole('textbox', { name: 'Name' }).fill(name)
      await form.getByRole('textbox', { name: 'Issuer' }).fill('http://login.example.com')
      await form.getByRole('textbox', { name: 'Client id' }).fill('holdfast')
      await form.getByRole('textbox', { name: 'Client secret' }).fill('never shown again')
      // what is refused is on its field, and inside of the collapsed part it is shown
      await form.getByText('More', { exact: false }).first().click()
      await form.getByRole('button', { name: 'Add mapping' }).click()
      await form.getByRole('textbox', { name: 'Group', exact: true }).fill('staff')
      await form.getByRole('combobox', { name: 'Role', exact: true }).click()
      await page.getByRole('option', { name: 'Developer' }).click()
      const places = form.getByRole('combobox', { name: 'Organisation' })
      await places.click()
      await page.getByRole('option', { name: 'acme' }).click()
      await form.getByRole('button', { name: 'Preview changes' }).click()
      const issuer = form.getByRole('textbox', { name: 'Issuer' })
      await expect(issuer).toHaveAttribute('aria-invalid', 'true')
      await expect(issuer).toBeFocused()
      await issuer.fill('https://login.example.com')
      await form.getByRole('button', { name: 'Preview changes' }).click()
      await expect(form.getByText('Nothing changes on the server itself.')).toBeVisible()
      await expectAccessible(page)
      await form.getByRole('button', { name: 'Add provider' }).click()
      await expect(form).toHaveCount(0)
      const row = page.getByRole('row', { name: new RegExp(name) })
      await expect(row).toHaveClass(/fresh/)
      await row.getByRole('link', { name }).click()
      await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
      await expect(page.getByText(`/login/oidc/${name}/callback`)).toBeVisible()
      await expect(page.getByText('Kept sealed, and never shown')).toBeVisible()
      await expect(page.getByRole('row', { name: /staff.*Developer.*acme.*In force/ })).toBeVisible()
      await expectAccessible(page)
      await page.screenshot({ path: `shots/identity-provider.${colorScheme}.png` })

      await page.getByRole('button', { name: 'Edit' }).click()
      const edit = page.getByRole('dialog', { name: `Edit ${name}` })
      await edit.getByRole('textbox', { name: 'Client id' }).fill('holdfast-2')
      await edit.getByText('More', { exact: false }).first().click()
      await edit.getByRole('button', { name: 'Remove mapping 1' }).click()
      await edit.getByRole('button', { name: 'Preview changes' }).click()
      await edit.getByRole('button', { name: 'Save' }).click()
      await expect(edit).toHaveCount(0)
      await expect(page.getByText('holdfast-2')).toBeVisible()
      await expect(page.getByText('No group is mapped')).toBeVisible()
      const kept = JSON.parse(onServer('holdfast', 'identity-provider', 'show', name, '--json'))
      expect(kept).toMatchObject({ client_id: 'holdfast-2', has_secret: true, mappings: [] })

      await page.getByRole('button', { name: 'Actions' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
      const dialog = page.getByRole('dialog', { name: `Remove the identity provider ${name}` })
      await expect(dialog.getByText('0 links of people go.')).toBeVisible()
      await expect(dialog.getByRole('button', { name: 'Remove provider' })).toBeDisabled()
      await expectAccessible(page)
      await dialog.getByLabel(`Type ${name} to confirm`).fill(name)
      await dialog.getByRole('button', { name: 'Remove provider' }).click()
      await expect(page).toHaveURL(/\/identity-providers$/)
      await expect(page.getByRole('row', { name: new RegExp(name) })).toHaveCount(0)
    })

    test('no provider, one that is switched off, and a mapping that is not in force', async ({ watched: page }) => {
      await page.route('**/api/v1/identity-providers*', (route) => json(route, { items: [] }))
      await open(page, '/identity-providers')
      await expect(page.getByText('No identity provider yet')).toBeVisible()
      await expectAccessible(page)
      await page.unroute('**/api/v1/identity-providers*')
      await page.route('**/api/v1/identity-providers/corp', async (route) => {
        const answer = await route.fetch()
        const corp = await answer.json()
        const mappings = corp.mappings.map((mapping: object) => ({ ...mapping, in_force: false }))
        await json(route, { ...corp, redirect_uri: null, mappings })
      })
      await open(page, '/identity-providers/corp')
      await expect(page.getByRole('status').filter({ hasText: 'The panel has no name yet' })).toBeVisible()
      await expect(page.getByText('Not in force', { exact: true })).toBeVisible()
      await expectAccessible(page)
    })

    test('a provider is linked: the browser leaves, comes back, and sees it; and it is unlinked', async ({
      watched: page,
      baseURL,
    }) => {
      const identity = {
        id: '0199d0b4-0000-7000-8000-000000000001',
        provider: 'corp',
        label: 'Example Corp',
        subject: 'a3f1',
        enabled: true,
        created_at: new Date().toISOString(),
        last_used_at: null,
      }
      let isLinked = false
      await page.route('**/api/v1/identities', async (route) => {
        if (route.request().method() === 'GET') return json(route, { items: isLinked ? [identity] : [] })
        expect(route.request().postDataJSON()).toEqual({ provider: 'corp' })
        // the provider sent the browser back to the panel at once
        isLinked = true
        return json(route, { url: new URL('/', baseURL).href, expires_at: new Date().toISOString() }, 201)
      })
      await page.route('**/api/v1/identities/*', (route) => {
        isLinked = false
        return route.fulfill({ status: 204 })
      })
      await open(page, '/profile?tab=identities')
      await expect(page.getByText('No provider knows you yet')).toBeVisible()
      await page.getByRole('button', { name: 'Link Example Corp', exact: true }).click()
      const ask = page.getByRole('dialog', { name: 'Link Example Corp' })
      await expectAccessible(page)
      await ask.getByRole('button', { name: 'Go to Example Corp' }).click()
      await expect(page).toHaveURL(/\/profile\?tab=identities/)
      const row = page.getByRole('row', { name: /Example Corp.*a3f1/ })
      await expect(row).toHaveClass(/fresh/)
      await expect(page.getByRole('button', { name: 'Link Example Corp', exact: true })).toHaveCount(0)
      await expectAccessible(page)
      await row.getByRole('button', { name: 'Unlink Example Corp' }).click()
      const dialog = page.getByRole('dialog', { name: 'Unlink Example Corp' })
      await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused()
      await dialog.getByRole('button', { name: 'Unlink provider' }).click()
      await expect(page.getByText('No provider knows you yet')).toBeVisible()
    })
  })
}

test('the panel itself says where to go for a provider that cannot be reached', async ({ watched: page }) => {
  await open(page, '/profile?tab=identities')
  await page.getByRole('button', { name: 'Link Example Corp', exact: true }).click()
  const ask = page.getByRole('dialog', { name: 'Link Example Corp' })
  await ask.getByRole('button', { name: 'Go to Example Corp' }).click()
  await expect(ask.getByRole('alert')).toBeVisible({ timeout: 45_000 })
})

test.describe('a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true })
  test('the form of a provider fits', async ({ watched: page }) => {
    await open(page, '/identity-providers?open=new')
    const form = page.getByRole('dialog', { name: 'Add provider' })
    await form.getByText('More', { exact: false }).first().click()
    await form.getByRole('button', { name: 'Add mapping' }).click()
    await expectNoSideways(page)
    await page.screenshot({ path: 'shots/identity-form.phone.png' })
  })
})
