import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import '../app/i18n'
import '../components/layers'
import type { Schemas } from '../api/problem'
import { SiteNames } from '../features/web/names/SiteNames'

vi.mock('../app/session', () => ({ useMe: () => ({ may: () => true }) }))

const SITE = { id: 's1', name: 'www.example.test' } as Schemas['Site']
const AT = '2026-06-01T12:00:00Z'

const check = (more: Partial<Schemas['NameCheck']> = {}): Schemas['NameCheck'] => ({
  checked_at: AT,
  next_at: AT,
  leads: 'here',
  answers: 'yes',
  not_looked: null,
  places: [{ address: '198.51.100.7', of_server: true, answers: 'yes' }],
  alias: null,
  name_servers: ['ns1.example.net'],
  caa: [],
  ttl: 300,
  troubles: [],
  ...more,
})

const name = (more: Partial<Schemas['SiteName']> = {}): Schemas['SiteName'] => ({
  name: 'www.example.test',
  is_primary: true,
  state: 'good',
  ownership: { state: 'approved', proof: null, proven_at: null, accepted: [], record: null, record_seen: null },
  check: check(),
  ...more,
})

const asked: string[] = []

/** The page over an API that answers the list with these names, and a check with the first. */
function shown(names: Schemas['SiteName'][]) {
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    const body = request.method === 'GET' ? { items: names, next: null } : names[0]
    return new Response(JSON.stringify(body), { status: 200, headers: { 'Content-Type': 'application/json' } })
  })
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <MantineProvider env="test">
        <SiteNames site={SITE} />
      </MantineProvider>
    </QueryClientProvider>,
  )
}

beforeEach(() => {
  asked.length = 0
  vi.stubGlobal('scrollTo', () => {})
})
afterEach(() => vi.unstubAllGlobals())

test('each name is told with how it stands, where it leads, and what is to be done, with the record to copy', async () => {
  const records = [{ name: 'shop.example.test', kind: 'A', value: '198.51.100.7' }]
  const trouble = { code: 'a_elsewhere', detail: 'It leads to 203.0.113.9.', remedy: 'Set an A record.', records }
  const places = [{ address: '203.0.113.9', of_server: false, answers: 'no' as const }]
  shown([
    name(),
    name({
      name: 'shop.example.test',
      state: 'trouble',
      check: check({ leads: 'elsewhere', answers: 'no', places, troubles: [trouble] }),
    }),
  ])
  const good = await screen.findByRole('region', { name: 'www.example.test' })
  expect(within(good).getByText('Leads here and answers')).toBeVisible()
  expect(within(good).getByText('to this server')).toBeVisible()
  const bad = screen.getByRole('region', { name: 'shop.example.test' })
  for (const text of ['The A record leads elsewhere', 'It leads to 203.0.113.9.', 'Set an A record.', '198.51.100.7']) {
    expect(within(bad).getByText(text)).toBeVisible()
  }
  expect(within(bad).getByRole('button', { name: /Value/ })).toBeVisible()
})

test('what nobody has looked at is not called good', async () => {
  shown([name({ state: 'unseen', check: null })])
  expect(await screen.findByText('Not looked at yet')).toBeVisible()
  expect(screen.queryByText('Leads here and answers')).toBeNull()
})

test('a name that waits shows the record that proves it, and is checked once its plan was seen', async () => {
  const record = { name: '_holdfast-challenge.www.example.test', kind: 'TXT', value: 'holdfast-verify=abc' }
  const ownership = { state: 'pending', proof: null, proven_at: null, accepted: ['dns' as const], record, record_seen: 'missing' }
  shown([name({ state: 'not_served', ownership })])
  expect(await screen.findByText('holdfast-verify=abc')).toBeVisible()
  expect(screen.getByText('The record is not there yet.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Check www.example.test again' }))
  expect(await screen.findByRole('dialog')).toBeVisible()
})

test('a name that is known is checked at once', async () => {
  shown([name()])
  await userEvent.click(await screen.findByRole('button', { name: 'Check www.example.test again' }))
  expect(asked).toContain('POST /api/v1/sites/s1/names/www.example.test/check')
})
