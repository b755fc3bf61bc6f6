import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test, vi } from 'vitest'
import '../app/i18n'
import type { Schemas } from '../api/problem'
import { beginLinking, cameBackFrom } from '../features/identity/linking'
import { created, edited, valuesOf } from '../features/identity/ProviderForm'
import { commonChoices, decision, effectOf, fieldText, groupsOf, type Item, inOrder } from '../features/node/adoption'
import { figure, hasPeaks, rangeOf, type Series, summary, windowOf } from '../features/node/history/series'
import { byWorst } from '../features/node/Services'
import { NoticeLine } from '../features/notice/NoticeLine'
import { forHome, type Notice, noticeWords, placeOf } from '../features/notice/notices'

const provider: Schemas['IdentityProvider'] = {
  id: '1',
  name: 'corp',
  label: 'Example Corp',
  issuer: 'https://login.example.com',
  client_id: 'holdfast',
  has_secret: true,
  scopes: ['profile', 'email'],
  groups_claim: 'groups',
  makes_people: false,
  second_factor_counts: false,
  enabled: true,
  mappings: [{ group: 'staff', role: 'developer', organisation: 'acme', in_force: true }],
  redirect_uri: null,
  people: 3,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
}

test('a new provider says what is not as usual, and nothing else', () => {
  const values = { ...valuesOf(), name: ' corp ', issuer: 'https://login.example.com', client_id: 'holdfast' }
  expect(created(values)).toEqual({ name: 'corp', issuer: 'https://login.example.com', client_id: 'holdfast' })
  const mapping = { key: 'k', group: ' staff ', role: 'developer', organisation: 'acme' }
  expect(created({ ...values, client_secret: 's', enabled: false, scopes: ['groups'], mappings: [mapping] })).toEqual({
    name: 'corp',
    issuer: 'https://login.example.com',
    client_id: 'holdfast',
    client_secret: 's',
    enabled: false,
    scopes: ['groups'],
    mappings: [{ group: 'staff', role: 'developer', organisation: 'acme' }],
  })
})

test('an edit of a provider says what changes, and the secret stays unless it is told to go', () => {
  const values = valuesOf(provider)
  expect(edited(provider, values)).toEqual({})
  expect(edited(provider, { ...values, client_secret: 'new' })).toEqual({ client_secret: 'new' })
  expect(edited(provider, { ...values, isPublic: true })).toEqual({ client_secret: null })
  expect(edited(provider, { ...values, groups_claim: '', mappings: [] })).toEqual({ groups_claim: null, mappings: [] })
  expect(edited({ ...provider, has_secret: false }, { ...values, isPublic: true })).toEqual({})
})

test('who left to link a provider is known once, and for a short while', () => {
  beginLinking('corp')
  expect(cameBackFrom()).toBe('corp')
  expect(cameBackFrom()).toBeUndefined()
  beginLinking('corp')
  vi.useFakeTimers({ now: Date.now() + 700_000 })
  expect(cameBackFrom()).toBeUndefined()
  vi.useRealTimers()
})

const item = (more: Partial<Item>): Item => ({
  kind: 'site',
  id: 's',
  name: 's.test',
  why: 'unknown',
  host_generation: 2,
  host_absent: false,
  changes: [],
  choices: ['keep', 'remove', 'take_over'],
  ...more,
})

test('objects of an older database are grouped by why they wait, and decided about in an order that works', () => {
  const account = item({ kind: 'account', id: 'a', name: 'bob' })
  const site = item({ id: 'b', name: 'www.bob.test' })
  const gone = item({ id: 'c', why: 'behind', host_absent: true, choices: ['panel', 'host'] })
  const kept = item({ id: 'd', why: 'kept', choices: ['remove'] })
  const groups = groupsOf([account, kept, gone, site])
  expect(groups.map((group) => [group.why, group.items.length])).toEqual([
    ['absent', 1],
    ['unknown', 2],
    ['kept', 1],
  ])
  // what takes away comes last
  expect(commonChoices([account, site])).toEqual(['take_over', 'keep', 'remove'])
  expect(commonChoices([account, kept])).toEqual(['remove'])
  expect(inOrder([account, site], 'take_over')).toEqual([account, site])
  expect(inOrder([account, site], 'remove')).toEqual([site, account])
  const last = item({ id: 'e', why: 'behind', host_absent: true })
  expect(inOrder([account, gone, last], 'host')).toEqual([last, gone, account])
  expect(effectOf(gone, 'panel')).toBe('panelAgain')
  expect(effectOf(item({ kind: 'account', host_absent: true }), 'panel')).toBe('panelAccountAgain')
  expect(effectOf(gone, 'host')).toBe('hostAbsent')
  expect(effectOf(site, 'host')).toBe('host')
})

test('only an account that is taken over is given what the server does not know', () => {
  const besides = { email: 'a@b.test', organisation: '', package: 'basic' }
  expect(decision(item({ kind: 'account', id: 'a' }), 'take_over', besides).body).toEqual({
    kind: 'account',
    id: 'a',
    decision: 'take_over',
    email: 'a@b.test',
    package: 'basic',
  })
  expect(decision(item({}), 'take_over', besides).body).toEqual({ kind: 'site', id: 's', decision: 'take_over' })
  expect(decision(item({ kind: 'account' }), 'keep', besides).body).toEqual({
    kind: 'account',
    id: 's',
    decision: 'keep',
  })
})

test('a field of either side is read as it is', () => {
  expect([null, undefined, '8M', false, 0, []].map(fieldText)).toEqual([undefined, undefined, '8M', 'false', '0', '[]'])
})

const cpu: Series = {
  name: 'cpu',
  unit: 'ratio',
  average: [0.1, null, 0.3, 0.2],
  peak: [0.2, null, 0.9, 0.2],
}

test('what is not known is no figure', () => {
  expect(summary(cpu)).toEqual({ average: expect.closeTo(0.2), highest: 0.9, highestAt: 2, last: 0.2, missing: 1 })
  expect(summary({ ...cpu, average: [null], peak: [null] })).toBeUndefined()
  expect(hasPeaks(cpu)).toBe(true)
  expect(hasPeaks({ ...cpu, peak: cpu.average })).toBe(false)
  expect(figure(null, 'bytes')).toBeUndefined()
  expect([figure(0.42, 'ratio'), figure(1536, 'bytes_per_second'), figure(1.256, 'count')]).toEqual([
    '42%',
    '1.5 KiB/s',
    '1.26',
  ])
})

test('a time is up to now, or around a moment and not into the future', () => {
  const now = Date.parse('2026-03-01T12:00:00Z')
  expect(windowOf('1h', undefined, now)).toEqual({ from: '2026-03-01T11:00:00.000Z', to: '2026-03-01T12:00:00.000Z' })
  expect(windowOf('1h', '2026-02-01T12:00:00Z', now)).toEqual({
    from: '2026-02-01T11:30:00.000Z',
    to: '2026-02-01T12:30:00.000Z',
  })
  expect(windowOf('24h', '2026-03-01T11:00:00Z', now).to).toBe('2026-03-01T12:00:00.000Z')
  expect(windowOf('1h', 'nonsense', now).to).toBe('2026-03-01T12:00:00.000Z')
  expect([rangeOf('7d'), rangeOf('8d'), rangeOf(undefined), rangeOf('toString')]).toEqual(['7d', '24h', '24h', '24h'])
})

test('services that failed come first, and all others stay in their order', () => {
  const service = (unit: string, active: string) => ({ unit, active }) as Schemas['Service']
  const sorted = byWorst([
    service('a', 'active'),
    service('b', 'inactive'),
    service('c', 'failed'),
    service('d', 'missing'),
  ])
  expect(sorted.map(({ unit }) => unit)).toEqual(['c', 'd', 'a', 'b'])
})

const notice = (more: Partial<Notice>): Notice => ({
  id: 'objects/object.failed',
  topic: 'objects',
  code: 'object.failed',
  severity: 'error',
  count: 1,
  first_at: '2026-01-01T00:00:00Z',
  last_at: '2026-01-01T00:00:00Z',
  read: false,
  objects: [{ kind: 'site', id: '1', name: 'a.test' }],
  more: 0,
  ...more,
})

test('a notice speaks of all that it gathers, and leads to where one looks after it', () => {
  expect(noticeWords(notice({}))).toBe('1 object does not serve as asked')
  expect(noticeWords(notice({ more: 39 }))).toBe('40 objects do not serve as asked')
  expect(noticeWords(notice({ topic: 'drift', code: 'object.degraded' }))).toBe(
    'A managed file of 1 object was edited by hand',
  )
  expect(noticeWords(notice({ code: 'some.later', more: 1 }))).toBe('some.later: 2 objects')
  const [site] = notice({}).objects
  if (!site) throw new Error('it has one')
  expect(placeOf(notice({}), site)?.to).toBe('/sites/$site')
  expect(placeOf(notice({ topic: 'drift' }), site)?.to).toBe('/changes')
  expect(placeOf(notice({ topic: 'unknown' }), site)?.to).toBe('/adoption')
  expect(placeOf(notice({}), { kind: 'webhook', id: 'w', name: 'pager' })?.params).toEqual({ webhook: 'w' })
  expect(placeOf(notice({}), { kind: 'pool', id: 'p', name: 'p' })).toBeUndefined()
})

test('Home leaves out what stands there by itself, and what was read', () => {
  const disk = notice({ topic: 'server', code: 'node.disk_high' })
  expect(forHome([notice({}), disk, { ...disk, read: true }])).toEqual([disk])
})

/** Within what the pages stand on. */
function show(children: ReactNode) {
  const routeTree = createRootRoute({ component: () => children })
  const router = createRouter({ routeTree, history: createMemoryHistory() })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <RouterProvider router={router as never} />
      </MantineProvider>
    </QueryClientProvider>,
  )
}

test('a notice about many names three and counts the others', async () => {
  const objects = Array.from({ length: 20 }, (_, index) => ({ kind: 'site', id: `${index}`, name: `s${index}.test` }))
  show(<NoticeLine notice={notice({ objects, more: 20, count: 43 })} />)
  expect(await screen.findByText('40 objects do not serve as asked')).toBeVisible()
  expect(screen.getByText('37 more objects')).toBeVisible()
  expect(screen.getByRole('link', { name: 's2.test' })).toHaveAttribute('href', '/sites/s2.test')
  expect(screen.getByText('Error')).toBeVisible()
  expect(screen.getByText(/43 times/)).toBeVisible()
})
