import type { components } from './schema'

export type Schemas = components['schemas']
export type Problem = Schemas['Problem']
export type FieldError = Schemas['FieldError']

/** What an operation answered in place of what was asked for; also: no answer at all (status 0). */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds after which the panel says that it is worth another try. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail || problem.title)
    this.name = 'ProblemError'
  }
}

const nothing = { type: 'about:blank', title: '', detail: '' }

/** An answer that is an error, as a problem. What is no problem document (a proxy's page, say) becomes one by its status. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const after = Number(response.headers.get('Retry-After'))
  const retryAfter = Number.isFinite(after) && after > 0 ? after : undefined
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json')
  const body: unknown = isProblem ? await response.json().catch(() => null) : null
  if (body && typeof body === 'object' && 'code' in body) return new ProblemError(body as Problem, retryAfter)
  return new ProblemError({ ...nothing, status: response.status, code: `http_${response.status}` }, retryAfter)
}

/** No answer came: the panel is away, or the network. */
export const offline = () => new ProblemError({ ...nothing, status: 0, code: 'offline' })

/** What was thrown, as a problem. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new ProblemError({ ...nothing, status: -1, code: 'bug', detail })
}

/** `/limits/sites` and `/dns/0/value` become `limits.sites` and `dns.0.value`: how forms name their fields. */
export function fieldOf(pointer: string): string {
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
}

/** The reason and, where there is one, the remedy. */
export const wordsOf = ({ reason, remedy }: FieldError) => {
  if (!remedy) return reason
  return `${reason}${/[.!?:;]$/.test(reason) ? '' : '.'} ${remedy}`
}

/**
 * The refused values of a problem: those that belong to one of the form's fields, and all others. A value inside of a field
 * (`/aliases/1` of the field `aliases`) belongs to the field. None is lost.
 */
export function sortErrors(problem: Problem, fields: readonly string[]) {
  const known: Record<string, string> = {}
  const others: FieldError[] = []
  for (const error of problem.errors ?? []) {
    const name = error.pointer.startsWith('/') ? fieldOf(error.pointer) : undefined
    // where one field is inside of another, what is nearest
    const field = fields
      .filter((known) => name === known || name?.startsWith(`${known}.`))
      .sort((a, b) => b.length - a.length)[0]
    if (field === undefined) others.push(error)
    else known[field] = [known[field], wordsOf(error)].filter(Boolean).join(' ')
  }
  return { known, others }
}
