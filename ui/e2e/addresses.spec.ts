import type { Page } from '@playwright/test'
import { expect, open, PAGES, test } from './test'

// a page that there is none, and the plan of a removal that is refused
test.use({ quiet: [404, 409] })

/** What a page shows by its address: which page, tab, order, filter, rows, and what is open above it. Times pass, so they are left out. */
async function viewOf(page: Page) {
  await expect(page.locator('[aria-busy=true], .mantine-Skeleton-root')).toHaveCount(0)
  return page.evaluate(() => {
    const texts = (selector: string) =>
      [...document.querySelectorAll<HTMLElement>(selector)].map((element) => element.innerText.trim())
    return {
      address: location.pathname + location.search,
      head: texts('h1'),
      tabs: texts('[role=tab][aria-selected=true]'),
      order: [...document.querySelectorAll('th[aria-sort]')].map((head) => head.getAttribute('aria-sort')),
      filters: [...document.querySelectorAll<HTMLInputElement>('main input:not([type=checkbox]), main select')].map(
        (field) => field.value,
      ),
      rows: texts('tr.row td:nth-child(2)').filter((text) => !/ago|second|minute|hour|now/.test(text)),
      layers: texts('[role=dialog] :is(h1, h2)'),
    }
  })
}

/** The view once nothing comes any more. */
async function restingView(page: Page) {
  let before = ''
  await expect
    .poll(
      async () => {
        const now = JSON.stringify(await viewOf(page))
        const isResting = now === before
        before = now
        return isResting
      },
      { intervals: [300] },
    )
    .toBe(true)
  return viewOf(page)
}

/** Addresses of what is narrowed, sorted, or open above a page, beside the pages themselves. */
const DEEP = [
  '/accounts?q=ali&sort=-name&suspended=false',
  '/accounts?open=new',
  '/accounts?open=edit&on=alice',
  '/accounts?open=sell&on=alice',
  '/accounts/alice?open=suspend',
  '/accounts/alice?open=delete',
  '/accounts/alice?tab=members&open=add',
  '/accounts?scope=account.alice',
  '/sites?q=alice&sort=-created&condition=ready',
  '/sites?open=new',
  '/sites?open=suspend&on=shop.alice.test',
  '/sites/shop.alice.test?open=edit',
  '/sites?view=full&scope=organisation.acme',
  '/packages?open=new',
  '/organisations?open=new',
  '/organisations/acme?open=edit',
  '/organisations/acme?open=delete',
  '/people?open=new',
  '/people/admin?open=edit',
  '/people/admin?tab=tokens&open=delete&on=all',
  '/roles?open=new',
  '/webhooks?open=new',
  '/audit?action=site_create&outcome=done',
  '/profile?tab=tokens&open=add',
]

const hasLayer = (path: string) => /[?&]open=/.test(path)

for (const path of [...PAGES, ...DEEP]) {
  test(`U1 ${path} is the same view after a reload`, async ({ watched: page }) => {
    await open(page, path)
    await expect(page.getByRole('dialog')).toHaveCount(hasLayer(path) ? 1 : 0)
    const before = await restingView(page)
    expect(before.address).toBe(path)
    await page.reload()
    await page.locator('h1').first().waitFor()
    await expect(page.getByRole('dialog')).toHaveCount(hasLayer(path) ? 1 : 0)
    await expect.poll(() => viewOf(page)).toEqual(before)
  })
}

test('U1 Back undoes one step each time: a page, a tab, an order, a filter, a drawer', async ({ watched: page }) => {
  await open(page, '/')
  const views = [await viewOf(page)]
  const step = async (what: () => Promise<unknown>, address: RegExp) => {
    await what()
    await expect(page).toHaveURL(address)
    views.push(await restingView(page))
  }
  const close = () => page.getByRole('dialog').getByRole('button', { name: 'Close' })
  await step(() => page.getByRole('navigation').getByRole('link', { name: 'Accounts' }).click(), /\/accounts$/)
  await step(() => page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click(), /sort=-name/)
  await step(() => page.getByRole('combobox', { name: 'Status' }).selectOption('ready'), /condition=ready/)
  await step(() => page.getByRole('searchbox').fill('ali'), /q=ali/)
  await step(() => page.getByRole('button', { name: 'Add account' }).click(), /open=new/)
  await expect(page.getByRole('dialog')).toHaveCount(1)
  await step(() => close().click(), /accounts\?((?!open=).)*$/)
  await step(() => page.getByRole('link', { name: 'alice', exact: true }).click(), /\/accounts\/alice$/)
  await step(() => page.getByRole('tab', { name: 'Sites' }).click(), /tab=sites/)
  await step(() => page.getByRole('link', { name: 'shop.alice.test' }).click(), /\/sites\/shop/)
  for (let at = views.length - 2; at >= 0; at -= 1) {
    await page.goBack()
    await expect.poll(async () => (await viewOf(page)).address).toBe(views[at]?.address)
    await expect.poll(async () => ({ ...(await viewOf(page)), layers: [] })).toEqual({ ...views[at], layers: [] })
    await expect(page.getByRole('dialog')).toHaveCount(hasLayer(views[at]?.address ?? '') ? 1 : 0)
  }
})
