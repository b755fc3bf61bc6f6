import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import '../app/i18n'
import '../components/layers'
import { change, type Plan } from '../api/change'
import { ConfirmChange } from '../components/ConfirmChange'
import { Diff, PlanDiff } from '../components/PlanDiff'

const plan = (hash: string, summary: string): Plan => ({
  hash,
  impact: 'reload',
  objects: [
    {
      kind: 'site',
      id: '1',
      name: 'www.example.test',
      generation: 2,
      steps: [
        {
          code: 'file.write',
          summary,
          impact: 'none',
          path: '/etc/a.map',
          diff: '--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n',
        },
      ],
    },
  ],
})
const json = (status: number, body: unknown, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type } })

const wrapped = (children: ReactNode) => (
  <QueryClientProvider client={new QueryClient()}>
    <MantineProvider env="test">{children}</MantineProvider>
  </QueryClientProvider>
)

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => {})
})
afterEach(() => vi.unstubAllGlobals())

test('a server that moved meanwhile is not changed: the new plan is shown, and that one is applied', async () => {
  const sent: string[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const { searchParams } = new URL(request.url)
    if (searchParams.has('dry_run')) return json(200, { plan: plan('first', 'remove /etc/a.map') })
    sent.push(searchParams.get('expect_plan') ?? '')
    if (sent.length === 1) {
      const problem = {
        type: '',
        title: '',
        status: 409,
        code: 'plan_changed',
        detail: 'Look.',
        plan: plan('second', 'remove /etc/b.map'),
      }
      return json(409, problem, 'application/problem+json')
    }
    return json(202, {})
  })
  const onClose = vi.fn()
  const made = change('delete', '/api/v1/sites/{site}', { path: { site: '1' } })
  render(wrapped(<ConfirmChange op="site_delete" name="www.example.test" change={made} onClose={onClose} />))
  const button = await screen.findByRole('button', { name: 'Delete site' })
  expect(button).toBeDisabled()
  await userEvent.type(await screen.findByLabelText('Type www.example.test to confirm'), 'www.example.tes')
  await screen.findByText(/remove \/etc\/a\.map/)
  expect(button).toBeDisabled()
  await userEvent.type(screen.getByLabelText('Type www.example.test to confirm'), 't')
  await waitFor(() => expect(button).toBeEnabled())
  await userEvent.click(button)
  await screen.findByText('The server has changed meanwhile. This is what would be done now.')
  await screen.findByText(/remove \/etc\/b\.map/)
  expect(onClose).not.toHaveBeenCalled()
  await userEvent.click(button)
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1))
  expect(sent).toEqual(['first', 'second'])
})

test('a change that is refused stays open and says why', async () => {
  vi.stubGlobal('fetch', async () => {
    const detail = 'The account has sites.'
    return json(
      409,
      { type: '', title: 'The present state does not allow that.', status: 409, code: 'in_use', detail },
      'application/problem+json',
    )
  })
  const onClose = vi.fn()
  const made = change('delete', '/api/v1/accounts/{account}', { path: { account: 'a' } })
  render(wrapped(<ConfirmChange op="account_delete" name="a" change={made} onClose={onClose} />))
  expect(await screen.findByRole('alert')).toHaveTextContent('The account has sites.')
  await userEvent.type(screen.getByLabelText('Type a to confirm'), 'a')
  expect(screen.getByRole('button', { name: 'Delete account' })).toBeDisabled()
})

test('a diff marks what comes and what goes', () => {
  render(<Diff label="d" text={'--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n same\n'} />)
  const kinds = [...screen.getByLabelText('d').querySelectorAll('span')].map((line) => line.className)
  expect(kinds).toEqual(['at', 'at', 'at', 'del', 'add', ''])
})

test('a plan tells its steps, what it does to what runs, and what is over a limit', () => {
  const effects = {
    total: 1,
    over: 1,
    shown: [
      {
        kind: 'account',
        id: '1',
        name: 'alice',
        changes: [{ what: 'sites', before: 'unlimited', after: 3, used: 5, over: true }],
      },
    ],
  }
  render(wrapped(<PlanDiff plan={{ ...plan('h', 'write /etc/a.map'), effects, left_out: 2 } as Plan} />))
  const text = screen.getByLabelText('What would change').textContent
  expect(text).toContain('1 step on the server: reload, no downtime')
  expect(text).toContain('Sites: unlimited becomes 3')
  expect(text).toContain('5 in use already')
  expect(text).toContain('2 more objects are not shown.')
})
