import { MantineProvider } from '@mantine/core'
import { render, screen } from '@testing-library/react'
import { encode } from 'uqr'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { followLog, type JobLine, keeper } from '../api/jobLog'
import { pieces } from '../components/LiveLog'
import { pathOf, QrCode } from '../components/QrCode'
import { lineAt, topsOf } from '../components/useWindowed'
import { firstJobs } from '../features/job/JobList'
import { elapsed, firstFailingLine, type Job, jobReport, masked, stepAt } from '../features/job/words'
import { lastPlace, rolesOf, rolesText } from '../features/start/steps'

const at = (second: number) => new Date(Date.parse('2026-11-20T10:00:00Z') + second * 1000).toISOString()
const line = (seq: number, text = `line ${seq}`): JobLine => ({ seq, at: at(seq), text })
const step = (name: string, state: string, began?: number) => ({ name, state, started_at: began ? at(began) : null })
const job = (more: Partial<Job> = {}): Job => ({
  id: 'one',
  kind: 'role.install',
  object: { kind: 'node_role', id: 'web', name: 'web' },
  state: 'failed',
  steps: [step('check', 'done', 1), step('packages', 'failed', 10), step('verify', 'pending')],
  log_lines: 30,
  created_by: 'admin',
  via: 'session',
  created_at: at(0),
  started_at: at(1),
  ended_at: at(66),
  attempts: 1,
  problem: { code: 'packages_failed', detail: 'apt failed.', remedy: 'Try again.' },
  may_cancel: false,
  may_retry: true,
  ...more,
})

beforeAll(() => {
  window.matchMedia ??= (() => ({ matches: false, addListener() {}, removeListener() {} })) as never
})
afterEach(() => vi.unstubAllGlobals())

test('lines that come twice are dropped, and a line that is missing is noticed', () => {
  const got: number[] = []
  const kept = keeper(0, (lines) => got.push(...lines.map(({ seq }) => seq)))
  expect(kept.take([line(1), line(2)])).toBe(true)
  expect(kept.take([line(2), line(3)])).toBe(true)
  expect(kept.take([line(4), line(6), line(7)])).toBe(false)
  expect(got).toEqual([1, 2, 3, 4])
  expect(kept.last()).toBe(4)
  // a page is what there is: older lines may be gone from the server
  expect(kept.take([line(6), line(7)], true)).toBe(true)
  expect(got).toEqual([1, 2, 3, 4, 6, 7])
})

test('a log goes on behind its last line when the stream breaks, and ends with the job', async () => {
  const asked: string[] = []
  const sse = (lines: JobLine[]) =>
    lines.map((line) => `event: line\nid: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`).join('')
  const streams = [sse([line(1), line(2)]), `${sse([line(3)])}event: job\ndata: ${JSON.stringify(job())}\n\n`]
  vi.stubGlobal('fetch', async (address: string, { headers }: { headers: Record<string, string> }) => {
    if (headers.Accept === 'text/event-stream') {
      asked.push(headers['Last-Event-ID'] ?? 'none')
      return new Response(streams.shift() ?? '', { headers: { 'Content-Type': 'text/event-stream' } })
    }
    asked.push(new URL(address, 'https://panel.test').search)
    return Response.json({ items: [], next: 0, ended: streams.length === 0 })
  })
  const got: number[] = []
  const states: string[] = []
  const links: string[] = []
  await new Promise<void>((ended) => {
    void followLog(
      'one',
      0,
      {
        lines: (lines) => got.push(...lines.map(({ seq }) => seq)),
        job: ({ state }) => states.push(state),
        link: (link) => links.push(link),
        ended,
      },
      new AbortController().signal,
    )
  })
  expect(got).toEqual([1, 2, 3])
  expect(states).toEqual(['failed'])
  expect(asked).toEqual(['none', '?after=2', '2', '?after=3'])
  expect(links).toEqual(['live', 'lost', 'live'])
})

test('the first line that tells of a failure is within the step that failed', () => {
  const lines = [...Array.from({ length: 30 }, (_, index) => line(index + 1))]
  lines[4] = line(5, 'E: this was before, and did not matter')
  lines[19] = line(20, 'E: Unable to fetch some archives')
  lines[21] = line(22, 'E: Sub-process failed')
  expect(firstFailingLine(lines, job().steps)).toBe(20)
  expect(firstFailingLine(lines.slice(0, 12), job().steps)).toBe(12)
  expect(firstFailingLine(lines, job({ steps: [step('check', 'done', 1)] }).steps)).toBeUndefined()
})

test('a report has what helps, and nothing that looks like a secret', () => {
  const lines = Array.from({ length: 30 }, (_, index) => line(index + 1))
  lines[19] = line(
    20,
    'error: https://user:geheim@mirror.test/ password=hunter2 "api_key": "abc" Authorization: Bearer xyz',
  )
  const report = jobReport(job(), lines)
  expect(report).toContain('problem   packages_failed: apt failed.')
  expect(report).toContain(`> ${at(20)} error: https://user:***@mirror.test/`)
  for (const secret of ['geheim', 'hunter2', 'abc', 'xyz']) expect(report).not.toContain(secret)
  expect(masked('Setting up libpam-modules (1.5.2) ...')).toBe('Setting up libpam-modules (1.5.2) ...')
})

test('a job’s step, and how long it takes', () => {
  expect(stepAt(job())?.index).toBe(2)
  expect(stepAt(job({ steps: [step('check', 'done'), step('packages', 'pending')] }))?.index).toBe(2)
  expect(stepAt(job({ steps: [] }))).toBeUndefined()
  expect(elapsed(job(), 0)).toBe(65)
  expect(elapsed(job({ ended_at: null }), Date.parse(at(11)))).toBe(10)
  expect(elapsed(job({ started_at: null }), 0)).toBeUndefined()
})

test('what runs stands first, then what waits, then what failed unseen', () => {
  const all = [
    job({ id: 'failed' }),
    job({ id: 'seen' }),
    job({ id: 'done', state: 'done' }),
    job({ id: 'waits', state: 'queued' }),
    job({ id: 'runs', state: 'running' }),
  ]
  expect(firstJobs(all, new Set(['seen'])).map(({ id }) => id)).toEqual(['runs', 'waits', 'failed'])
})

test('what is looked for is marked wherever it is', () => {
  expect(pieces('Unpacking nginx (nginx)', 'nginx')).toEqual([
    { text: 'Unpacking ', found: false },
    { text: 'nginx', found: true },
    { text: ' (', found: false },
    { text: 'nginx', found: true },
    { text: ')', found: false },
  ])
  expect(pieces('E: NO', 'no')).toEqual([
    { text: 'E: ', found: false },
    { text: 'NO', found: true },
  ])
  expect(pieces('', 'x')).toEqual([{ text: '', found: false }])
})

test('a line is found by its place, whatever the heights', () => {
  const tops = topsOf([20, 40, 20, 100])
  expect([...tops]).toEqual([0, 20, 60, 80, 180])
  expect([0, 19, 20, 59, 60, 79, 80, 179, 500].map((y) => lineAt(tops, y))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 3])
  expect(lineAt(topsOf([]), 10)).toBe(0)
})

test('a QR code is drawn dark on white with a quiet zone, and every module is where it belongs', () => {
  const text = 'otpauth://totp/Holdfast:admin?secret=JBSWY3DPEHPK3PXP&issuer=Holdfast'
  render(
    <MantineProvider env="test">
      <QrCode text={text} label="QR code" />
    </MantineProvider>,
  )
  const picture = screen.getByRole('img', { name: 'QR code' })
  expect(picture.querySelector('rect')).toHaveAttribute('fill', '#ffffff')
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const drawn = Array.from({ length: size }, () => new Array<boolean>(size).fill(false))
  const path = picture.querySelector('path')?.getAttribute('d') ?? ''
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let at = Number(x); at < Number(x) + Number(width); at += 1) (drawn[Number(y)] as boolean[])[at] = true
  }
  expect(drawn).toEqual(data)
  expect(data.slice(0, 4).flat().some(Boolean)).toBe(false)
  expect(pathOf([[false, true, true]])).toBe('M1 0h2v1H1z')
})

test('an address keeps which roles are chosen; none is a choice, too', () => {
  expect(rolesOf(undefined)).toBeUndefined()
  expect(rolesOf(rolesText([]))).toEqual([])
  expect(rolesOf(rolesText(['web', 'mail']))).toEqual(['web', 'mail'])
  expect(rolesOf('web,../x,<b>')).toEqual(['web'])
  localStorage.setItem('start', 'no JSON')
  expect(lastPlace()).toEqual({})
})
