import { afterEach, expect, test, vi } from 'vitest'
import { followSiteLog, type SiteLogLine, siteLogAddress } from '../api/siteLog'
import { busiest, everyDay } from '../features/web/logs/days'

afterEach(() => vi.unstubAllGlobals())

const line = (id: string) => ({ id, uri: `/${id}`, cut: false }) as SiteLogLine
const event = (id: string, data: object) => `event: x\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

test('what is looked for goes into the address as a text', () => {
  expect(siteLogAddress('a b', { kind: 'access', search: '&status=200', status: '' }, '/follow')).toBe(
    '/api/v1/sites/a%20b/logs/follow?kind=access&search=%26status%3D200',
  )
})

test('a site’s log goes on behind its last line when the stream breaks, and says where lines are missing', async () => {
  const asked: (string | undefined)[] = []
  const streams = [
    event('f-1', { at: 'f-1', gap: false }) + event('f-2', line('f-1')),
    event('f-3', line('f-2')) + event('g-1', { at: 'g-1', gap: true }),
  ]
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers['Last-Event-ID'])
    const text = streams.shift()
    if (text === undefined) return new Response('', { status: 404 })
    return new Response(text, { headers: { 'Content-Type': 'text/event-stream' } })
  })
  const got: string[] = []
  const links: string[] = []
  let gaps = 0
  await followSiteLog(
    'www.example.test',
    { kind: 'access' },
    undefined,
    {
      lines: (lines) => got.push(...lines.map(({ id }) => id)),
      gap: () => {
        gaps += 1
      },
      link: (link) => links.push(link),
    },
    new AbortController().signal,
  )
  expect(got).toEqual(['f-1', 'f-2'])
  expect(asked).toEqual([undefined, 'f-2', 'g-1'])
  expect(gaps).toBe(1)
  expect(links).toEqual(['live', 'lost', 'live', 'lost', 'refused'])
})

test('a day without visitors is a day with none', () => {
  const now = Date.parse('2026-03-01T23:00:00Z')
  const some = [{ day: '2026-02-28', requests: 3, bytes: 40 }]
  expect(everyDay(some, 3, now)).toEqual([
    { day: '2026-02-27', requests: 0, bytes: 0 },
    { day: '2026-02-28', requests: 3, bytes: 40 },
    { day: '2026-03-01', requests: 0, bytes: 0 },
  ])
  expect(busiest(everyDay(some, 3, now), 'bytes')?.day).toBe('2026-02-28')
  expect(busiest([], 'bytes')).toBeUndefined()
})
