import { send } from './client'
import { operations } from './operations'
import { problemOf, type Schemas } from './problem'
import type { paths } from './schema'

export type Plan = Schemas['PlanView']
type Method = 'post' | 'put' | 'patch' | 'delete'

/** The paths that have an operation of a method. */
export type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never
}[keyof paths]

type Operation<M extends Method, P extends PathsWith<M>> = paths[P] extends { [K in M]: infer O } ? O : never
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? { body: B } : { body?: never }
type Params<O> = O extends { parameters: { path: infer V extends object } } ? { path: V } : { path?: never }
type Query<O> = O extends { parameters: { query?: infer Q } }
  ? { query?: Omit<NonNullable<Q>, 'dry_run' | 'expect_plan' | 'overwrite'> }
  : object
export type Init<O> = Params<O> & Body<O> & Query<O> & { generation?: number }

/** One call of the API that changes something: it can be shown, rehearsed, and sent. */
export type Change = {
  /** Method and path as the description has them. */
  operation: string
  id: string
  method: string
  /** The path with its values. */
  path: string
  query: Record<string, string>
  body: unknown
  /** The version that the person looked at. */
  generation?: number
}

/** A change, checked against the API's description by its types. */
export function change<M extends Method, P extends PathsWith<M>>(
  method: M,
  path: P,
  init: Init<Operation<M, P>>,
): Change {
  const {
    path: values = {},
    query = {},
    body,
    generation,
  } = init as {
    path?: Record<string, unknown>
    query?: Record<string, unknown>
    body?: unknown
    generation?: number
  }
  const operation = `${method.toUpperCase()} ${String(path)}`
  const filled = String(path).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])))
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return {
    operation,
    id: operations[operation]?.id ?? operation,
    method: method.toUpperCase(),
    path: filled,
    query: Object.fromEntries(asked.map(([name, value]) => [name, String(value)])),
    body,
    generation,
  }
}

/** How a change is sent. */
export type How = { dryRun?: boolean; expectPlan?: string; overwrite?: boolean }

/** Whether the operation can be rehearsed. */
export const isPlanned = (change: Change) => operations[change.operation]?.planned === true

/** The version as the API tags it. */
export const etag = (generation: number) => `"g${generation}"`

/** The change's address below the panel's. */
export function addressOf(change: Change, how: How = {}): string {
  const query = new URLSearchParams(change.query)
  if (how.dryRun) query.set('dry_run', 'true')
  if (how.expectPlan) query.set('expect_plan', how.expectPlan)
  if (how.overwrite) query.set('overwrite', 'true')
  const text = query.toString()
  return text ? `${change.path}?${text}` : change.path
}

/** Sends the change; throws the problem where it is refused. */
export async function perform(change: Change, how: How = {}): Promise<{ status: number; data: unknown }> {
  const headers = new Headers({ Accept: 'application/json' })
  if (change.generation !== undefined) headers.set('If-Match', etag(change.generation))
  const body = change.body === undefined ? undefined : JSON.stringify(change.body)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const address = new URL(addressOf(change, how), location.origin)
  const response = await send(new Request(address, { method: change.method, headers, body }))
  if (!response.ok) throw await problemOf(response)
  const data: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  return { status: response.status, data }
}

/** What the change would do. */
export async function rehearse(change: Change, overwrite = false): Promise<Plan> {
  const { data } = await perform(change, { dryRun: true, overwrite })
  return (data as Schemas['DryRun']).plan
}
