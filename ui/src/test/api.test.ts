import { afterEach, expect, test, vi } from 'vitest'
import { addressOf, change, perform } from '../api/change'
import { asCommand, asCurl } from '../api/copy'
import { follow, parser } from '../api/events'
import { setAsker } from '../api/gate'
import { fieldOf, type Problem, ProblemError, problemOf, sortErrors, wordsOf } from '../api/problem'
import { mayCall, type Session } from '../api/session'

const problem = (part: Partial<Problem>): Problem => ({
  type: '',
  title: '',
  status: 422,
  code: 'invalid',
  detail: '',
  ...part,
})
const refusal = (part: Partial<Problem>) =>
  new Response(JSON.stringify(problem(part)), {
    status: part.status,
    headers: { 'Content-Type': 'application/problem+json' },
  })

afterEach(() => {
  vi.unstubAllGlobals()
  setAsker(undefined)
})

test('pointers become names of fields', () => {
  expect(fieldOf('/dns/0/value')).toBe('dns.0.value')
  expect(fieldOf('/limits/a~1b~0c')).toBe('limits.a/b~c')
})

test('refused values land on their fields, and none is lost', () => {
  const error = (pointer: string, reason: string, remedy = '') => ({ pointer, code: 'c', reason, remedy })
  const { known, others } = sortErrors(
    problem({
      errors: [
        error('/name', 'It is taken.', 'Choose another.'),
        error('/aliases/1', 'Second name is bad.'),
        error('/aliases/2', 'Third, too.'),
        error('/docroot', 'Not a field here.'),
        error('?limit', 'Too many.'),
        error('header:If-Match', 'Old.'),
      ],
    }),
    ['name', 'aliases'],
  )
  expect(known).toEqual({ name: 'It is taken. Choose another.', aliases: 'Second name is bad. Third, too.' })
  expect(others.map((error) => error.pointer)).toEqual(['/docroot', '?limit', 'header:If-Match'])
})

test('a page that is no problem document becomes a problem by its status', async () => {
  const error = await problemOf(new Response('<html>', { status: 502, headers: { 'Retry-After': '7' } }))
  expect(error.problem.code).toBe('http_502')
  expect(error.retryAfter).toBe(7)
})

test('a change is addressed by its values, escaped', () => {
  const made = change('delete', '/api/v1/accounts/{account}/members/{login}', {
    path: { account: 'alice', login: 'a/b?c' },
    query: { role: 'developer' },
  })
  expect(addressOf(made, { expectPlan: 'abc' })).toBe(
    '/api/v1/accounts/alice/members/a%2Fb%3Fc?role=developer&expect_plan=abc',
  )
  expect(made.id).toBe('account_member_remove')
})

test('a change can be taken along, without its secrets', () => {
  const made = change('patch', '/api/v1/accounts/{account}', {
    path: { account: 'alice' },
    generation: 3,
    body: { email: "o'brien@example.test", password: 'hidden' },
  })
  expect(asCommand(made)).toBe(
    `holdfast api PATCH /accounts/alice '{"email":"o'\\''brien@example.test","password":"..."}' --if-match '"g3"'`,
  )
  expect(asCurl(made)).toContain(`-H 'If-Match: "g3"'`)
  expect(asCurl(made)).not.toContain('hidden')
})

test('a change carries the version, a key, and says JSON', async () => {
  const sent: Request[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request)
    return new Response('{}', { status: 202 })
  })
  await perform(change('post', '/api/v1/sites/{site}/suspend', { path: { site: 's' }, generation: 4 }))
  expect(sent[0]?.headers.get('If-Match')).toBe('"g4"')
  expect(sent[0]?.headers.get('Content-Type')).toBe('application/json')
  expect(sent[0]?.headers.get('Idempotency-Key')).toMatch(/^[\w-]{36}$/)
})

test('a session that ended asks once for all, and both requests are sent again with all they held', async () => {
  let isOver = true
  const bodies: string[] = []
  const keys: (string | null)[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    if (isOver) return refusal({ status: 401, code: 'unauthenticated' })
    bodies.push(await request.text())
    keys.push(request.headers.get('Idempotency-Key'))
    return new Response('{}', { status: 202 })
  })
  const asked = vi.fn(async () => {
    isOver = false
    return true
  })
  setAsker(asked)
  const make = (name: string) => perform(change('post', '/api/v1/sites', { body: { account: 'a', name } }))
  await Promise.all([make('one.test'), make('two.test')])
  expect(asked).toHaveBeenCalledTimes(1)
  expect(bodies.map((body) => JSON.parse(body).name).sort()).toEqual(['one.test', 'two.test'])
  expect(new Set(keys).size).toBe(2)
})

test('a step-up that is refused leaves the refusal', async () => {
  vi.stubGlobal('fetch', async () => refusal({ status: 403, code: 'step_up_required', title: 'That is not allowed.' }))
  setAsker(async () => false)
  const made = perform(change('delete', '/api/v1/accounts/{account}', { path: { account: 'a' } }))
  await expect(made).rejects.toMatchObject({ problem: { code: 'step_up_required' } })
})

test('no answer at all is a problem of its own', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('Failed to fetch')
  })
  const made = perform(change('delete', '/api/v1/tokens', {}))
  await expect(made).rejects.toBeInstanceOf(ProblemError)
  await expect(made).rejects.toMatchObject({ problem: { code: 'offline', status: 0 } })
})

test('events come whole wherever the stream is cut', () => {
  const text = ': quiet\n\nid: 7\nevent: object.ready\ndata: {"a":\ndata: 1}\n\nid: 8\r\ndata: x\r\n\r\n'
  for (let cut = 0; cut <= text.length; cut += 1) {
    const got: [string, string][] = []
    const feed = parser((id, data) => got.push([id, data]))
    feed(text.slice(0, cut))
    feed(text.slice(cut))
    // a cut between \r and \n is an empty line more, which ends nothing twice
    expect(got).toEqual([
      ['7', '{"a":\n1}'],
      ['8', 'x'],
    ])
  }
})

test('what may be called follows from where permissions are held', () => {
  const session = {
    permissions: [],
    permissions_somewhere: ['site.view', 'node.view', 'member.manage'],
    via: 'session',
    acting: null,
  } as unknown as Session
  expect(mayCall('GET /api/v1/sites', session)).toBe(true)
  expect(mayCall('POST /api/v1/sites', session)).toBe(false)
  expect(mayCall('GET /api/v1/node', session)).toBe(false)
  expect(mayCall('POST /api/v1/accounts/{account}/members', session)).toBe(true)
  expect(mayCall('POST /api/v1/accounts/{account}/members', { ...session, acting: 'admin' })).toBe(false)
  expect(mayCall('GET /api/v1/no-such-thing', session)).toBe(false)
})

test('a stream goes on behind its last event, through a session that ended and a panel that was away', async () => {
  vi.useFakeTimers()
  const stop = new AbortController()
  const asked: (string | null)[] = []
  const stream = (text: string) => new Response(text, { headers: { 'Content-Type': 'text/event-stream' } })
  const answers: (() => Response)[] = [
    () => stream('id: 5\ndata: {"cursor":"5"}\n\n'),
    () => refusal({ status: 401, code: 'unauthenticated' }),
    () => {
      throw new TypeError('Failed to fetch')
    },
    () => stream('id: 6\ndata: {"cursor":"6"}\n\n'),
    () => refusal({ status: 403, code: 'forbidden' }),
  ]
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get('Last-Event-ID'))
    return answers.shift()?.()
  })
  const events: string[] = []
  const links: string[] = []
  const on = {
    event: (event: { cursor: string }) => events.push(event.cursor),
    link: (link: string) => links.push(link),
  }
  const following = follow(on, stop.signal)
  await vi.advanceTimersByTimeAsync(60_000)
  await following
  vi.useRealTimers()
  expect(events).toEqual(['5', '6'])
  expect(asked).toEqual([null, '5', '5', '5', '6'])
  expect(links).toEqual(['live', 'lost', 'lost', 'lost', 'live', 'lost', 'refused'])
})

test('a reason and its remedy are two sentences', () => {
  const refused = { pointer: '/value', code: 'bad', reason: 'the host name contains a space', remedy: 'Leave it out.' }
  expect(wordsOf(refused)).toBe('the host name contains a space. Leave it out.')
  expect(wordsOf({ ...refused, reason: 'It has a space.' })).toBe('It has a space. Leave it out.')
})
