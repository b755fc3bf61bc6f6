import { request } from '@playwright/test'
import { onServer } from './server'
import { expect, expectAccessible, open, test } from './test'

/** The owner of an account, who holds nothing else. */
test.describe('an owner', () => {
  test.use({ storageState: { cookies: [], origins: [] }, quiet: [403, 404] })
  test.beforeEach(async ({ context, baseURL }) => {
    const made = JSON.parse(onServer('holdfast', 'login-link', 'alice', '--json'))
    const caller = await request.newContext({
      baseURL,
      ignoreHTTPSErrors: true,
      extraHTTPHeaders: { Origin: new URL(baseURL ?? '').origin },
    })
    const signedIn = await caller.post('/api/v1/session/link', { data: { token: made.token } })
    expect(signedIn.ok()).toBe(true)
    await context.addCookies((await caller.storageState()).cookies)
    await caller.dispose()
  })

  test('sees the pages that are theirs, and no other', async ({ watched: page }) => {
    await open(page, '/')
    const nav = page.getByRole('navigation', { name: 'Navigation' })
    await expect(nav.getByRole('link', { name: 'Sites' })).toBeVisible()
    await expect(nav.getByRole('link', { name: 'Accounts' })).toBeVisible()
    for (const name of ['Settings', 'Server health', 'Host changes', 'Packages', 'People', 'Webhooks']) {
      await expect(nav.getByRole('link', { name })).toHaveCount(0)
    }
    await expectAccessible(page)
  })

  test('a link to what is not theirs says who can help', async ({ watched: page }) => {
    await page.goto('/settings')
    await expect(page.getByRole('alert')).toContainText('give you a role that allows it')
    await page.goto('/sites/www.nobody.test')
    await expect(page.getByRole('alert')).toContainText('There is no such thing')
  })

  test('a site has the actions that the owner may do', async ({ watched: page }) => {
    await open(page, '/sites/www.alice.test')
    await page.getByRole('button', { name: 'Actions' }).click()
    await expect(page.getByRole('menuitem', { name: 'Edit' })).toBeVisible()
    await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeVisible()
    await expect(page.getByRole('menuitem', { name: 'Suspend' })).toHaveCount(0)
  })

  test('events of their account arrive', async ({ watched: page }) => {
    await open(page, '/sites')
    onServer('holdfast', 'site', 'suspend', 'shop.alice.test')
    await expect(page.getByRole('row', { name: /shop\.alice\.test/ })).toContainText('Suspended')
    onServer('holdfast', 'site', 'unsuspend', 'shop.alice.test')
    await expect(page.getByRole('row', { name: /shop\.alice\.test/ })).toContainText('Ready')
  })
})

test.describe('nobody', () => {
  test.use({ storageState: { cookies: [], origins: [] }, quiet: [401] })
  test('is led to the sign-in and back to where they came from', async ({ watched: page }) => {
    const made = JSON.parse(onServer('holdfast', 'login-link', '--json'))
    await page.goto('/accounts?q=ali')
    await expect(page).toHaveURL(/\/login\?to=\/accounts\?q=ali$/)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await expectAccessible(page)
    await page.goto(`/login?to=/accounts?q=ali#${made.token}`)
    await page.reload()
    await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible()
    await expect(page).toHaveURL(/\/accounts\?q=ali$/)
    await expect(page.getByRole('row', { name: /alice/ })).toBeVisible()
  })
})
