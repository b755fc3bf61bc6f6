import type { Page, Route } from '@playwright/test'
import { failed, type Job, job, line, lines, withJobs, withLog } from './jobs'
import { tabTo } from './keyboard'
import { expect, expectAccessible, expectNoSideways, expectTargets, open, test } from './test'

const ID = '018f0000-0000-7000-8000-00000000000a'

/** A server that was just set up, without a role: what a real one is only once. */
type Fresh = {
  firstRun: string
  hostname: string | null
  password: string | null
  totp: boolean
  installed: boolean
  job: Job | null
  findings: object[]
  planned: string[]
  written: object[]
}

const fresh = (): Fresh => ({
  firstRun: 'open',
  hostname: 'server',
  password: null,
  totp: false,
  installed: false,
  job: null,
  findings: [
    finding('server.os', 'the distribution', 'ok', 'Debian 13'),
    finding('server.memory', 'memory', 'warning', '768 MiB', 'Have 1 GiB at least, or add swap.'),
    finding('server.clock', 'the clock', 'error', '47 s off', 'Start systemd-timesyncd.'),
    finding('server.role.web', 'role web', 'warning', '14 packages are missing', 'Install it.'),
    finding('panel.certificate', "the panel's certificate", 'warning', 'self-signed, until 2036-11-20', 'See below.'),
    finding('unit.active', 'holdfast-agent.service', 'ok', 'runs'),
  ],
  planned: [],
  written: [],
})

function finding(code: string, subject: string, severity: string, message: string, remedy: string | null = null) {
  return { code, subject, severity, message, remedy }
}

const CODES = Array.from({ length: 10 }, (_, index) => `abcd-efgh-${index}234`)
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const URI = `otpauth://totp/Holdfast:admin?secret=${SECRET}&issuer=Holdfast`

const setting = (key: string, value: unknown) => ({ key, value, default: null, what: key, updated_at: null })

const problem = (route: Route, status: number, code: string, more: object) =>
  route.fulfill({
    status,
    headers: { 'Content-Type': 'application/problem+json' },
    body: JSON.stringify({ type: `/problems/${code}`, title: 'No.', status, code, detail: 'Because.', ...more }),
  })

async function withServer(page: Page, server: Fresh) {
  await withJobs(page, () => (server.job ? [server.job] : []))
  await withLog(page, ID, () => lines(120), false)
  await page.route('**/api/v1/settings', (route) =>
    route.fulfill({
      json: { items: [setting('panel.hostname', server.hostname), setting('panel.first_run', server.firstRun)] },
    }),
  )
  await page.route('**/api/v1/settings/*', (route) => {
    const key = new URL(route.request().url()).pathname.split('/').at(-1)
    const { value } = route.request().postDataJSON()
    if (key === 'panel.hostname' && value && !/^[a-z0-9.-]+$/.test(value)) {
      const errors = [
        {
          pointer: '/value',
          code: 'bad_name',
          reason: 'That is no name of a host.',
          remedy: 'Write it so: panel.example.com.',
        },
      ]
      return problem(route, 422, 'invalid', { errors })
    }
    if (key === 'panel.hostname') server.hostname = value
    if (key === 'panel.first_run') server.firstRun = value
    server.written.push({ [key ?? '']: value })
    return route.fulfill({ json: setting(key ?? '', value) })
  })
  await page.route('**/api/v1/password', (route) => {
    const body = route.request().postDataJSON()
    if (body.new.length < 10) {
      const errors = [
        { pointer: '/new', code: 'too_short', reason: 'It has fewer than 10 characters.', remedy: 'Take four words.' },
      ]
      return problem(route, 422, 'invalid', { errors })
    }
    server.password = body.new
    return route.fulfill({ status: 204, body: '' })
  })
  await page.route('**/api/v1/persons/admin', async (route) => {
    const answer = await route.fetch()
    const person = await answer.json()
    await route.fulfill({ response: answer, json: { ...person, has_password: server.password !== null } })
  })
  await page.route('**/api/v1/second-factor', (route) =>
    route.fulfill({
      json: {
        asked: server.totp,
        totp_since: server.totp ? new Date().toISOString() : null,
        recovery_codes_left: server.totp ? 10 : 0,
        passkeys: 0,
      },
    }),
  )
  await page.route('**/api/v1/second-factor/totp', (route) =>
    route.fulfill({ json: { secret: SECRET, uri: URI, expires_at: new Date(Date.now() + 600_000).toISOString() } }),
  )
  await page.route('**/api/v1/second-factor/totp/confirm', (route) => {
    if (route.request().postDataJSON().code !== '123456')
      return problem(route, 403, 'wrong_code', { title: 'A wrong code.' })
    server.totp = true
    return route.fulfill({ json: { codes: CODES } })
  })
  await page.route('**/api/v1/doctor', (route) =>
    route.fulfill({ json: { worst: 'error', findings: server.findings } }),
  )
  await page.route('**/api/v1/node/roles', (route) => {
    const packages = ['nginx', 'openssh-server', 'php8.4-fpm']
    const works = server.job?.state === 'running'
    const web = {
      name: 'web',
      what: 'Web sites with PHP, and SFTP',
      state: works ? 'installing' : server.installed ? 'installed' : 'missing',
      packages,
      missing: server.installed ? [] : packages,
      memory_bytes: 20 * 2 ** 20,
      job: server.job,
    }
    return route.fulfill({ json: { items: [web] } })
  })
  await page.route(/\/api\/v1\/node\/roles\/web\/install/, (route) => {
    const asked = new URL(route.request().url()).searchParams
    const step = {
      code: 'packages.install',
      summary: 'install nginx, php8.4-fpm of role web',
      impact: 'none',
      path: null,
      diff: null,
      unknown: null,
    }
    const objects = [{ kind: 'node_role', id: 'web', name: 'web', generation: 1, steps: [step] }]
    if (asked.has('dry_run')) {
      server.planned.push('web')
      return route.fulfill({ json: { plan: { hash: 'h1', impact: 'none', objects } } })
    }
    expect(asked.get('expect_plan')).toBe('h1')
    server.job = job(ID)
    return route.fulfill({ status: 202, json: server.job })
  })
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name })
const next = (page: Page) => page.getByRole('button', { name: 'Next' })

test.describe('the first run', () => {
  // what is refused on purpose
  test.use({ quiet: [403, 409, 422] })

  test('from a fresh server to a ready one, by keyboard alone', async ({ watched: page }) => {
    test.setTimeout(400_000)
    const server = fresh()
    await withServer(page, server)
    await open(page, '/start')
    await expect(page).toHaveURL(/step=you/)

    // the password: one that is refused, then one that is taken
    await tabTo(page, 'textbox', 'New password')
    await page.keyboard.type('short')
    await page.keyboard.press('Enter')
    const password = page.getByLabel('New password')
    await expect(password).toHaveAttribute('aria-invalid', 'true')
    await expect(page.getByText('Take four words.')).toBeVisible()
    await expect(password).toBeFocused()
    await expectAccessible(page)
    await password.fill('')
    await page.keyboard.type('a long walk by the sea')

    // the authenticator: a picture that can be scanned, its secret beside it, and codes that must be kept
    await tabTo(page, 'button', 'Set up an authenticator')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await expect(page.getByText('JBSW Y3DP EHPK')).toBeVisible()
    await expect(page.getByLabel('The first code that it shows')).toBeFocused()
    await expectAccessible(page)
    await page.keyboard.type('123 456')
    await page.keyboard.press('Enter')
    await expect(page.getByText('abcd-efgh-0234')).toBeVisible()
    await expect(next(page)).toBeDisabled()
    await expect(page.getByRole('link', { name: 'Check' })).toHaveCount(0)
    await expectAccessible(page)
    await tabTo(page, 'checkbox', 'I have kept the codes')
    await page.keyboard.press('Space')
    await expect(next(page)).toBeEnabled()
    await tabTo(page, 'button', 'Next')
    await page.keyboard.press('Enter')

    // the check: what is in the way first, each with what to do; looked at again in place
    await expect(heading(page, 'Check the server')).toBeFocused()
    expect(server.password).toBe('a long walk by the sea')
    await expect(page.getByText('1 thing is in the way')).toBeVisible()
    await expect(page.locator('[data-severity]').first()).toContainText('the clock 47 s off')
    await expect(page.getByText('Start systemd-timesyncd.')).toBeVisible()
    await expect(page.getByText('role web')).toHaveCount(0)
    await expectAccessible(page)
    server.findings = server.findings.map((found) =>
      (found as { code: string }).code === 'server.clock' ? finding('server.clock', 'the clock', 'ok', 'right') : found,
    )
    await tabTo(page, 'button', 'Look again')
    await page.keyboard.press('Enter')
    await expect(page.getByText('1 thing could be better')).toBeVisible()
    await tabTo(page, 'button', 'Next')
    await page.keyboard.press('Enter')

    // the name: one that is refused, one that is taken with the step
    await expect(heading(page, 'Name and certificate')).toBeFocused()
    await expect(page.getByText('self-signed, until 2036-11-20')).toBeVisible()
    await tabTo(page, 'textbox', 'Name of the panel')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('not a name')
    await page.keyboard.press('Enter')
    await expect(page.getByText('Write it so: panel.example.com.')).toBeVisible()
    await expectAccessible(page)
    await page.keyboard.press('Control+a')
    await page.keyboard.type('panel.example.com')
    await tabTo(page, 'button', 'Next')
    await page.keyboard.press('Enter')

    // the roles: what is usual is on; off is fine
    await expect(heading(page, 'What will run here')).toBeFocused()
    expect(server.hostname).toBe('panel.example.com')
    const web = page.getByRole('switch', { name: 'Web' })
    await expect(web).toBeChecked()
    await expect(page.getByText('about 20 MiB of memory', { exact: true })).toBeVisible()
    await tabTo(page, 'switch', 'Web')
    await page.keyboard.press('Space')
    await expect(page.getByText('Nothing will be installed.')).toBeVisible()
    await expect(page).toHaveURL(/roles=none/)
    await page.keyboard.press('Space')
    await expect(page).toHaveURL(/roles=web/)
    await expectAccessible(page)
    await tabTo(page, 'button', 'Next')
    await page.keyboard.press('Enter')

    // the plan, and exactly that
    await expect(heading(page, 'What will be done')).toBeFocused()
    await expect(page.getByText('install nginx, php8.4-fpm of role web')).toBeVisible()
    await expectAccessible(page)
    await tabTo(page, 'button', /^Install$/)
    await page.keyboard.press('Enter')
    const steps = page.getByRole('list', { name: 'Steps', exact: true })
    await expect(steps.getByRole('listitem')).toHaveCount(5)
    await expect(page.getByRole('log')).toContainText('Setting up package-120')
    await expectAccessible(page)

    // it fails, is tried again, and ends well
    server.job = failed(ID)
    await expect(page.getByRole('alert')).toContainText('apt-get could not install the packages.')
    await expectAccessible(page)
    await page.route(`**/api/v1/jobs/${ID}/retry`, (route) => {
      server.job = job(ID, { attempts: 2 })
      return route.fulfill({ status: 202, json: server.job })
    })
    await tabTo(page, 'button', /^Try again/)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toHaveCount(0)
    server.installed = true
    server.job = job(ID, { state: 'done', attempts: 2, ended_at: new Date().toISOString(), may_cancel: false })
    await expect(page.getByRole('region', { name: 'Web' }).locator('.badge').first()).toHaveText('Done')
    await tabTo(page, 'button', 'Next')
    await page.keyboard.press('Enter')

    // the end: marked, and three ways on
    await expect(heading(page, 'The server is ready')).toBeFocused()
    await expect(page.getByText('The set-up is done.', { exact: false })).toBeVisible()
    expect(server.firstRun).toBe('done')
    for (const name of ['Serve the first site', 'Let others in', 'Read the guide']) {
      await expect(page.getByRole('heading', { level: 3, name })).toBeVisible()
    }
    await expectAccessible(page)
    await tabTo(page, 'link', 'Add account')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('dialog', { name: 'Add account' })).toBeVisible()
  })

  test('it is left and gone on with: each step is an address, and the last one is remembered', async ({
    watched: page,
  }) => {
    const server = fresh()
    await withServer(page, server)
    await open(page, '/start?step=roles')
    await page.getByRole('switch', { name: 'Web' }).click()
    await expect(page).toHaveURL(/roles=none/)
    await next(page).click()
    await expect(page.getByText('Nothing is chosen, so nothing is installed')).toBeVisible()
    expect(server.planned).toEqual([])
    await expectAccessible(page)
    await page.reload()
    await expect(page.getByText('Nothing is chosen, so nothing is installed')).toBeVisible()
    await page.getByRole('link', { name: 'Leave for now' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible()
    await page.getByRole('link', { name: 'Go on' }).click()
    await expect(heading(page, 'What will be done')).toBeVisible()
    await expect(page).toHaveURL(/roles=none/)
    await page.goBack()
    await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible()
    await page.goto('/start?step=plan&roles=web')
    await expect(page.getByRole('button', { name: 'Go on without installing' })).toBeVisible()
    await page.getByRole('link', { name: /^Name/ }).click()
    await expect(heading(page, 'Name and certificate')).toBeVisible()
    await page.goBack()
    await expect(heading(page, 'What will be done')).toBeVisible()
  })

  test('recovery codes are not left by accident', async ({ watched: page }) => {
    const server = fresh()
    await withServer(page, server)
    await open(page, '/start?step=you')
    await page.getByRole('button', { name: 'Set up an authenticator' }).click()
    await page.getByLabel('The first code that it shows').fill('000000')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByRole('alert')).toContainText('A wrong code.')
    await page.getByLabel('The first code that it shows').fill('123456')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByText('abcd-efgh-0234')).toBeVisible()
    await page.getByRole('navigation', { name: 'Navigation' }).getByRole('link', { name: 'Sites' }).click()
    await expect(page.getByRole('alert')).toContainText('Keep the recovery codes first')
    await expect(page).toHaveURL(/\/start/)
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the codes' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('holdfast-recovery-codes-admin.txt')
    await expect(page.getByRole('alert')).toHaveCount(0)
    await next(page).click()
    await expect(heading(page, 'Check the server')).toBeVisible()
  })

  test('a job that runs is found again after a reload', async ({ watched: page }) => {
    const server = fresh()
    server.job = job(ID)
    await withServer(page, server)
    await open(page, '/start?step=roles')
    await expect(page.getByRole('switch', { name: 'Web' })).toBeDisabled()
    await page.getByRole('link', { name: 'Being installed' }).click()
    await expect(page.getByRole('log')).toContainText('package-120')
    await page.reload()
    await expect(page.getByRole('log')).toContainText('package-120')
    await expect(page.getByRole('button', { name: /^Cancel/ })).toBeVisible()
  })

  test('a plan that is another one meanwhile is shown, and nothing is done', async ({ watched: page }) => {
    const server = fresh()
    await withServer(page, server)
    await page.route(/\/node\/roles\/web\/install\?expect_plan/, (route) => {
      const step = { code: 'packages.install', summary: 'install php8.4-fpm alone', impact: 'none' }
      const objects = [{ kind: 'node_role', id: 'web', name: 'web', generation: 1, steps: [step] }]
      return problem(route, 409, 'plan_changed', { plan: { hash: 'h2', impact: 'none', objects } })
    })
    await open(page, '/start?step=plan')
    await page.getByRole('button', { name: 'Install', exact: true }).click()
    await expect(page.getByText('The server has changed meanwhile.', { exact: false })).toBeVisible()
    await expect(page.getByText('install php8.4-fpm alone')).toBeVisible()
    expect(server.job).toBeNull()
  })
})

test.describe('Home', () => {
  test('the list stays until it is put away', async ({ watched: page }) => {
    const server = fresh()
    await withServer(page, server)
    await page.addInitScript(() => localStorage.setItem('start', '{}'))
    await open(page, '/')
    const list = page.getByRole('region', { name: 'Set up this server' })
    await expect(list.getByRole('listitem')).toHaveCount(4)
    await expect(list.getByText('Open', { exact: true })).toHaveCount(4)
    await expectAccessible(page)
    await list.getByRole('button', { name: 'Put this list away' }).click()
    await expect(list).toHaveCount(0)
    expect(server.written).toEqual([{ 'panel.first_run': 'done' }])
  })

  test('a one-time link leads to the first run, once', async ({ watched: page }) => {
    const server = fresh()
    await withServer(page, server)
    await page.route('**/api/v1/me', async (route) => {
      const answer = await route.fetch()
      const session = await answer.json()
      const permissions = [...session.permissions, 'job.view', 'job.manage']
      await route.fulfill({ response: answer, json: { ...session, permissions, factors: 'link' } })
    })
    await page.goto('/')
    await expect(heading(page, 'Language and sign-in')).toBeVisible()
    await page.getByRole('link', { name: 'Leave for now' }).click()
    await expect(page.getByRole('region', { name: 'Set up this server' })).toBeVisible()
    await page.reload()
    await expect(page.getByRole('region', { name: 'Set up this server' })).toBeVisible()
    await expect(page).toHaveURL(/\/$/)
  })
})

const STEPS = ['you', 'server', 'name', 'roles', 'plan', 'done']

for (const [name, use] of [
  ['dark', { colorScheme: 'dark' }],
  ['a phone', { viewport: { width: 360, height: 740 }, hasTouch: true }],
] as const) {
  test.describe(name, () => {
    test.use(use)
    for (const step of STEPS) {
      test(`${step} is accessible, fits and can be touched`, async ({ watched: page }) => {
        await withServer(page, fresh())
        await open(page, `/start?step=${step}`)
        await expect(page.getByRole('heading', { level: 2 })).toBeVisible()
        await expectAccessible(page)
        await expectNoSideways(page)
        await expectTargets(page, name === 'dark' ? 24 : 44)
        await page.screenshot({ path: `shots/start-${step}.${name.replace(/\W/g, '-')}.png`, fullPage: true })
      })
    }
  })
}

test.describe('languages', () => {
  for (const step of STEPS) {
    test(`${step} is translated, and mirrored where one reads so`, async ({ watched: page }) => {
      await withServer(page, fresh())
      await page.addInitScript(() => localStorage.setItem('language', 'de'))
      await open(page, `/start?step=${step}`)
      await expect(page.getByRole('heading', { level: 1, name: 'Diesen Server einrichten' })).toBeVisible()
      await page.addInitScript(() => localStorage.setItem('language', 'ar'))
      await open(page, `/start?step=${step}`)
      await expectNoSideways(page)
      await expectAccessible(page)
    })
  }
})

test('the picture is dark on white in a dark theme, and says what it must', async ({ watched: page }) => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await withServer(page, fresh())
  await open(page, '/profile?tab=sign-in')
  await page.getByRole('button', { name: 'Set up an authenticator' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click()
  const picture = page.getByRole('img', { name: /QR code/ })
  await expect(picture).toBeVisible()
  const colours = await picture.evaluate((svg) => [...svg.children].map((part) => getComputedStyle(part).fill))
  expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)'])
  await expectAccessible(page)
  await page.screenshot({ path: 'shots/totp.dark.png' })
})

test('a log line of a job in the first run is not lost', async ({ watched: page }) => {
  const server = fresh()
  server.job = failed(ID)
  await withServer(page, server)
  await withLog(page, ID, () => [...lines(40), line(41, 'E: Unable to fetch some archives')])
  await open(page, '/start?step=plan&roles=web')
  await expect(page.getByRole('log').locator('[data-mark]')).toHaveText('E: Unable to fetch some archives')
})
