import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page, type Request } from '@playwright/test'
import { operationOf } from './api'
import { figure } from './bar'

/** Takes the files of a build in place of those in the panel, with the panel's own headers: to try a change without a new package. */
export async function fromDist(page: Page, dist: string) {
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

/** Rules of the quality bar that hold in every test: nothing on the console, no violation of the content policy, nobody else is asked. */
type Faults = { C1: string[]; C2: string[]; C3: string[] }

/**
 * A page that is watched: no error on the console, none of the content policy, no request to anybody else, and none to the API that its
 * description does not have. `watch` watches another tab as well. `quiet` says which answers are expected to be errors; 0 is no answer.
 */
export const test = base.extend<{ quiet: number[]; watch: (tab: Page) => Page; watched: Page }>({
  quiet: [[], { option: true }],
  watch: async ({ quiet, baseURL }, use) => {
    const faults: Faults = { C1: [], C2: [], C3: [] }
    const origin = new URL(baseURL ?? '').origin
    await use((tab) => {
      tab.on('console', (message) => {
        if (message.type() !== 'error' && message.type() !== 'warning') return
        const isExpected = quiet.some((status) => message.text().includes(`status of ${status} `))
        const isOffline = quiet.includes(0) && message.text().includes('ERR_')
        // other test servers come and go on this machine
        const isNetwork = message.text().includes('ERR_NETWORK_CHANGED')
        if (isExpected || isOffline || isNetwork) return
        faults[message.text().includes('Content Security Policy') ? 'C2' : 'C1'].push(
          `${message.text()} ${message.location().url}`,
        )
      })
      tab.on('pageerror', (error) => faults.C1.push(String(error)))
      tab.on('request', (request) => {
        const url = new URL(request.url())
        if (url.protocol === 'data:') return
        if (url.origin !== origin) faults.C3.push(`a request to ${url.origin}`)
        else if (url.pathname.startsWith('/api/') && !operationOf(request.method(), request.url())) {
          faults.C1.push(`not in the API's description: ${request.method()} ${url.pathname}`)
        }
      })
      return tab
    })
    figure('C1', 'errors and warnings', faults.C1.length, '', 0)
    figure('C2', 'violations of the content policy', faults.C2.length, '', 0)
    figure('C3', 'requests to others', faults.C3.length, '', 0)
    expect(faults).toEqual({ C1: [], C2: [], C3: [] })
  },
  watched: async ({ page, watch }, use) => {
    if (process.env.UI_DIST) await fromDist(page, process.env.UI_DIST)
    await use(watch(page))
  },
})

export { expect }

/** No violation of WCAG 2.2 AA and of good practice, in both themes: what is no matter of colours is the same in the dark. */
export async function expectAccessible(page: Page, ...off: string[]) {
  const theme = (colorScheme: 'light' | 'dark') => page.emulateMedia({ colorScheme })
  await theme('light')
  // what drops down from a field or a button floats outside of all landmarks
  const isDown = (await page.locator('[data-portal] [data-position]:visible').count()) > 0
  await expectNoViolation(new AxeBuilder({ page }).setLegacyMode().disableRules(isDown ? ['region', ...off] : off))
  await theme('dark')
  // the sign-in page, which the server makes, has no such attribute
  if (await page.locator('html[data-mantine-color-scheme]').count()) {
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  }
  await expectNoViolation(new AxeBuilder({ page }).setLegacyMode().withRules(['color-contrast', 'link-in-text-block']))
  await theme('light')
}

async function expectNoViolation(axe: AxeBuilder) {
  const look = async () =>
    (await axe.analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
  let found = await look()
  if (found.length > 0) {
    // what was just coming up is looked at once more when it stands
    await new Promise((done) => setTimeout(done, 400))
    found = await look()
  }
  expect.soft(found).toEqual([])
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
  await settled(page)
}

/** What the page reads is there, or is known not to come. */
export async function settled(page: Page) {
  await expect(page.locator('h1, [role=alert]').first()).toBeVisible()
  await expect(page.locator('[aria-busy=true], .mantine-Skeleton-root')).toHaveCount(0)
}

/** The language that the page speaks when it is loaded anew. */
export const speak = (page: Page, language: string) =>
  page.evaluate((language) => localStorage.setItem('language', language), language)

/** The page scrolls down alone. */
export async function expectNoSideways(page: Page) {
  const wide = await page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return []
    const all = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth)
    return ['the page scrolls sideways', ...all.map((one) => one.outerHTML.slice(0, 90)).slice(-5)]
  })
  expect.soft(wide).toEqual([])
}

/** What is not for people: names, code, what the server says. */
const AS_IT_IS =
  'script, style, noscript, time, [role=listbox], code, kbd, td, dd, h3, .mono, .diff, [data-server], #away'

/** Words of the product and names of objects. */
const NAMES =
  /^(Holdfast|Ctrl.*|admin|root|alice|acme|corp|small|bob|www\.alice\.test|shop\.alice\.test|\/no-such-page|sysctl.*|English|Deutsch|JSON.*|\d+ (days?|hrs?|mins?|secs?)\b.*)$/

/** Every text of the page went through the translation, which puts brackets round it. */
export async function expectTranslated(page: Page) {
  const left = await page.evaluate((asItIs) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? ''
      const isText = /[a-z]{4}/i.test(text) && !text.includes('［')
      if (isText && !node.parentElement?.closest(asItIs)) found.push(text)
    }
    return found
  }, AS_IT_IS)
  expect.soft(left.filter((text) => !NAMES.test(text))).toEqual([])
}

/** No text is cut off without a way to see the rest. */
export async function expectNoClipping(page: Page) {
  const cut = await page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>('body *')]
    return all.flatMap((element) => {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      )
      if (!hasText || !element.checkVisibility() || element.closest('.sr, .skip, [title], [data-cut]')) return []
      for (let box: HTMLElement | null = element; box && box !== document.body; box = box.parentElement) {
        // one pixel: it is for screen readers
        if (box.offsetWidth <= 1 && box.offsetHeight <= 1) return []
        const { overflowX, overflowY } = getComputedStyle(box)
        if (overflowX === 'auto' || overflowX === 'scroll' || overflowY === 'auto' || overflowY === 'scroll') break
        const isCut = overflowX !== 'visible' && box.scrollWidth > box.clientWidth + 1
        const isLow = overflowY !== 'visible' && box.scrollHeight > box.clientHeight + 2
        if (isCut || isLow) return [`${element.textContent?.slice(0, 60)} in ${box.outerHTML.slice(0, 90)}`]
      }
      return []
    })
  })
  expect.soft(cut).toEqual([])
}

/** Times are said as people say them, and each has its zone within reach. */
export async function expectNoRawTimes(page: Page) {
  const found = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const raw: string[] = []
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent ?? ''
      const isShown = node.parentElement && !node.parentElement.closest('script, style, code, .diff, [data-server]')
      if (isShown && /\d{4}-\d\d-\d\d(T|\s\d\d:)/.test(text)) raw.push(text)
    }
    const zone = /(UTC|GMT|[A-Z]{3,4}|[+-]\d{1,2}(:\d\d)?)$/
    const without = [...document.querySelectorAll('time')].filter(
      (time) => !zone.test(time.title || (time.textContent ?? '')),
    )
    return [...raw, ...without.map((time) => time.outerHTML)]
  })
  expect.soft(found).toEqual([])
}

/** Everything that is clicked or touched is at least so high; links within a text are as high as it. */
export async function expectTargets(page: Page, least: number) {
  const small = await page.evaluate((least) => {
    const all = [...document.querySelectorAll<HTMLElement>('a, button, summary, input, select, textarea, [role=tab]')]
    return all.flatMap((element) => {
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return []
      if (element.closest('.skip') || getComputedStyle(element).display === 'inline') return []
      const target =
        element.closest(
          '.mantine-Checkbox-body, .mantine-Switch-body, .mantine-SegmentedControl-control, [class*=-wrapper][class*=Input], [class*=-wrapper][class*=Select]',
        ) ?? element
      const { height, width } = target.getBoundingClientRect()
      if (width < 2 || height >= least - 0.5) return []
      return [`${height} px: ${element.outerHTML.slice(0, 120)}`]
    })
  }, least)
  expect.soft(small).toEqual([])
}

/** Every page that an administrator has. */
export const PAGES = [
  '/',
  '/sites',
  '/sites/www.alice.test',
  '/sites/www.alice.test?tab=runtime',
  '/sites/www.alice.test?tab=logs',
  '/sites/www.alice.test?tab=traffic',
  '/sites/www.alice.test?tab=activity',
  '/sites/www.alice.test?tab=https',
  '/certificates',
  '/accounts',
  '/accounts/alice',
  '/accounts/alice?tab=sites',
  '/accounts/alice?tab=certificates',
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
  '/jobs',
  '/start?step=you',
  '/start?step=server',
  '/start?step=name',
  '/start?step=roles',
  '/start?step=plan',
  '/start?step=done',
  '/webhooks',
  '/settings',
  '/settings?tab=authorities',
  '/audit',
  '/profile',
  '/profile?tab=sign-in',
  '/profile?tab=identities',
  '/profile?tab=sessions',
  '/profile?tab=tokens',
  '/no-such-page',
]
