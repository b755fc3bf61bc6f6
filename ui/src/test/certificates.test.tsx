import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import '../app/i18n'
import '../components/layers'
import { change } from '../api/change'
import { asCommand, asCurl } from '../api/copy'
import { type Problem, sortErrors } from '../api/problem'
import { touchedBy } from '../api/queries'
import { pageOf } from '../components/EventLine'
import * as authorities from '../features/cert/authority/values'
import { created, ReplaceChain } from '../features/cert/CertificateForms'
import { actsOf } from '../features/cert/CertificateMenu'
import { OrderState } from '../features/cert/OrderState'
import { partsOf, readPem } from '../features/cert/pem'
import { type Certificate, endOf, endWords, factsOf, type Order, reasonWords, titleOf } from '../features/cert/words'
import { edited, mayPreload, type Site, type Values, valuesOf } from '../features/web/https/values'

vi.mock('../app/session', () => ({ useMe: () => ({ may: () => true }) }))

const DAY = 86_400_000
const NOW = Date.parse('2026-06-01T12:00:00Z')
const in_ = (days: number) => new Date(NOW + days * DAY).toISOString()

const order = (more: Partial<Order> = {}): Order => ({ state: 'issued', left_out: [], failures: 0, ...more })
const certificate = (more: Partial<Certificate> = {}): Certificate => ({
  id: 'c1',
  account: 'alice',
  names: ['a.test', 'www.a.test'],
  source: 'authority',
  key_kind: 'ecdsa',
  self_signed: false,
  issuer: 'Example CA',
  serial: '01',
  not_before: in_(-60),
  not_after: in_(30),
  covers: ['a.test', 'www.a.test'],
  site: null,
  sites: [],
  order: order(),
  created_at: in_(-60),
  updated_at: in_(-60),
  generation: 3,
  observed_generation: 3,
  condition: 'ready',
  attempts: 0,
  since: in_(-60),
  ...more,
})
const words = (more: Partial<Certificate>) =>
  factsOf(certificate(more), NOW).map((fact) => `${fact.tone}: ${fact.words}`)

test('a certificate is told of below 14 days from its end, and one of a short life in its last third', () => {
  const ends = (before: number, after: number) => endOf({ not_before: in_(before), not_after: in_(after) }, NOW)
  expect([ends(-76, 14.1), ends(-77, 13.9), ends(-90, -0.1)]).toEqual(['far', 'soon', 'over'])
  expect([ends(-3, 3), ends(-4.1, 1.9)]).toEqual(['far', 'soon'])
  expect(endOf({ not_before: null, not_after: null }, NOW)).toBe('none')
  expect(endOf({ not_after: in_(13) }, NOW)).toBe('soon')
  expect(endWords({ not_before: in_(-78), not_after: in_(12.5) }, NOW)).toBe('Ends in 12 days')
  expect(endWords({ not_before: in_(-92), not_after: in_(-2.5) }, NOW)).toBe('Ended 2 days ago')
  expect(endWords({ not_before: null, not_after: null }, NOW)).toBeUndefined()
})

test('what is to be known of a certificate is said at once, and nothing where all is well', () => {
  expect(words({})).toEqual([])
  expect(words({ self_signed: true, not_before: null, not_after: null, order: order({ state: 'ordering' }) })).toEqual([
    'warning: Signs itself',
    'moving: Is being ordered',
  ])
  expect(words({ not_before: in_(-80), not_after: in_(9.5), order: order({ state: 'failed', failures: 4 }) })).toEqual([
    'warning: Ends in 9 days',
    'bad: Order failed',
  ])
  const left = { name: 'b.test', reason: 'authority_dns', detail: '', remedy: '' }
  expect(words({ order: order({ left_out: [left] }) })).toEqual(['warning: Lacks names'])
  expect(words({ source: 'brought', order: null, not_after: in_(-1) })).toEqual(['bad: Ended yesterday'])
})

test('a certificate is called by its first name and how many there are besides', () => {
  expect(
    [[], ['a.test'], ['a.test', 'b.test'], ['a.test', 'b.test', 'c.test']].map((names) => titleOf({ names })),
  ).toEqual(['Of no name yet', 'a.test', 'a.test and 1 more', 'a.test and 2 more'])
})

test('reasons of authorities are said in words, and those of later releases as they are', () => {
  expect(reasonWords('authority_caa')).toBe('A CAA record forbids it')
  expect(reasonWords('no_dns_provider')).toBe('A name with a star is proved by DNS alone')
  expect(reasonWords('authority_new_kind')).toBe('authority new kind')
})

test('each certificate has the actions that it can have, for whoever may do them', () => {
  const all = (more: Partial<Certificate>) => actsOf(certificate(more), () => true)
  expect(all({})).toEqual(['renew', 'delete'])
  expect(all({ source: 'brought', order: null })).toEqual(['replace', 'delete'])
  // it goes with its site
  expect(all({ site: 's1' })).toEqual(['renew'])
  expect(all({ condition: 'failed' })).toEqual(['renew', 'retry', 'delete'])
  expect(actsOf(certificate(), (operation) => operation.startsWith('GET'))).toEqual([])
})

test('a new certificate is asked for with its chain and key, or with names, and never with both', () => {
  const values = { how: 'bring', account: 'a', chain: 'C', key: 'K', names: [' x.test '] } as const
  expect(created({ ...values, names: [...values.names] })).toEqual({ account: 'a', chain: 'C', key: 'K' })
  const ordered = { ...values, how: 'order' as const, names: [...values.names] }
  expect(created(ordered)).toEqual({ account: 'a', names: ['x.test'] })
})

const block = (kind: string, body: string) => `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----`

test('a file is taken apart: certificates into the one field, keys into the other, all else left out', async () => {
  const text = [
    'Bag Attributes\r\n  friendlyName: x',
    block('EC PARAMETERS', 'cGFyYW0='),
    block('EC PRIVATE KEY', 'a2V5'),
    block('CERTIFICATE', 'b3du'),
    'subject=/CN=above',
    block('CERTIFICATE', 'YWJvdmU='),
  ].join('\r\n')
  expect(partsOf(text)).toEqual({
    chain: `${block('CERTIFICATE', 'b3du')}\n${block('CERTIFICATE', 'YWJvdmU=')}\n`,
    key: `${block('EC PRIVATE KEY', 'a2V5')}\n`,
  })
  expect(partsOf(block('ENCRYPTED PRIVATE KEY', 'eA==')).key).toContain('ENCRYPTED')
  expect(await readPem([new File(['0\x82'], 'a.der')])).toBeUndefined()
  expect(await readPem([new File([block('CERTIFICATE', 'x'.repeat(300_000))], 'a.pem')])).toBeUndefined()
  const files = [new File([block('CERTIFICATE', 'YQ==')], 'a.crt'), new File([block('PRIVATE KEY', 'Yg==')], 'a.key')]
  expect(await readPem(files)).toEqual({
    chain: `${block('CERTIFICATE', 'YQ==')}\n`,
    key: `${block('PRIVATE KEY', 'Yg==')}\n`,
  })
})

test('a private key is in no command that is copied, while what is not secret is', () => {
  const made = change('put', '/api/v1/certificates/{certificate}/chain', {
    path: { certificate: 'c1' },
    body: { chain: 'CHAIN', key: 'CANARY' },
  })
  const bound = change('post', '/api/v1/authorities', {
    body: { name: 'z', directory: 'https://z.test/d', terms_agreed: true, eab: { key_id: 'kid', key: 'CANARY' } },
  })
  for (const text of [asCurl(made), asCommand(made), asCurl(bound), asCommand(bound)]) {
    expect(text).not.toContain('CANARY')
    expect(text).toContain('"key":"..."')
  }
  expect(asCommand(made)).toContain('"chain":"CHAIN"')
  expect(asCommand(bound)).toContain('"key_id":"kid"')
})

test('a refused value is at the field that is nearest, where one field is inside of another', () => {
  const fields = ['https', 'https.certificate', 'https.hsts', 'https.hsts.preload']
  const of = (pointer: string) => ({ pointer, code: 'x', reason: pointer, remedy: '' })
  const pointers = ['/https', '/https/certificate', '/https/hsts/preload', '/https/hsts/max_age', '/other']
  const sorted = sortErrors({ errors: pointers.map(of) } as unknown as Problem, fields)
  expect(sorted.known).toEqual({
    https: '/https',
    'https.certificate': '/https/certificate',
    'https.hsts.preload': '/https/hsts/preload',
    'https.hsts': '/https/hsts/max_age',
  })
  expect(sorted.others.map(({ pointer }) => pointer)).toEqual(['/other'])
})

test('what happens to certificates makes old what shows them, and leads to their pages', () => {
  expect(touchedBy('certificate')).toEqual(expect.arrayContaining(['certificate', 'site']))
  for (const kind of ['site', 'job', 'authority']) expect(touchedBy(kind)).toContain('certificate')
  expect(pageOf('certificate', 'a.test and 1 more', 'c1')?.params).toEqual({ certificate: 'c1' })
  expect(pageOf('authority', 'letsencrypt', 'x')).toEqual({
    to: '/settings',
    params: {},
    search: { tab: 'authorities' },
  })
})

const site = (https: Site['https']) => ({ https }) as Site
const wanted = (before: Site['https'], more: Partial<Values>, https: Partial<Values['https']> = {}) => {
  const values = valuesOf(site(before))
  return edited(site(before), { ...values, ...more, https: { ...values.https, ...https } })
}
const on = { certificate: { id: 'own', own: true }, force: false, hsts: null }

test('an edit of HTTPS says what changes, off is null, and on again is whole', () => {
  expect(wanted(on, {})).toEqual({})
  expect(wanted(on, { isOn: false })).toBeNull()
  expect(wanted(null, { isOn: true })).toEqual({ certificate: null, force: false })
  expect(wanted(on, {}, { certificate: 'other' })).toEqual({ certificate: 'other' })
  expect(wanted({ ...on, certificate: { id: 'other', own: false } }, {}, { certificate: 'own' })).toEqual({
    certificate: null,
  })
  expect(wanted(on, {}, { force: true })).toEqual({ force: true })
})

test('browsers are told nothing without being sent on, and nothing for good without a year and all names below', () => {
  const hsts = { max_age: '31536000', include_subdomains: true, preload: true }
  expect(wanted(on, { isHsts: true }, { hsts })).toEqual({})
  expect(wanted(on, { isHsts: true }, { force: true, hsts })).toEqual({
    force: true,
    hsts: { max_age: 31_536_000, include_subdomains: true, preload: true },
  })
  for (const short of [{ max_age: '3600' }, { include_subdomains: false }]) {
    expect(mayPreload({ ...hsts, ...short })).toBe(false)
    expect(wanted(on, { isHsts: true }, { force: true, hsts: { ...hsts, ...short } })).toMatchObject({
      hsts: { preload: false },
    })
  }
  const told = { ...on, force: true, hsts: { max_age: 3600, include_subdomains: false, preload: false } }
  expect(wanted(told, {})).toEqual({})
  expect(wanted(told, { isHsts: false })).toEqual({ hsts: null })
  // to force nobody any more is to say nothing any more
  expect(wanted(told, {}, { force: false })).toEqual({ force: false, hsts: null })
  expect(wanted(told, {}, { hsts: { max_age: '0', include_subdomains: false, preload: false } })).toMatchObject({
    hsts: { max_age: 0 },
  })
})

test('an authority is made with what is given, and an edit keeps its key unless another one is given or it is to go', () => {
  const values = { ...authorities.valuesOf(undefined, true), name: ' le ', directory: ' https://a.test/d ' }
  expect(authorities.created({ ...values, terms_agreed: true })).toEqual({
    name: 'le',
    directory: 'https://a.test/d',
    terms_agreed: true,
    default: true,
  })
  expect(authorities.created({ ...values, eab: { key_id: 'k', key: 's' } })).toMatchObject({
    terms_agreed: false,
    eab: { key_id: 'k', key: 's' },
  })
  const authority: authorities.Authority = {
    id: '1',
    name: 'le',
    directory: 'https://a.test/d',
    contact: 'a@b.test',
    eab_key_id: 'k',
    default: false,
    registered: true,
    created_at: in_(0),
    updated_at: in_(0),
  }
  const before = authorities.valuesOf(authority)
  expect(authorities.edited(authority, before)).toEqual({})
  expect(authorities.edited(authority, { ...before, contact: '', default: true })).toEqual({
    contact: null,
    default: true,
  })
  expect(authorities.edited(authority, { ...before, eab: { key_id: 'k', key: 'new' } })).toEqual({
    eab: { key_id: 'k', key: 'new' },
  })
  expect(authorities.edited(authority, { ...before, isUnbound: true })).toEqual({ eab: null })
})

const wrapped = (children: ReactNode) => (
  <QueryClientProvider client={new QueryClient()}>
    <MantineProvider env="test">{children}</MantineProvider>
  </QueryClientProvider>
)

/** With a router around it, since forms guard the way out. */
async function shown(children: ReactNode) {
  const root = createRootRoute({ component: () => wrapped(children) })
  const router = createRouter({ routeTree: root, history: createMemoryHistory({ initialEntries: ['/'] }) })
  render(<RouterProvider router={router as never} />)
}

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => {})
  localStorage.clear()
  sessionStorage.clear()
})
afterEach(() => vi.unstubAllGlobals())

test('a key is taken from a file, sent as it is, refused at its field, and kept nowhere in the browser', async () => {
  const bodies: unknown[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    bodies.push(await request.json())
    const errors = [{ pointer: '/key', code: 'key_of_another', reason: 'It does not fit.', remedy: 'Send its own.' }]
    const refused = { type: '', title: '', status: 422, code: 'invalid', detail: '', errors }
    return new Response(JSON.stringify(refused), {
      status: 422,
      headers: { 'Content-Type': 'application/problem+json' },
    })
  })
  await shown(<ReplaceChain certificate={certificate({ source: 'brought' })} onClose={() => {}} />)
  await screen.findByRole('button', { name: 'Preview changes' })
  const [chain, key] = [block('CERTIFICATE', 'b3du'), block('PRIVATE KEY', 'CANARY')]
  const input = document.querySelector<HTMLInputElement>('input[type=file]') as HTMLInputElement
  await userEvent.upload(input, new File([`${key}\n${chain}\n`], 'both.pem'))
  await waitFor(() => expect(screen.getByLabelText(/^Private key/)).toHaveValue(`${key}\n`))
  expect(screen.getByLabelText(/^Certificate and chain/)).toHaveValue(`${chain}\n`)
  expect(screen.getByLabelText(/^Private key/)).toHaveAttribute('autocomplete', 'off')
  await userEvent.click(screen.getByRole('button', { name: 'Preview changes' }))
  await screen.findByText('It does not fit. Send its own.')
  expect(screen.getByLabelText(/^Private key/)).toHaveAttribute('aria-invalid', 'true')
  expect(bodies).toEqual([{ chain: `${chain}\n`, key: `${key}\n` }])
  const kept = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, location.href])
  expect(kept).not.toContain('CANARY')
})

test('a file without a key says so at the field', async () => {
  await shown(<ReplaceChain certificate={certificate({ source: 'brought' })} onClose={() => {}} />)
  await screen.findByRole('button', { name: 'Preview changes' })
  const inputs = document.querySelectorAll<HTMLInputElement>('input[type=file]')
  await userEvent.upload(inputs[1] as HTMLInputElement, new File(['no pem'], 'a.key'))
  await screen.findByText('There is no private key in PEM in it.')
})

test('an order that failed tells its words and the remedy, the names that are left out, and when it is next', async () => {
  const failed = order({
    state: 'failed',
    authority: 'letsencrypt',
    error: 'DNS problem: NXDOMAIN',
    remedy: 'Have the name lead to this server.',
    failures: 3,
    renew_at: in_(400),
    renew_because: 'failed',
    job: 'j1',
    left_out: [{ name: 'b.test', reason: 'authority_caa', detail: 'CAA forbids', remedy: 'Add a record.' }],
  })
  await shown(<OrderState order={failed} />)
  await screen.findByText('The last 3 orders failed')
  for (const text of [
    'DNS problem: NXDOMAIN',
    'Have the name lead to this server.',
    'A CAA record forbids it',
    'CAA forbids',
  ]) {
    expect(screen.getByText(text)).toBeVisible()
  }
  expect(screen.getByText(/the order before failed/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Open the job' })).toHaveAttribute('href', '/jobs/j1')
})
