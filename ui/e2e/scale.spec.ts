import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { figure } from './bar'
import { onServer, toServer } from './server'
import { expect, open, test } from './test'

/**
 * What a list costs at 10,000 accounts. They are written straight into the panel's database, as the bench does it, and no agent is there that
 * would look for them on the server; afterwards the database of before is put back.
 */
const ACCOUNTS = 10_000
const ORGANISATIONS = 1000
const MOST = 300
const DEBOUNCE = 200
const DATABASE = '/var/lib/holdfast/holdfast.db'

const ROWS = `
PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TEMP TABLE root AS SELECT id FROM organisation WHERE parent_id IS NULL;
CREATE TEMP TABLE count AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ACCOUNTS}) SELECT i FROM n;
INSERT INTO organisation (id, parent_id, name, kind, created_at)
  SELECT printf('0b000000-0000-7000-8000-%012x', i), root.id, 'bench' || i, 'client', 0 FROM count, root WHERE i < ${ORGANISATIONS};
INSERT INTO organisation_above (organisation_id, above_id, depth)
  SELECT printf('0b000000-0000-7000-8000-%012x', i), printf('0b000000-0000-7000-8000-%012x', i), 0 FROM count WHERE i < ${ORGANISATIONS};
INSERT INTO organisation_above (organisation_id, above_id, depth)
  SELECT printf('0b000000-0000-7000-8000-%012x', i), root.id, 1 FROM count, root WHERE i < ${ORGANISATIONS};
INSERT INTO person (id, login, organisation_id, created_at, updated_at)
  SELECT printf('0c000000-0000-7000-8000-%012x', i), 'a' || (i * 7919 % 10007), printf('0b000000-0000-7000-8000-%012x', i % ${ORGANISATIONS}), 0, 0 FROM count;
INSERT INTO used_uid (uid, account_id, account_name, claimed_at)
  SELECT 30000 + i, printf('0d000000-0000-7000-8000-%012x', i), 'a' || (i * 7919 % 10007), 0 FROM count;
INSERT INTO account (id, name, organisation_id, owner_person_id, node_id, uid, email, created_at, updated_at, since, observed_generation, condition)
  SELECT printf('0d000000-0000-7000-8000-%012x', i), 'a' || (i * 7919 % 10007), printf('0b000000-0000-7000-8000-%012x', i % ${ORGANISATIONS}),
         printf('0c000000-0000-7000-8000-%012x', i), node.id, 30000 + i, 'a@example.test', i * 1000000, 0, 0, 1,
         CASE WHEN i % 100 = 0 THEN 'degraded' ELSE 'ready' END
  FROM count, node;
INSERT INTO person_role (id, person_id, role_id, account_id, created_at)
  SELECT printf('0e000000-0000-7000-8000-%012x', i), printf('0c000000-0000-7000-8000-%012x', i), role.id, printf('0d000000-0000-7000-8000-%012x', i), 0
  FROM count, role WHERE role.name = 'owner';
COMMIT;
ANALYZE;
`

const UNITS = 'holdfast-panel.socket holdfast-panel.service'
const sh = (command: string) => onServer('sh', '-c', command)

test.describe('10,000 accounts on a real panel', () => {
  const kept = mkdtempSync(join(tmpdir(), 'holdfast-scale-'))
  const before = join(kept, 'before.db')
  const filled = join(kept, 'filled.db')

  const put = (file: string) => {
    sh(`rm -f ${DATABASE}-wal ${DATABASE}-shm`)
    toServer(readFileSync(file), DATABASE)
    sh(`chown holdfast: ${DATABASE} && chmod 600 ${DATABASE}`)
  }

  test.beforeAll(async () => {
    test.setTimeout(180_000)
    sh(`systemctl stop ${UNITS} holdfast-agent.socket holdfast-agent.service 2>/dev/null || true`)
    sh('systemctl mask --runtime holdfast-agent.service holdfast-agent.socket 2>/dev/null || true')
    // the panel is stopped: what its log still held is in the file
    writeFileSync(before, Buffer.from(onServer('base64', '-w0', DATABASE), 'base64'))
    writeFileSync(filled, readFileSync(before))
    execFileSync('sqlite3', [filled], { input: ROWS, stdio: ['pipe', 'pipe', 'inherit'] })
    put(filled)
    sh(`systemctl start ${UNITS} || systemctl start holdfast-panel.service`)
  })

  test.afterAll(async () => {
    test.setTimeout(180_000)
    sh(`systemctl stop ${UNITS} 2>/dev/null || true`)
    put(before)
    sh('systemctl unmask --runtime holdfast-agent.service holdfast-agent.socket 2>/dev/null || true')
    sh('systemctl start holdfast-agent.socket holdfast-agent.service 2>/dev/null || true')
    sh(`systemctl start ${UNITS} || systemctl start holdfast-panel.service`)
    rmSync(kept, { recursive: true })
  })

  /** From a press to the frame in which the other rows stand, by the page's own clock. */
  const timed = async (page: Page, press: string, key?: string) =>
    page.evaluate(
      ([press, key]) =>
        new Promise<number>((resolve, reject) => {
          const first = () => document.querySelector('tr.row')?.textContent
          const now = first()
          const button = [...document.querySelectorAll<HTMLElement>(press ?? '')].find(
            (element) => !key || element.textContent?.includes(key),
          )
          if (!button) return reject(new Error(`nothing to press: ${press} ${key}`))
          const start = performance.now()
          const watch = new MutationObserver(() => {
            if (first() === now || first() === undefined) return
            watch.disconnect()
            requestAnimationFrame(() => resolve(performance.now() - start))
          })
          watch.observe(document.querySelector('main') as Node, { childList: true, subtree: true, characterData: true })
          button.click()
          setTimeout(() => reject(new Error('the rows stay as they are')), 10_000)
        }),
      [press, key],
    )

  const middle = (times: number[]) => [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0

  test('P7 another order, page and filter stand within 300 ms', async ({ watched: page }) => {
    test.slow()
    await open(page, '/accounts')
    await expect(page.getByText(/^1 to 50 of 10,0\d\d$/)).toBeVisible()
    const sorts: number[] = []
    const pages: number[] = []
    const filters: number[] = []
    // each order once: what was read already is not read again
    for (const by of ['Name', 'Created', 'Created', 'Organisation', 'Organisation']) {
      sorts.push(await timed(page, 'th button', by))
    }
    await expect(page.getByRole('columnheader', { name: 'Organisation' })).toHaveAttribute('aria-sort', 'descending')
    for (const _ of Array.from({ length: 7 })) pages.push(await timed(page, 'main nav button', 'Next page'))
    await expect(page.getByText(/^351 to 400 of 10,0\d\d$/)).toBeVisible()
    for (const q of ['a1', 'a22', 'a333', 'a4', 'a55', 'a66', 'a7']) {
      filters.push(
        await page.evaluate(
          (q) =>
            new Promise<number>((resolve, reject) => {
              const field = document.querySelector<HTMLInputElement>('[data-filter]') as HTMLInputElement
              const first = () => document.querySelector('tr.row')?.textContent
              const now = first()
              const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
              const start = performance.now()
              const watch = new MutationObserver(() => {
                if (first() === now || first() === undefined) return
                watch.disconnect()
                requestAnimationFrame(() => resolve(performance.now() - start))
              })
              watch.observe(document.querySelector('main') as Node, {
                childList: true,
                subtree: true,
                characterData: true,
              })
              set?.call(field, q)
              field.dispatchEvent(new Event('input', { bubbles: true }))
              setTimeout(() => reject(new Error('the rows stay as they are')), 10_000)
            }),
          q,
        ),
      )
    }
    figure('P7', 'sort', middle(sorts), 'ms', MOST)
    figure('P7', 'page', middle(pages), 'ms', MOST)
    figure('P7', 'filter with its debounce', middle(filters), 'ms', MOST + DEBOUNCE)
  })

  test('T1 T2 all that fit are counted, walked and exported', async ({ watched: page }) => {
    test.slow()
    await open(page, '/accounts?condition=unwell')
    await expect(page.getByText('1 to 50 of 100')).toBeVisible()
    await page.getByRole('checkbox', { name: 'Choose all on this page' }).click()
    await page.getByRole('button', { name: 'Choose all 100 that fit' }).click()
    await expect(page.getByRole('region', { name: 'What is chosen' })).toContainText('100 chosen')
    await page.getByRole('button', { name: 'Show all' }).click()
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as CSV' }).click()
    const lines = readFileSync(await (await coming).path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    const names = lines.slice(1).map((line) => line.split(',')[0] ?? '')
    expect(names.length).toBeGreaterThanOrEqual(ACCOUNTS)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual([...names].sort((one, other) => (one < other ? 1 : -1)))
  })
})
