import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { example, operationOf, PLAN, problem } from './api'
import { give, type Layer } from './layers'
import {
  expect,
  expectAccessible,
  expectNoClipping,
  expectNoRawTimes,
  expectNoSideways,
  expectTargets,
  expectTranslated,
  open,
  settled,
  speak,
  test,
} from './test'

const ID = '0199d0b4-0000-7000-8000-00000000000c'
const AT = `/certificates/${ID}`
const JOB = '0199d0b4-0000-7000-8000-00000000000d'
const DAY = 86_400_000
/** A moment so many days from now, in the middle of an hour: days are counted whole. */
const day = (days: number) => new Date(Date.now() + days * DAY + DAY / 48).toISOString()

const certificate = (more: object): NonNullable<Layer['given']> => ({
  certificate_show: example('Certificate', {
    id: ID,
    account: 'alice',
    names: ['shop.alice.test', 'www.alice.test'],
    covers: ['shop.alice.test', 'www.alice.test'],
    source: 'authority',
    key_kind: 'ecdsa',
    issuer: "R12 (Let's Encrypt)",
    serial: '04:9f:3a',
    not_before: day(-30),
    not_after: day(60),
    condition: 'ready',
    site: null,
    sites: [{ id: ID, name: 'www.alice.test' }],
    ...more,
  }),
})
const order = (more: object) => ({
  order: {
    state: 'issued',
    authority: 'letsencrypt',
    job: null,
    left_out: [],
    error: null,
    remedy: null,
    failures: 0,
    renew_at: day(30),
    renew_because: 'age',
    ordered_at: day(-30),
    issued_at: day(-30),
    ...more,
  },
})

/** Answers what a change asks for: what it would do, then that it is done. Gives the bodies that were sent. */
async function hold(page: Page, id: string, answers: (() => ReturnType<typeof problem>)[] = []) {
  const sent: unknown[] = []
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    if (operationOf(request.method(), request.url())?.id !== id) return route.fallback()
    const refused = answers.shift()?.()
    if (refused) return route.fulfill(refused)
    const isDryRun = new URL(request.url()).searchParams.get('dry_run') === 'true'
    if (isDryRun) return route.fulfill({ json: PLAN })
    sent.push(request.postDataJSON())
    await route.fulfill({ status: 202, json: {} })
  })
  return sent
}

const refused = (...pointers: string[]) =>
  problem(422, 'invalid', {
    errors: pointers.map((pointer) => ({ pointer, code: 'refused', reason: `Refused: ${pointer}.`, remedy: '' })),
  })

/** What a screen reader says of a field, with why it is refused. */
const said = (field: Locator) =>
  field.evaluate((one) =>
    (one.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' '),
  )

test.describe('what is read', () => {
  test.use({ quiet: [422] })

  test('A1 A4 I2 I4 U2 an order that failed: the words of the authority, the remedy, and what is next', async ({
    watched: page,
  }) => {
    const left = {
      name: 'www.alice.test',
      reason: 'authority_caa',
      detail: 'CAA record for alice.test prevents issuance',
      remedy: 'Add a record that names it.',
      retry_at: day(1),
    }
    const failed = {
      state: 'failed',
      error: 'no valid A records',
      remedy: 'Have the name lead to this server.',
      failures: 3,
    }
    await give(page, certificate({ ...order({ ...failed, renew_because: 'failed', left_out: [left], job: JOB }) }))
    await open(page, AT)
    await expect(page.getByRole('heading', { level: 1, name: 'shop.alice.test and 1 more' })).toBeVisible()
    await expect(page.getByText('The last 3 orders failed')).toBeVisible()
    await expect(page.getByText('no valid A records')).toBeVisible()
    await expect(page.getByText('Have the name lead to this server.')).toBeVisible()
    await expect(page.getByText('A CAA record forbids it')).toBeVisible()
    await expect(page.getByText('CAA record for alice.test prevents issuance')).toBeVisible()
    await expect(page.getByText(/the order before failed/)).toBeVisible()
    await expect(page.getByRole('link', { name: 'Open the job' })).toHaveAttribute('href', `/jobs/${JOB}`)
    await expectAccessible(page)
    await expectNoRawTimes(page)
    await expectTargets(page, 24)
    await page.setViewportSize({ width: 360, height: 740 })
    await expectTargets(page, 44)
    await expectNoSideways(page)
    await speak(page, 'en-XA')
    await page.reload()
    await settled(page)
    await expectTranslated(page)
    await expectNoClipping(page)
    await expectNoSideways(page)
  })

  test('one that signs itself is marked, and one that was brought says when it ends', async ({ watched: page }) => {
    const none = { issuer: null, serial: null, not_before: null, not_after: null, covers: [] }
    await give(page, certificate({ ...none, self_signed: true, ...order({ state: 'ordering', job: JOB }) }))
    await open(page, AT)
    await expect(page.getByText('browsers warn visitors of it')).toBeVisible()
    await expect(page.getByText('Is being ordered').first()).toBeVisible()
    await page.unrouteAll()
    await give(page, certificate({ source: 'brought', order: null, not_before: day(-353), not_after: day(12) }))
    await page.reload()
    await expect(page.getByText('Nobody renews a certificate that was brought')).toBeVisible()
    await expect(page.getByText('Ends in 12 days').first()).toBeVisible()
    await page.getByRole('button', { name: 'Actions' }).click()
    await expect(page.getByRole('menuitem', { name: 'Replace chain' })).toBeVisible()
    await expect(page.getByRole('menuitem', { name: 'Order now' })).toHaveCount(0)
    await expectAccessible(page, 'region')
  })

  test('a certificate for names of one’s own is asked for with those, and no chain', async ({ watched: page }) => {
    const sent = await hold(page, 'certificate_create')
    await open(page, '/certificates?open=new')
    const form = page.getByRole('dialog', { name: 'Add certificate' })
    await form.getByText('From an authority', { exact: true }).click()
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await expect(form.getByText('Enter a name at least.')).toBeVisible()
    await chooseAccount(page, form)
    const names = form.getByRole('combobox', { name: 'Names' })
    await names.fill('shop')
    await names.press('ArrowDown')
    await page.getByRole('option', { name: 'shop.alice.test' }).click()
    await page.keyboard.press('Tab')
    await expectAccessible(page)
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Order certificate' }).click()
    await expect(form).toHaveCount(0)
    expect(sent).toEqual([{ account: 'alice', names: ['shop.alice.test'] }])
  })

  test('a private key is not shown, not copied, and not kept', async ({ watched: page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await give(page, certificate({ source: 'brought', order: null }))
    await open(page, `${AT}?open=replace`)
    const form = page.getByRole('dialog', { name: /Replace the chain/ })
    const both = ['PRIVATE KEY', 'CERTIFICATE'].map(
      (kind) => `-----BEGIN ${kind}-----\nQ0FOQVJZ\n-----END ${kind}-----\n`,
    )
    const file = { name: 'both.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(both.join('')) }
    await form.locator('input[type=file]').first().setInputFiles(file)
    const key = form.getByRole('textbox', { name: 'Private key' })
    await expect(key).toHaveValue(/^-----BEGIN PRIVATE KEY-----/)
    await expect(form.getByRole('textbox', { name: 'Certificate and chain' })).toHaveValue(
      /^-----BEGIN CERTIFICATE-----/,
    )
    await expect(key).toHaveCSS('-webkit-text-security', 'disc')
    for (const name of ['Copy as a command of holdfast', 'Copy as a call of curl']) {
      await form.getByRole('button', { name: 'Copy as a command' }).click()
      await page.getByRole('menuitem', { name }).click()
      await expect(page.getByRole('menuitem', { name: 'Copied' })).toBeVisible()
      const text = await page.evaluate(() => navigator.clipboard.readText())
      expect(text).toContain('"key":"..."')
      expect(text).not.toContain('PRIVATE')
      await page.keyboard.press('Escape')
    }
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href, document.cookie]),
    )
    expect(kept).not.toContain('PRIVATE')
    const elsewhere = await page.evaluate(
      () => [...document.querySelectorAll('textarea')].filter((one) => one.value.includes('PRIVATE')).length,
    )
    expect(elsewhere).toBe(1)
  })

  test('a well-known authority is a choice, its terms are agreed to, and what it asks for is asked', async ({
    watched: page,
  }) => {
    const sent = await hold(page, 'authority_create', [() => refused('/terms_agreed')])
    await give(page, { authority_list: { items: [], next_cursor: null } })
    await open(page, '/settings?tab=authorities')
    await expect(page.getByText('No authority yet')).toBeVisible()
    await page.getByRole('button', { name: 'Add authority' }).click()
    const form = page.getByRole('dialog', { name: 'Add authority' })
    const directory = form.getByRole('textbox', { name: 'Directory' })
    await expect(directory).toHaveValue('https://acme-v02.api.letsencrypt.org/directory')
    await expect(form.getByRole('checkbox', { name: 'Certificates are ordered here' })).toBeChecked()
    const choose = async (name: string) => {
      await form.getByRole('combobox', { name: 'Authority' }).click()
      await page.getByRole('option', { name, exact: true }).click()
    }
    await choose("Let's Encrypt (staging)")
    await expect(form.getByText('No browser trusts what it issues.')).toBeVisible()
    await choose('Another one')
    await expect(directory).toHaveValue('')
    await choose('ZeroSSL')
    await expect(form.getByText(/ZeroSSL wants to know its customers/)).toBeVisible()
    await expect(form.getByRole('link', { name: 'Terms of ZeroSSL' })).toHaveAttribute('rel', 'noreferrer')
    await form.getByRole('textbox', { name: 'Key ID (EAB)' }).fill('kid')
    await form.getByLabel('Key (EAB)', { exact: true }).fill('c2VjcmV0')
    await form.getByRole('button', { name: 'Preview changes' }).click()
    const agree = form.getByRole('checkbox', { name: 'I agree to its terms of service' })
    await expect(agree).toBeFocused()
    expect(await said(agree)).toContain('Refused: /terms_agreed.')
    await expectAccessible(page)
    await agree.check()
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Add authority' }).click()
    await expect(form).toHaveCount(0)
    expect(sent).toEqual([
      {
        name: 'zerossl',
        directory: 'https://acme.zerossl.com/v2/DV90',
        terms_agreed: true,
        eab: { key_id: 'kid', key: 'c2VjcmV0' },
        default: true,
      },
    ])
  })

  test('HSTS is explained, guarded, and refused at its fields', async ({ watched: page }) => {
    const https = { certificate: { id: ID, own: true }, force: false, hsts: null }
    const fields = ['certificate', 'force', 'hsts/max_age', 'hsts/include_subdomains', 'hsts/preload']
    const sent = await hold(page, 'site_edit', [
      () => refused(...fields.map((name) => `/https/${name}`), '/https/hsts'),
    ])
    await give(page, { site_show: (site: object) => ({ ...site, https }), ...certificate({ site: ID, ...order({}) }) })
    await open(page, '/sites/www.alice.test?tab=https')
    await expect(page.getByText('are served by HTTP')).toBeVisible()
    await page.getByRole('button', { name: 'Edit HTTPS' }).click()
    const form = page.getByRole('dialog', { name: 'HTTPS of www.alice.test' })
    const box = (name: string) => form.getByRole('checkbox', { name, exact: true })
    await expect(box('Tell browsers so')).toBeDisabled()
    await box('Send visitors by HTTP on to HTTPS').check()
    await box('Tell browsers so').check()
    await expect(form.getByText(/begin with an hour/)).toBeVisible()
    await expect(box("Browsers' makers may build it in")).toBeDisabled()
    await form.getByRole('combobox', { name: 'For how long' }).click()
    await page.getByRole('option', { name: '1 year', exact: true }).click()
    await expect(box("Browsers' makers may build it in")).toBeDisabled()
    await box('For all names below, too').check()
    await box("Browsers' makers may build it in").check()
    await expectAccessible(page)
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await expect(form.getByText('Refused: /https/hsts/preload.')).toBeVisible()
    for (const name of [...fields, 'hsts']) {
      const field = form.locator(`[data-path="https.${name.replace('/', '.')}"]`)
      await expect(field).toHaveAttribute('aria-invalid', 'true')
      expect(await said(field)).toContain(`Refused: /https/${name}.`)
    }
    await expect(form.getByRole('alert')).toHaveCount(0)
    await expectAccessible(page)
    await box("Browsers' makers may build it in").uncheck()
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
    const hsts = { max_age: 31_536_000, include_subdomains: true, preload: false }
    expect(sent).toEqual([{ https: { force: true, hsts } }])
  })

  test('HTTPS that is switched off says what is lost, and switched on begins with the own certificate', async ({
    watched: page,
  }) => {
    const sent = await hold(page, 'site_edit')
    const https = { certificate: { id: ID, own: true }, force: true, hsts: { max_age: 3600 } }
    await give(page, { site_show: (site: object) => ({ ...site, https }), ...certificate(order({})) })
    await open(page, '/sites/www.alice.test?tab=https&open=https')
    const form = page.getByRole('dialog', { name: 'HTTPS of www.alice.test' })
    await form.getByRole('checkbox', { name: 'The site answers by HTTPS' }).uncheck()
    await expect(form.getByText('Visitors find nothing by HTTPS any more')).toBeVisible()
    await expect(form.getByText(/cannot open the site until that time is over/)).toBeVisible()
    await expectAccessible(page)
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    const more = await hold(page, 'site_edit')
    await give(page, { site_show: (site: object) => ({ ...site, https: null }) })
    await open(page, '/sites/www.alice.test?tab=https')
    await expect(page.getByText('It answers by HTTP alone')).toBeVisible()
    await page.getByRole('button', { name: 'Switch HTTPS on' }).click()
    await form.getByRole('checkbox', { name: 'The site answers by HTTPS' }).check()
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
    expect([...sent, ...more]).toEqual([{ https: null }, { https: { certificate: null, force: false } }])
  })

  test('what the server listens on for HTTPS is said and edited, and refused at its field', async ({
    watched: page,
  }) => {
    const sent = await hold(page, 'node_edit', [() => refused('/listen_tls/0', '/tls_profile')])
    await give(page, {
      node_show: (node: object) => ({ ...node, listen_tls: ['0.0.0.0:443', '[::]:443'], tls_profile: 'intermediate' }),
    })
    await open(page, '/health')
    await expect(page.getByText('Since 2014 or so (TLS 1.2 and 1.3)')).toBeVisible()
    await page.getByRole('button', { name: 'Edit addresses' }).click()
    const form = page.getByRole('dialog', { name: 'Edit addresses' })
    const listen = form.getByRole('textbox', { name: 'For HTTPS it listens on' })
    await listen.fill('')
    await expect(form.getByText('No site answers by HTTPS any more')).toBeVisible()
    await listen.fill('0.0.0.0:443')
    await form.getByRole('combobox', { name: 'Visitors' }).click()
    await page.getByRole('option', { name: /TLS 1.3 alone/ }).click()
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await expect(listen).toBeFocused()
    expect(await said(listen)).toContain('Refused: /listen_tls/0.')
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await form.getByRole('button', { name: 'Save' }).click()
    await expect(form).toHaveCount(0)
    expect(sent).toEqual([{ listen_tls: ['0.0.0.0:443'], tls_profile: 'modern' }])
  })
})

/** Where there are several accounts, the one of the tests. */
async function chooseAccount(page: Page, form: Locator) {
  const account = form.getByRole('combobox', { name: 'Account', exact: true })
  if (!(await account.isVisible())) return
  await account.click()
  await page.getByRole('option', { name: 'alice', exact: true }).click()
}

/** A certificate with its key, issued by a root of its own: what somebody who bought one has, in one file. */
function bought(name: string, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const at = (file: string) => `${folder}/${file}`
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('root.key'),
    '-out',
    at('root.pem'),
    '-days',
    '90',
    '-subj',
    '/CN=Test root',
  )
  const asked = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  openssl('req', '-new', ...key, '-keyout', at('own.key'), '-out', at('own.csr'), ...asked)
  const by = ['-CA', at('root.pem'), '-CAkey', at('root.key'), '-copy_extensions', 'copy', '-days', '60']
  openssl('x509', '-req', '-in', at('own.csr'), ...by, '-out', at('own.pem'))
  // in an order that no web server would take
  return ['root.pem', 'own.key', 'own.pem'].map((file) => readFileSync(at(file), 'utf8')).join('')
}

test.describe('what is done', () => {
  test.use({ quiet: [409] })

  test('a certificate is brought, shown by a site, kept while it is shown, and deleted', async ({
    watched: page,
  }, info) => {
    const name = `b${Date.now().toString(36)}.alice.test`
    const pem = bought(name, info.outputDir)
    await open(page, '/certificates')
    await page.getByRole('button', { name: 'Add certificate' }).click()
    const form = page.getByRole('dialog', { name: 'Add certificate' })
    const file = { name: 'bought.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(pem) }
    await form.locator('input[type=file]').first().setInputFiles(file)
    await expect(form.getByRole('textbox', { name: 'Private key' })).toHaveValue(/PRIVATE KEY/)
    await chooseAccount(page, form)
    await form.getByRole('button', { name: 'Preview changes' }).click()
    await expect(form.getByText(/on the server/)).toBeVisible()
    await form.getByRole('button', { name: 'Bring certificate' }).click()
    await expect(form).toHaveCount(0)
    await page.getByRole('searchbox', { name: 'Filter by name' }).fill(name)
    const row = page.getByRole('row', { name: new RegExp(name) })
    await expect(row).toContainText('Ready', { timeout: 40_000 })
    await row.getByRole('link', { name }).click()
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
    await expect(page.getByText('Brought by its owner')).toBeVisible()
    await expect(page.getByText('Test root')).toBeVisible()
    const at = new URL(page.url()).pathname

    const show = async (what: string | RegExp) => {
      await open(page, '/sites/shop.alice.test?tab=https')
      await page.getByRole('button', { name: /Edit HTTPS|Switch HTTPS on/ }).click()
      const https = page.getByRole('dialog', { name: 'HTTPS of shop.alice.test' })
      await https.getByRole('checkbox', { name: 'The site answers by HTTPS' }).check()
      await https.getByRole('combobox', { name: 'Certificate' }).click()
      await page.getByRole('option', { name: what }).click()
      await https.getByRole('button', { name: 'Preview changes' }).click()
      await https.getByRole('button', { name: 'Save' }).click()
      await expect(https).toHaveCount(0)
    }
    await show(new RegExp(`^${name}`))
    await expect(page.getByRole('link', { name })).toBeVisible()
    await expect(page.getByText('(chosen)')).toBeVisible()

    await open(page, at)
    await expect(page.getByRole('link', { name: 'shop.alice.test' })).toBeVisible()
    const ask = page.getByRole('dialog', { name: `Delete the certificate ${name}` })
    const remove = async () => {
      await page.getByRole('button', { name: 'Actions' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
    }
    await remove()
    await expect(ask.getByRole('alert')).toContainText('shop.alice.test shows it')
    await ask.getByRole('button', { name: 'Keep it' }).click()

    await show('Its own')
    await open(page, at)
    await remove()
    await ask.getByLabel(`Type ${name} to confirm`).fill(name)
    await ask.getByRole('button', { name: 'Delete certificate' }).click()
    await expect(page).toHaveURL(/\/certificates$/)
    await expect(page.getByRole('row', { name: new RegExp(name) })).toHaveCount(0, { timeout: 40_000 })
  })
})
