import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { figure } from './bar'
import { tabTo } from './keyboard'
import { onServer, PASSWORD } from './server'
import { expect, expectAccessible, open, test } from './test'

/*
 * The first run on a server that has no role yet, to its end: nothing of it is played. It needs one of its own, since it is one only once:
 * `cargo xtask host --roles none` boots one.
 */
test.use({ storageState: { cookies: [], origins: [] }, quiet: [0, 403, 422] })

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name })

/** Presses a button or a link by keyboard. */
async function press(page: Page, role: 'button' | 'link', name: string | RegExp) {
  await tabTo(page, role, name)
  await page.keyboard.press('Enter')
}

/** What an authenticator shows of a secret (RFC 6238). */
function codeOf(secret: string) {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)))
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const hash = createHmac('sha1', key).update(time).digest()
  const at = (hash.at(-1) ?? 0) & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

type Line = { seq: number; at: string; text: string }

/** A job's whole log, as the API has it. */
async function logOf(page: Page, job: string): Promise<Line[]> {
  const all: Line[] = []
  for (;;) {
    const answer = await page.request.get(`/api/v1/jobs/${job}/log?after=${all.at(-1)?.seq ?? 0}`)
    const { items } = (await answer.json()) as { items: Line[] }
    if (items.length === 0) return all
    all.push(...items)
  }
}

/** A log that is shown in a page, from its first line to its last: the numbers, and each line as it stands there. */
async function shownIn(page: Page): Promise<Map<number, string>> {
  const seen = new Map<number, string>()
  const log = page.getByRole('log')
  await log.evaluate((box) => box.scrollTo(0, 0))
  for (;;) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    const lines = await log
      .locator('.log-line')
      .evaluateAll((all) =>
        all.map((one): [number, string] => [Number((one as HTMLElement).dataset.seq), one.textContent ?? '']),
      )
    const numbers = lines.map(([seq]) => seq)
    expect(numbers, 'neighbours follow each other').toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))
    for (const [seq, text] of lines) seen.set(seq, text)
    const isEnd = await log.evaluate((box) => {
      const before = box.scrollTop
      box.scrollBy(0, box.clientHeight)
      return box.scrollTop === before
    })
    if (isEnd) return seen
  }
}

/** The log as the page hands it over in a file: every line that it has, in its order. */
async function takenFrom(page: Page): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the log' }).click(),
  ])
  return readFileSync(await file.path(), 'utf8')
}

const lineCount = async (page: Page) =>
  Number(/(\d+) lines?/.exec(await page.getByText(/^\d+ lines?\b/).innerText())?.[1])

/** The panel dies without warning; systemd begins another one. */
const killPanel = () => onServer('systemctl', 'kill', '--signal=KILL', 'holdfast-panel.service')
const panelProcess = () =>
  onServer('systemctl', 'show', '--value', '--property=MainPID', 'holdfast-panel.service').trim()

test('A2 S4 from the one-time link to a server that serves, by keyboard alone; the panel is killed while it installs', async ({
  watched: page,
  watch,
}) => {
  test.setTimeout(600_000)
  const roles = JSON.parse(onServer('holdfast', '--json', 'node', 'roles')).items as { state: string }[]
  test.skip(
    roles.some(({ state }) => state !== 'missing'),
    'this server has its roles already: cargo xtask host --roles none boots one that has none',
  )
  const timed = async (name: string, work: () => Promise<void>) => {
    const began = Date.now()
    await test.step(name, work)
    const took = Date.now() - began
    figure('X1', `first run: ${name.replace(/^([A-Z]\d+ )+/, '')}`, took, 'ms')
    process.stdout.write(`${String(took).padStart(7)} ms  ${name}\n`)
  }
  const web = page.getByRole('region', { name: 'Web' })
  const state = (within: Page | Locator) => within.locator('.badge').first()
  let job = ''
  let second = page

  await timed('A2 the one-time link leads to the first run', async () => {
    const made = JSON.parse(onServer('holdfast', 'login-link', '--json'))
    await page.goto(`/login#${made.token}`)
    await expect(heading(page, 'Language and sign-in')).toBeVisible()
  })

  await timed('A2 a password and an authenticator', async () => {
    await tabTo(page, 'textbox', 'New password')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    const password = page.getByLabel('New password')
    await expect(password).toHaveAttribute('aria-invalid', 'true')
    await expect(password).toBeFocused()
    await expectAccessible(page)
    await page.keyboard.press('Control+a')
    await page.keyboard.type(PASSWORD)
    await press(page, 'button', 'Set up an authenticator')
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await expect(page.getByLabel('The first code that it shows')).toBeFocused()
    const uri = await page.getByRole('link', { name: /authenticator/ }).getAttribute('href')
    await page.keyboard.type(codeOf(new URL(uri ?? '').searchParams.get('secret') ?? ''))
    await page.keyboard.press('Enter')
    await tabTo(page, 'checkbox', 'I have kept the codes')
    await page.keyboard.press('Space')
    await press(page, 'button', 'Next')
  })

  await timed('A2 the check of the server', async () => {
    await expect(heading(page, 'Check the server')).toBeFocused()
    await expect(page.locator('[data-severity]').first()).toBeVisible()
    await expect(page.getByText('role web')).toHaveCount(0)
    await expectAccessible(page)
    await press(page, 'button', 'Look again')
    await press(page, 'button', 'Next')
  })

  await timed('A2 the name of the panel', async () => {
    await expect(heading(page, 'Name and certificate')).toBeFocused()
    await expect(page.getByText('self-signed', { exact: false }).first()).toBeVisible()
    await tabTo(page, 'textbox', 'Name of the panel')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('not a name')
    await page.keyboard.press('Enter')
    await expect(page.getByLabel('Name of the panel')).toHaveAttribute('aria-invalid', 'true')
    await expectAccessible(page)
    await page.keyboard.press('Control+a')
    await page.keyboard.type('panel.example.test')
    await press(page, 'button', 'Next')
  })

  await timed('A2 the roles, and what will be done', async () => {
    await expect(heading(page, 'What will run here')).toBeFocused()
    await expect(page.getByRole('switch', { name: 'Web' })).toBeChecked()
    await press(page, 'button', 'Next')
    await expect(heading(page, 'What will be done')).toBeFocused()
    await expect(page.getByText(/steps? on the server/)).toBeVisible()
    await expectAccessible(page)
  })

  await timed('A2 the installation is begun, and its log comes', async () => {
    await press(page, 'button', /^Install$/)
    await expect(page.getByRole('log')).toBeVisible()
    await expect(page.getByRole('list', { name: 'Steps', exact: true }).getByRole('listitem')).toHaveCount(5)
  })

  await timed('S4 the panel is killed, the page is reloaded, a second tab is open', async () => {
    const { items } = await (await page.request.get('/api/v1/jobs')).json()
    job = items[0].id
    second = watch(await page.context().newPage())
    await open(second, `/jobs/${job}`)
    await expect.poll(() => lineCount(second)).toBeGreaterThan(0)
    await page.bringToFront()
    await expect(page.getByRole('log')).toContainText('Unpacking', { timeout: 60_000 })
    const before = panelProcess()
    killPanel()
    const reached = await lineCount(second)
    await page.reload()
    await expect(page.getByRole('log')).toBeVisible({ timeout: 60_000 })
    expect(panelProcess()).not.toBe(before)
    // otherwise nothing of this was tried
    await expect(state(web)).toHaveText('Runs')
    await expect(state(second)).toHaveText('Runs')
    await expect.poll(() => lineCount(second), { message: 'the second tab goes on by itself' }).toBeGreaterThan(reached)
  })

  await timed('A2 the installation ends well', async () => {
    await expect(state(web)).toHaveText('Done', { timeout: 300_000 })
    await expect(state(second)).toHaveText('Done')
    await expectAccessible(page)
  })

  await timed('S4 no line is missing in either tab, and none is there twice', async () => {
    const lines = await logOf(page, job)
    expect(lines.length).toBeGreaterThan(100)
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1))
    for (const tab of [second, page]) {
      await tab.bringToFront()
      await expect(tab.getByText(`${lines.length} lines`)).toBeVisible()
      expect([...(await shownIn(tab))]).toEqual(lines.map(({ seq, text }) => [seq, text]))
      expect(await takenFrom(tab)).toBe(lines.map(({ at, text }) => `${at} ${text}\n`).join(''))
    }
    await second.close()
  })

  await timed('A2 the end, and the way on', async () => {
    await press(page, 'button', 'Next')
    await expect(heading(page, 'The server is ready')).toBeFocused()
    await expect(page.getByText('The set-up is done.', { exact: false })).toBeVisible()
    await expectAccessible(page)
    expect(onServer('holdfast', '--json', 'node', 'roles')).toContain('"installed"')
    expect(onServer('systemctl', 'is-active', 'nginx.service').trim()).toBe('active')
    await press(page, 'link', 'Add account')
    await expect(page.getByRole('dialog', { name: 'Add account' })).toBeVisible()
  })
})
