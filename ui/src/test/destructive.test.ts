import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DESTRUCTIVE, HARMLESS, WITHOUT_PAGE } from '../app/destructive'
import en from '../locales/en.json'

type Operation = { operationId: string; 'x-access'?: { step_up?: boolean } }
const description: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../docs/reference/openapi.json'), 'utf8'),
)
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, id: operation.operationId })),
)
const source = join(import.meta.dirname, '..')
const text = readdirSync(source, { recursive: true })
  .map(String)
  .filter((name) => /\.tsx$/.test(name))
  .map((name) => readFileSync(join(source, name), 'utf8'))
  .join('\n')

test('D1 every operation that deletes or suspends is asked about first, or says why it is not', () => {
  const taking = operations.filter(({ method, path }) => method === 'delete' || /\/(suspend|drop)$/.test(path))
  expect(taking.length).toBeGreaterThan(20)
  const uncovered = taking.filter(({ id }) => !(id in DESTRUCTIVE) && !(id in HARMLESS) && !WITHOUT_PAGE.includes(id))
  expect(uncovered.map(({ id }) => id)).toEqual([])
})

test.each(Object.keys(DESTRUCTIVE))('D1 %s is an operation, has all its words, and a page asks by it', (id) => {
  expect(operations.some((operation) => operation.id === id)).toBe(true)
  const words = (en.destroy as Record<string, Record<string, string>>)[id]
  expect(Object.keys(words ?? {}).sort()).toEqual(['body', 'button', 'done', 'title'])
  expect(text).toContain(`op="${id}"`)
})

test('a question that names the object does so in its title', () => {
  const words = en.destroy as Record<string, Record<string, string>>
  for (const [id, how] of Object.entries(DESTRUCTIVE)) {
    if (how === 'name') expect(words[id]?.title, id).toContain('{{name}}')
  }
})

test.each(WITHOUT_PAGE)('%s is called by no page', (id) => {
  const found = operations.find((operation) => operation.id === id)
  expect(found).toBeDefined()
  expect(text).not.toMatch(
    new RegExp(`'delete',\\s*'/api/v1${found?.path.replace('/api/v1', '').replace(/[{}]/g, '\\$&')}'`),
  )
})
