import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import '../app/i18n'
import { type Change, change, type Plan } from '../api/change'
import { ProblemError } from '../api/problem'
import { usePageActions } from '../app/actions'
import { verbOf } from '../app/paletteItems'
import { recents, visited } from '../app/recent'
import { readScope, scopeText } from '../app/scope'
import { isTyping, setSingleKeys, submit, useShortcuts } from '../app/shortcuts'
import { keepScope, readSearch } from '../app/url'
import { rangeOf, turned } from '../components/DataTable'
import { mayRetry } from '../components/StatusBadge'
import { apply, inParallel, lookedAt, type Row, sumOf } from '../lists/bulk'
import { csvCell, csvFile, csvLine } from '../lists/csv'
import { between, type Picked, useSelection } from '../lists/selection'
import { patiently, walk } from '../lists/walk'

const bytes = (text: string) =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')

test('a CSV file is what RFC 4180 says, byte by byte', () => {
  const file = csvFile(['Name', 'Said "so"'], [csvLine(['a,b', 'line\r\nbreak']), csvLine(['', 'ü'])]).join('')
  expect(bytes(file)).toBe(
    [
      'ef bb bf', // it is UTF-8
      '4e 61 6d 65 2c 22 53 61 69 64 20 22 22 73 6f 22 22 22 0d 0a', // Name,"Said ""so"""
      '22 61 2c 62 22 2c 22 6c 69 6e 65 0d 0a 62 72 65 61 6b 22 0d 0a', // "a,b","line\r\nbreak"
      '2c c3 bc 0d 0a', // ,ü
    ].join(' '),
  )
})

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@cmd', "'@cmd"],
  ['\tx', "'\tx"],
  ['\rx', '"\'\rx"'],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['a=1', 'a=1'],
  ['x-1', 'x-1'],
  ['x@example.test', 'x@example.test'],
  [' =1', ' =1'],
  ['plain', 'plain'],
  ['"', '""""'],
  ['\n', '"\n"'],
])('the cell %j is written as %j', (value, cell) => expect(csvCell(value)).toBe(cell))

test('a range is what lies between, in both directions, and the row alone where there is no other end', () => {
  const keys = ['a', 'b', 'c', 'd']
  expect(between(keys, 'b', 'd')).toEqual(['b', 'c', 'd'])
  expect(between(keys, 'd', 'b')).toEqual(['b', 'c', 'd'])
  expect(between(keys, undefined, 'c')).toEqual(['c'])
  expect(between(keys, 'gone', 'c')).toEqual(['c'])
  expect(between(keys, 'a', 'gone')).toEqual([])
})

test('pages of 100,000 rows are counted right', () => {
  expect(rangeOf(1, 50, 50, 100_000)).toEqual({ from: 1, to: 50, total: 100_000 })
  expect(rangeOf(2000, 50, 50, 100_000)).toEqual({ from: 99_951, to: 100_000, total: 100_000 })
  expect(rangeOf(3, 50, 7, 107)).toEqual({ from: 101, to: 107, total: 107 })
  expect(rangeOf(1, 50, 0, 0)).toEqual({ from: 0, to: 0, total: 0 })
})

test('a head sorts up, then down, then up again', () => {
  expect(turned('created', 'name')).toBe('name')
  expect(turned('name', 'name')).toBe('-name')
  expect(turned('-name', 'name')).toBe('name')
})

type Item = { id: string; generation: number; suspended: boolean }
const items = (count: number, from = 0): Item[] =>
  Array.from({ length: count }, (_, index) => ({ id: `a${from + index}`, generation: 1, suspended: false }))
const pick = (item: Item): Picked => ({ ...item, name: item.id })

function Chooser({ rows, about }: { rows: Item[]; about: string }) {
  const selection = useSelection(rows, pick, about)
  return (
    <>
      <output>{[...selection.picked.values()].map(({ id, generation }) => `${id}/${generation}`).join(' ')}</output>
      {rows.map((row) => (
        <button key={row.id} type="button" onClick={(event) => selection.toggle(row, event.shiftKey)}>
          {row.id}
        </button>
      ))}
      <button type="button" onClick={() => selection.page(true)}>
        page
      </button>
    </>
  )
}

test('what is chosen stays over pages, is let go by another filter, and keeps up with what changed', async () => {
  const chosen = () => screen.getByRole('status').textContent
  const page = render(<Chooser rows={items(3)} about="all" />)
  await userEvent.click(screen.getByRole('button', { name: 'a0' }))
  fireEvent.click(screen.getByRole('button', { name: 'a2' }), { shiftKey: true })
  expect(chosen()).toBe('a0/1 a1/1 a2/1')
  page.rerender(<Chooser rows={items(2, 3)} about="all" />)
  await userEvent.click(screen.getByRole('button', { name: 'page' }))
  expect(chosen()).toBe('a0/1 a1/1 a2/1 a3/1 a4/1')
  await userEvent.click(screen.getByRole('button', { name: 'a4' }))
  page.rerender(<Chooser rows={[{ id: 'a0', generation: 7, suspended: true }]} about="all" />)
  await waitFor(() => expect(chosen()).toBe('a0/7 a1/1 a2/1 a3/1'))
  page.rerender(<Chooser rows={items(3)} about="other" />)
  await waitFor(() => expect(chosen()).toBe(''))
})

const problem = (status: number, code: string, more: object = {}, retryAfter?: number) =>
  new ProblemError({ type: '', title: 'No', status, code, detail: 'Because.', ...more }, retryAfter)

test('a list of 100,000 is walked to its end in pages of 200, and too many requests are waited for', async () => {
  const waited: number[] = []
  const read: string[] = []
  let refused = 2
  const seen = new Set<string>()
  const source = async (cursor: string | undefined, limit: number) => {
    read.push(`${cursor ?? ''}+${limit}`)
    const from = Number(cursor ?? 0)
    const next = from + limit
    return { items: items(limit, from), next_cursor: next < 100_000 ? String(next) : null }
  }
  const signal = new AbortController().signal
  const patient = await patiently(
    async () => {
      refused -= 1
      if (refused >= 0) throw problem(429, 'too_many', {}, 3)
      return 'come'
    },
    signal,
    async (milliseconds) => void waited.push(milliseconds),
  )
  expect([patient, waited]).toEqual(['come', [3000, 3000]])
  for await (const page of walk(source, signal)) for (const { id } of page) seen.add(id)
  expect(seen.size).toBe(100_000)
  expect(read.length).toBe(500)
  expect(read.slice(0, 2)).toEqual(['+200', '200+200'])
})

test('a walk that is given up ends without an error and asks for nothing more', async () => {
  const stop = new AbortController()
  let asked = 0
  let rows = 0
  const source = async () => {
    asked += 1
    return { items: items(200), next_cursor: 'more' }
  }
  for await (const page of walk(source, stop.signal)) {
    rows += page.length
    if (rows === 600) stop.abort()
  }
  expect([asked, rows]).toEqual([3, 600])
})

test('an error of a walk is an error', async () => {
  const source = async () => {
    throw problem(500, 'internal')
  }
  await expect(walk(source, new AbortController().signal).next()).rejects.toThrow('Because.')
})

const plan = (
  hash: string,
  steps: { code: string; impact: string; path?: string; diff?: string }[],
  id = '1',
): Plan => ({
  hash,
  impact: steps.at(-1)?.impact ?? 'none',
  objects: [
    {
      kind: 'site',
      id,
      name: id,
      generation: 2,
      steps: steps.map((step) => ({ ...step, summary: `${step.code} it` })),
    },
  ],
})

const row = (id: string, looked?: Plan): Row => ({
  item: { id, name: id, generation: 1, suspended: false },
  state: looked ? 'looked' : 'refused',
  looked: looked && lookedAt(looked, true),
})

test('what many changes do is added up', () => {
  const write = { code: 'file.write', impact: 'none', path: '/a' }
  const reload = { code: 'nginx.switch', impact: 'reload' }
  const loss = { code: 'home.remove', impact: 'data_loss' }
  const rows = [row('1', plan('a', [write, reload])), row('2', plan('b', [loss])), row('3', plan('c', [])), row('4')]
  expect(sumOf(rows)).toEqual({
    objects: 3,
    still: 1,
    steps: 3,
    reloads: 1,
    restarts: 0,
    goes: ['home.remove it'],
    over: 0,
    refused: 1,
  })
})

test('no more than four are under way, all are done, and nothing begins once it is stopped', async () => {
  let now = 0
  let most = 0
  const done: number[] = []
  const stop = new AbortController()
  const work = async (item: number) => {
    now += 1
    most = Math.max(most, now)
    await new Promise((resolve) => setTimeout(resolve, 1))
    now -= 1
    done.push(item)
    if (item === 40) stop.abort()
  }
  await inParallel(
    Array.from({ length: 30 }, (_, index) => index),
    4,
    work,
    stop.signal,
  )
  expect([most, done.length]).toEqual([4, 30])
  await inParallel(
    Array.from({ length: 100 }, (_, index) => index),
    4,
    work,
    stop.signal,
  )
  expect(done.length).toBeLessThan(30 + 46)
  expect(now).toBe(0)
})

const made: Change = change('post', '/api/v1/sites/{site}/suspend', { path: { site: '1' } })
const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' },
  })
const changed = (plan: Plan) => answer(409, { ...problem(409, 'plan_changed').problem, plan })

afterEach(() => vi.unstubAllGlobals())

function answers(list: Response[]) {
  const sent: (string | null)[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(new URL(request.url).searchParams.get('expect_plan'))
    return list.shift() ?? answer(500, problem(500, 'internal').problem)
  })
  return sent
}

const step = { code: 'file.write', impact: 'none', path: '/map', diff: '+a' }
const signal = () => new AbortController().signal

test('the same steps on the same files are made under the new plan: another object of the list wrote to one before', async () => {
  const one = row('1', plan('first', [step]))
  const sent = answers([changed(plan('second', [{ ...step, diff: '+b\n+a' }])), answer(202, {})])
  await apply(one, made, signal())
  expect(sent).toEqual(['first', 'second'])
  expect(one.state).toBe('done')
})

test('the last of those that a shared file is about takes it away', async () => {
  const one = row('1', plan('first', [step]))
  const sent = answers([changed(plan('second', [{ ...step, code: 'file.remove', diff: '-a' }])), answer(202, {})])
  await apply(one, made, signal())
  expect([sent, one.state]).toEqual([['first', 'second'], 'done'])
})

test('other steps than were looked at are not made, but shown', async () => {
  const one = row('1', plan('first', [step]))
  const sent = answers([changed(plan('second', [step, { code: 'unit.stop', impact: 'restart' }])), answer(202, {})])
  await apply(one, made, signal())
  expect(sent).toEqual(['first'])
  expect([one.state, one.looked?.hash, one.looked?.steps]).toEqual(['moved', 'second', 2])
})

test('what is refused keeps its reason', async () => {
  const one = row('1', plan('first', [step]))
  answers([answer(412, problem(412, 'changed').problem)])
  await apply(one, made, signal())
  expect([one.state, one.error?.problem.code]).toEqual(['failed', 'changed'])
})

test('the scope is one word of the address, and stays from page to page until it is taken away', () => {
  expect(scopeText({ organisation: 'acme.ltd' })).toBe('organisation.acme.ltd')
  expect(readScope('organisation.acme.ltd')).toEqual({ organisation: 'acme.ltd' })
  expect(readScope(scopeText({ account: 'alice' }))).toEqual({ account: 'alice' })
  expect(readScope('nonsense')).toEqual({})
  expect(scopeText({})).toBeUndefined()
  const search = { scope: 'account.alice', q: 'x' }
  expect(keepScope({ search, next: () => ({ tab: 'sites' }) })).toEqual({ tab: 'sites', scope: 'account.alice' })
  expect(keepScope({ search, next: () => ({ scope: undefined }) }).scope).toBeUndefined()
  expect(keepScope({ search: {}, next: () => ({}) })).toEqual({})
  expect(readSearch({ sort: '-name', suspended: true, foreign: 'x', q: '' })).toEqual({
    sort: '-name',
    suspended: 'true',
  })
})

test('a verb and a name are told apart', () => {
  expect(verbOf('suspend shop', ['Edit', 'Suspend'])).toEqual({ verb: 1, rest: 'shop' })
  expect(verbOf('Let it go on al', ['Suspend', 'Let it go on'])).toEqual({ verb: 1, rest: 'al' })
  expect(verbOf('suspend ', ['Suspend'])).toBeUndefined()
  expect(verbOf('suspended shop', ['Suspend'])).toBeUndefined()
})

test('the five objects that were looked at last are known, each once', () => {
  sessionStorage.clear()
  for (const path of ['/accounts/a', '/accounts', '/', '/sites/b', '/jobs/x', '/people/c', '/sites/b']) visited(path)
  for (const name of ['d', 'e', 'f']) visited(`/organisations/${name}`)
  expect(recents().map(({ label }) => label)).toEqual(['f', 'e', 'd', 'b', 'c'])
  expect(recents().at(-1)).toEqual({ href: '/people/c', label: 'c', kind: 'person' })
})

test('another try is offered where an object is not as asked, and nowhere else', () => {
  const stands = (condition: string, more: object = {}) =>
    mayRetry({ condition, generation: 2, observed_generation: 2, ...more })
  expect(['failed', 'degraded'].map((condition) => stands(condition))).toEqual([true, true])
  expect(['ready', 'converging', 'deleting', 'pending'].map((condition) => stands(condition))).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(stands('pending', { next_attempt_at: '2026-01-01T00:00:00Z' })).toBe(true)
})

const nothing = () => {}

function Keyed({ on }: { on: (what: string) => void }) {
  useShortcuts({ go: (to) => on(`go ${to}`), drawer: () => on('drawer'), sheet: () => on('sheet') })
  usePageActions([
    { id: 'edit', label: 'Edit', key: 'e', run: () => on('edit') },
    { id: 'new', label: 'Add', key: 'c', run: () => on('create') },
    { id: 'delete', label: 'Delete', key: 'Delete', run: () => on('delete') },
  ])
  const [tab, setTab] = useState(0)
  return (
    <main>
      <div className="page-head">
        <button type="button" aria-haspopup="menu" onClick={() => on('menu')}>
          m
        </button>
      </div>
      {[0, 1, 2].map((index) => (
        <button
          key={index}
          type="button"
          role="tab"
          aria-selected={tab === index}
          onClick={() => {
            setTab(index)
            on(`tab ${index}`)
          }}
        >
          {index}
        </button>
      ))}
      <input aria-label="text" />
      <input type="checkbox" aria-label="check" />
      <form
        aria-label="form"
        onSubmit={(event) => {
          event.preventDefault()
          on('sent')
        }}
      >
        <textarea aria-label="area" />
      </form>
    </main>
  )
}

beforeEach(() => localStorage.clear())

test('every key does what the sheet says, dies in fields, and is off by the switch', async () => {
  const done: string[] = []
  render(<Keyed on={(what) => done.push(what)} />)
  const press = async (keys: string) => {
    done.length = 0
    await userEvent.keyboard(keys)
    return [...done]
  }
  expect(await press('e')).toEqual(['edit'])
  expect(await press('c')).toEqual(['create'])
  expect(await press('{Delete}')).toEqual(['delete'])
  expect(await press('.')).toEqual(['menu'])
  expect(await press(']')).toEqual(['tab 1'])
  expect(await press('[[')).toEqual(['tab 0'])
  expect(await press('[[')).toEqual(['tab 2'])
  expect(await press('?')).toEqual(['sheet'])
  expect(await press('ga')).toEqual(['go /accounts'])
  expect(await press('{Control>}j{/Control}')).toEqual(['drawer'])
  screen.getByLabelText('check').focus()
  expect(await press('e')).toEqual(['edit'])
  screen.getByLabelText('text').focus()
  expect(await press('ec.?ga/x')).toEqual([])
  screen.getByLabelText('area').focus()
  expect(await press('{Control>}s{/Control}')).toEqual(['sent'])
  expect(await press('{Control>}{Enter}{/Control}')).toEqual(['sent'])
  ;(document.activeElement as HTMLElement).blur()
  setSingleKeys(false)
  expect(await press('ec.?{Delete}[[]ga')).toEqual([])
  expect(await press('{Control>}j{/Control}')).toEqual(['drawer'])
})

test("where nothing can be sent, Ctrl+S stays the browser's", () => {
  render(<p>nothing</p>)
  expect(submit(document.body)).toBe(false)
})

test('a checkbox is no text', () => {
  render(
    <>
      <input type="checkbox" aria-label="c" onChange={nothing} />
      <input aria-label="t" />
    </>,
  )
  expect(isTyping(screen.getByLabelText('c'))).toBe(false)
  expect(isTyping(screen.getByLabelText('t'))).toBe(true)
})
