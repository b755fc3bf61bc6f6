import { readFileSync } from 'node:fs'

/** The API's description, as far as tests read it. */
type Schema = {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: Schema | boolean
  example?: unknown
}
type Content = { content?: Record<string, { schema: Schema }> }
type Operation = {
  operationId: string
  parameters?: { name: string; in: string }[]
  requestBody?: Content
  responses: Record<string, Content>
}

const description: {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
} = JSON.parse(readFileSync(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8'))

/** Every operation, with its method and its path. */
export const OPERATIONS = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    /** Fits the addresses of the operation's calls. */
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    takesBody: operation.requestBody !== undefined,
    isPlanned: operation.parameters?.some(({ name }) => name === 'dry_run') === true,
    operation,
  })),
)

export const operation = (id: string) => {
  const found = OPERATIONS.find((one) => one.id === id)
  if (!found) throw new Error(`the API has no ${id}`)
  return found
}

/** Which operation a request is. */
export const operationOf = (method: string, address: string) => {
  const { pathname } = new URL(address)
  return OPERATIONS.find((one) => one.method === method && one.pattern.test(pathname))
}

function resolve(schema: Schema): Schema {
  if (!schema.$ref) return schema
  const name = schema.$ref.split('/').at(-1) ?? ''
  return resolve(description.components.schemas[name] as Schema)
}

const bodyOf = (content: Content | undefined) => content?.content?.['application/json']?.schema

/** The names that an operation's body takes. */
export function bodyFields(id: string): string[] {
  const schema = bodyOf(operation(id).operation.requestBody)
  const names = (schema: Schema): string[] => {
    const { properties = {}, allOf = [], oneOf = [] } = resolve(schema)
    return [...Object.keys(properties), ...[...allOf, ...oneOf].flatMap(names)]
  }
  return schema ? [...new Set(names(schema))] : []
}

const TEXTS: Record<string, string> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  uuid: '00000000-0000-4000-8000-000000000001',
}

/** A value that fits a schema. */
function fitting(given: Schema, depth = 0): unknown {
  const schema = resolve(given)
  if (schema.enum) return schema.enum[0]
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => fitting(part, depth)))
  const choice = schema.oneOf ?? schema.anyOf
  if (choice) {
    const isNull = (part: Schema) => resolve(part).type === 'null'
    return choice.some(isNull) ? null : fitting(choice[0] as Schema, depth)
  }
  const types = [schema.type ?? 'object'].flat()
  if (types.includes('null')) return null
  if (types.includes('string')) return TEXTS[schema.format ?? ''] ?? 'text'
  if (types.includes('integer') || types.includes('number')) return 1
  if (types.includes('boolean')) return false
  if (types.includes('array')) return []
  if (depth > 6) return {}
  const { properties = {}, required = [] } = schema
  return Object.fromEntries(required.map((name) => [name, fitting(properties[name] ?? {}, depth + 1)]))
}

/** A value of a schema of the description, with some of its own. */
export const example = (name: string, own: Record<string, unknown> = {}) => ({
  ...(fitting({ $ref: `#/components/schemas/${name}` }) as object),
  ...own,
})

/** What an operation that went well answers with. */
export function success(id: string): { status: number; body: unknown } {
  const { responses } = operation(id).operation
  const status = Object.keys(responses).find((code) => /^2/.test(code) && !(code === '200' && '202' in responses))
  const schema = bodyOf(responses[status ?? ''])
  return { status: Number(status ?? 204), body: schema ? fitting(schema) : undefined }
}

/** A plan of nothing much, as a dry run answers. */
export const PLAN = { plan: { hash: 'looked-at', impact: 'none', objects: [] } }

/** A problem document. */
export const problem = (status: number, code: string, more: object = {}) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({
    type: `/problems/${code}`,
    title: `Title of ${code}.`,
    status,
    code,
    detail: `Detail of ${code}.`,
    request_id: '0123-abc',
    ...more,
  }),
})
