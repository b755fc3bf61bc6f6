import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page, type Request } from '@playwright/test'

const description: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
  readFileSync(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8'),
)
const known = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`)),
)

/** Takes the files of a build in place of those in the panel, with the panel's own headers: to try a change without a new package. */
async function fromDist(page: Page, dist: string) {
  await page.context().route(
    (url) => !/^\/(api|login|page)\b/.test(url.pathname),
    async (route) => {
      const file = join(dist, new URL(route.request().url()).pathname)
      if (file.startsWith(dist) && existsSync(file) && statSync(file).isFile()) return route.fulfill({ path: file })
      const answer = await route.fetch({ maxRedirects: 0 })
      const nonce = /nonce-([\w-]+)/.exec(answer.headers()['content-security-policy'] ?? '')?.[1]
      if (!nonce) return route.fulfill({ response: answer })
      const body = readFileSync(join(dist, 'index.html'), 'utf8').replaceAll('__NONCE__', nonce)
      return route.fulfill({ response: answer, body })
    },
  )
}

/**
 * A page that is watched: no error on the console, none of the content policy, no request to anybody else, and none to the API that its
 * description does not have. `quiet` says which answers are expected to be errors.
 */
export const test = base.extend<{ quiet: number[]; watched: Page }>({
  quiet: [[], { option: true }],
  watched: async ({ page, quiet, baseURL }, use) => {
    const faults: string[] = []
    if (process.env.UI_DIST) await fromDist(page, process.env.UI_DIST)
    const origin = new URL(baseURL ?? '').origin
    if (process.env.BEFORE)
      await page.route('**/api/v1/notices', (route) => route.fulfill({ json: { unread: 0, until: '0', items: [] } }))
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      const isExpected = quiet.some((status) => message.text().includes(`status of ${status} `))
      const isOffline = quiet.includes(0) && message.text().includes('ERR_')
      // other test servers come and go on this machine
      const isNetwork = message.text().includes('ERR_NETWORK_CHANGED')
      if (!isExpected && !isOffline && !isNetwork) faults.push(message.text())
    })
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol === 'data:') return
      if (url.origin !== origin) faults.push(`a request to ${url.origin}`)
      const call = `${request.method()} ${url.pathname}`
      if (url.pathname.startsWith('/api/') && !known.some((operation) => operation.test(call))) {
        faults.push(`not in the API's description: ${call}`)
      }
    })
    await use(page)
    expect(faults).toEqual([])
  },
})

export { expect }

/** No violation of WCAG 2.2 AA and of good practice. */
export async function expectAccessible(page: Page, ...off: string[]) {
  const found = await new AxeBuilder({ page }).disableRules(off).analyze()
  const short = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
  expect(short).toEqual([])
}

/** Goes to a page and waits until what it reads is there. */
export async function open(page: Page, path: string) {
  // A browser gives up what it loads when the networks of this machine change, as those of other test servers do: that alone is loaded again.
  let cut = false
  const failed = (request: Request) => {
    cut ||= request.failure()?.errorText === 'net::ERR_NETWORK_CHANGED'
  }
  page.on('requestfailed', failed)
  const heading = page.locator('h1').first()
  await page.goto(path)
  await expect
    .poll(
      async () => {
        if (cut) {
          cut = false
          await page.goto(path)
        }
        return heading.isVisible()
      },
      { timeout: 60_000 },
    )
    .toBe(true)
  page.off('requestfailed', failed)
  await expect(page.locator('[aria-busy=true], .mantine-Skeleton-root')).toHaveCount(0)
}

/** The page scrolls down alone. */
export async function expectNoSideways(page: Page) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
}

/** Everything that is clicked or touched is at least so high; links within a text are as high as it. */
export async function expectTargets(page: Page, least: number) {
  const small = await page.evaluate((least) => {
    const all = [...document.querySelectorAll<HTMLElement>('a, button, summary, input, select, textarea, [role=tab]')]
    return all.flatMap((element) => {
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return []
      if (element.closest('.skip') || getComputedStyle(element).display === 'inline') return []
      const target =
        element.closest('.mantine-Checkbox-body, .mantine-Switch-body, .mantine-SegmentedControl-control') ?? element
      const { height, width } = target.getBoundingClientRect()
      if (width < 2 || height >= least - 0.5) return []
      return [`${height} px: ${element.outerHTML.slice(0, 120)}`]
    })
  }, least)
  expect(small).toEqual([])
}

/** Every page that an administrator has. */
export const PAGES = [
  '/',
  '/sites',
  '/sites/www.alice.test',
  '/sites/www.alice.test?tab=runtime',
  '/sites/www.alice.test?tab=activity',
  '/accounts',
  '/accounts/alice',
  '/accounts/alice?tab=sites',
  '/accounts/alice?tab=members',
  '/accounts/alice?tab=activity',
  '/packages',
  '/organisations',
  '/organisations/acme',
  '/organisations/acme?tab=members',
  '/people',
  '/people/admin',
  '/people/admin?tab=sessions',
  '/people/admin?tab=tokens',
  '/roles',
  '/changes',
  '/changes?tab=timeline',
  '/changes?tab=plan',
  '/health',
  '/identity-providers',
  '/identity-providers/corp',
  '/adoption',
  '/webhooks',
  '/settings',
  '/audit',
  '/profile',
  '/profile?tab=sign-in',
  '/profile?tab=identities',
  '/profile?tab=sessions',
  '/profile?tab=tokens',
  '/no-such-page',
]
