import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { problem } from './api'
import { failed, job, lines, withJobs, withLog } from './jobs'
import { steady } from './steady'
import { expect, open, settled, test } from './test'

/*
 * The guide's pictures, which are references at the same time: `npm run shots` makes them anew, and a run compares what there is with them. How letters are
 * drawn is a matter of the machine: where its fonts or its browser are others than those of the references, nothing is compared, and that is said.
 */
const PICTURES = new URL('../../docs/guide/pictures/', import.meta.url).pathname
const MACHINE = `${PICTURES}machine.txt`

const said = (program: string, ...rest: string[]) =>
  execFileSync(program, rest, { encoding: 'utf8' }).trim().split('\n').at(-1)
const machine = () =>
  [
    said('fc-match', 'system-ui'),
    said('fc-match', 'monospace'),
    said(process.env.CHROMIUM ?? '/usr/bin/chromium', '--version'),
  ].join('\n')

type State = {
  name: string
  at: string
  /** What a server has seldom, or only for a moment. */
  given?: (page: Page) => Promise<void>
  reach?: (page: Page) => Promise<void>
}

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()
const act = (item: string) => async (page: Page) => {
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: item }).click()
  await expect(page.getByText('Finding out what would change on the server.')).toHaveCount(0)
}
const refuse = (path: RegExp) => async (page: Page) => {
  await page.route(path, (route) => route.fulfill(problem(500, 'internal')))
  await page.reload()
  await settled(page)
}

/** A role that is installed, and one that was not. */
const jobs = async (page: Page) => {
  const [created_at, ended_at] = ['2026-06-01T11:50:00Z', '2026-06-01T11:51:00Z']
  const times = { created_at, started_at: created_at }
  await withJobs(page, () => [
    job('one', times),
    failed('two', { ...times, ended_at, object: { kind: 'node_role', id: 'mail', name: 'mail' } }),
  ])
  await withLog(page, 'one', () => lines(40), false)
  await withLog(page, 'two', () => lines(40))
}

/** Every page, and what a person meets on the way. */
const STATES: State[] = [
  { name: 'home', at: '/' },
  { name: 'sites', at: '/sites' },
  { name: 'site', at: '/sites/www.alice.test' },
  { name: 'site-runtime', at: '/sites/www.alice.test?tab=runtime' },
  { name: 'accounts', at: '/accounts' },
  { name: 'account', at: '/accounts/alice' },
  { name: 'account-members', at: '/accounts/alice?tab=members' },
  { name: 'packages', at: '/packages' },
  { name: 'organisations', at: '/organisations' },
  { name: 'organisation', at: '/organisations/acme' },
  { name: 'people', at: '/people' },
  { name: 'person', at: '/people/bob' },
  { name: 'roles', at: '/roles' },
  { name: 'edited-by-hand', at: '/changes' },
  { name: 'timeline', at: '/changes?tab=timeline' },
  { name: 'health', at: '/health' },
  { name: 'health-history', at: '/health?tab=history' },
  { name: 'jobs', at: '/jobs', given: jobs },
  { name: 'job', at: '/jobs/two', given: jobs },
  { name: 'start', at: '/start?step=you' },
  { name: 'start-roles', at: '/start?step=roles' },
  { name: 'webhooks', at: '/webhooks' },
  { name: 'settings', at: '/settings' },
  { name: 'audit', at: '/audit' },
  { name: 'profile', at: '/profile' },
  { name: 'profile-sign-in', at: '/profile?tab=sign-in' },
  { name: 'no-such-page', at: '/no-such-page' },
  { name: 'nothing-fits', at: '/sites?q=nothing' },
  { name: 'broken', at: '/sites', reach: refuse(/\/api\/v1\/sites(\?|$)/) },
  { name: 'form', at: '/accounts?open=new' },
  {
    name: 'form-refused',
    at: '/accounts?open=new',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Preview changes' }).click()
      await expect(page.getByText('Enter a name.')).toBeVisible()
    },
  },
  {
    name: 'plan',
    at: '/sites/shop.alice.test',
    reach: async (page) => {
      await act('Edit')(page)
      // the form gives the focus away once, and what is typed before goes there
      await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toBeFocused()
      await page.getByRole('textbox', { name: 'Largest upload' }).fill('32M')
      await page.getByRole('button', { name: 'Preview changes' }).click()
      await expect(page.getByText(/steps? on the server/)).toBeVisible()
      await page.locator('summary').first().click()
    },
  },
  { name: 'delete', at: '/sites/www.alice.test', reach: act('Delete') },
  { name: 'menu', at: '/sites', reach: press('Actions of www.alice.test') },
  {
    name: 'palette',
    at: '/',
    reach: async (page) => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('alice')
      await expect(page.getByRole('option', { name: /^www\.alice\.test/ })).toBeVisible()
    },
  },
  {
    name: 'shortcuts',
    at: '/',
    reach: async (page) => {
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog')).toBeVisible()
    },
  },
]

const VARIANTS = [
  { name: 'light', colorScheme: 'light', size: { width: 1280, height: 800 } },
  { name: 'dark', colorScheme: 'dark', size: { width: 1280, height: 800 } },
  { name: 'phone', colorScheme: 'light', size: { width: 360, height: 740 } },
] as const

test.describe('pictures', () => {
  test.use({ quiet: [401, 422, 500], viewport: { width: 1280, height: 800 } })
  test.beforeAll(() => {
    if (test.info().config.updateSnapshots === 'all') {
      mkdirSync(PICTURES, { recursive: true })
      writeFileSync(MACHINE, `${machine()}\n`)
    }
    const isSame = existsSync(MACHINE) && readFileSync(MACHINE, 'utf8').trim() === machine()
    test.skip(
      !isSame,
      'the fonts or the browser of this machine are not those of the pictures: `npm run shots` makes them anew',
    )
  })
  for (const { name, at, given, reach } of STATES) {
    test(`V1 ${name}`, async ({ watched: page }) => {
      await steady(page)
      await given?.(page)
      await open(page, at)
      await reach?.(page)
      for (const { name: variant, colorScheme, size } of VARIANTS) {
        await test.step(`V1 ${variant}`, async () => {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize(size)
          await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
          await expect.soft(page).toHaveScreenshot(`${name}-${variant}.png`, { maxDiffPixelRatio: 0.001 })
        })
      }
    })
  }
})
