import type { Page } from '@playwright/test'

/** Jobs and logs as the panel answers them, for what a real one does too seldom or too fast: 5,000 lines, a stream that breaks, a failure. */
export type Line = { seq: number; at: string; text: string }

const began = Date.parse('2026-11-20T10:00:00Z')
export const line = (seq: number, text = `Setting up package-${seq} (1.${seq}-1) ...`): Line => ({
  seq,
  at: new Date(began + seq * 20).toISOString(),
  text,
})
export const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index + 1))

export const sse = (some: Line[]) => some.map((line) => `id: ${line.seq}\ndata: ${JSON.stringify(line)}\n\n`).join('')

const NAMES = ['check', 'masks', 'packages', 'web_server', 'verify']

/** The steps of a job that is at `at`, counted from 0. */
export const steps = (at: number, state: string) =>
  NAMES.map((name, index) => ({
    name,
    state: index < at ? 'done' : index === at ? state : 'pending',
    started_at: index <= at ? new Date(began + index * 1000).toISOString() : null,
    ended_at: index < at ? new Date(began + (index + 1) * 1000).toISOString() : null,
  }))

export const job = (id: string, more: object = {}) => ({
  id,
  kind: 'role.install',
  object: { kind: 'node_role', id: 'web', name: 'web' },
  state: 'running',
  position: null,
  steps: steps(2, 'running'),
  percent: null,
  last_line: 'Setting up nginx (1.26.3-3) ...',
  log_lines: 5000,
  created_by: 'admin',
  via: 'session',
  created_at: new Date(began).toISOString(),
  started_at: new Date(began).toISOString(),
  ended_at: null,
  attempts: 1,
  problem: null,
  may_cancel: true,
  may_retry: false,
  ...more,
})

export type Job = ReturnType<typeof job>

export const failed = (id: string, more: object = {}) =>
  job(id, {
    state: 'failed',
    steps: steps(2, 'failed'),
    ended_at: new Date(began + 60_000).toISOString(),
    problem: {
      code: 'packages_failed',
      detail: 'apt-get could not install the packages.',
      remedy: 'Look at the line that is marked, and try again.',
    },
    may_cancel: false,
    may_retry: true,
    ...more,
  })

/** Whoever is signed in may see and manage jobs. */
export async function mayJobs(page: Page) {
  await page.route('**/api/v1/me', async (route) => {
    if (route.request().method() !== 'GET') return route.continue()
    const answer = await route.fetch()
    const session = await answer.json()
    const more = ['job.view', 'job.manage']
    const permissions = [...new Set([...session.permissions, ...more])]
    await route.fulfill({ response: answer, json: { ...session, permissions } })
  })
}

/** Answers for jobs: `read` says which there are at this moment. */
export async function withJobs(page: Page, read: () => Job[]) {
  await mayJobs(page)
  await page.route(/\/api\/v1\/jobs(\?.*)?$/, (route) => {
    const state = new URL(route.request().url()).searchParams.get('state')
    return route.fulfill({ json: { items: read().filter((job) => !state || job.state === state) } })
  })
  await page.route(/\/api\/v1\/jobs\/[^/?]+$/, (route) => {
    const id = new URL(route.request().url()).pathname.split('/').at(-1)
    const found = read().find((job) => job.id === id)
    if (found) return route.fulfill({ json: found })
    return route.fulfill({ status: 404, json: {} })
  })
}

/** Answers for the log of a job: a stream that ends behind each of `parts`, and pages. */
export async function withLog(page: Page, id: string, all: () => Line[], ended = true) {
  await page.route(new RegExp(`/api/v1/jobs/${id}/log`), (route) => {
    const request = route.request()
    const url = new URL(request.url())
    const isStream = request.headers().accept?.includes('event-stream')
    const after = Number(isStream ? (request.headers()['last-event-id'] ?? 0) : url.searchParams.get('after'))
    const rest = all().filter((line) => line.seq > after)
    if (isStream) return route.fulfill({ contentType: 'text/event-stream', body: sse(rest) })
    const items = rest.slice(0, 1000)
    return route.fulfill({ json: { items, next: items.at(-1)?.seq ?? after, ended } })
  })
}
