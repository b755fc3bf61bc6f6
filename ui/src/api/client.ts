import createClient from 'openapi-fetch'
import { ask } from './gate'
import { offline, ProblemError, problemOf } from './problem'
import type { paths } from './schema'

export type { Problem, Schemas } from './problem'

/** Sign-in answers 401 for a wrong password: nobody's session is over then. */
const isSignIn = (request: Request) =>
  request.method === 'POST' &&
  /\/api\/v1\/session(\/(link|code|passkey|step-up).*)?$/.test(new URL(request.url).pathname)

function dressed(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set('Accept', 'application/json')
  if (request.method !== 'GET' && request.method !== 'DELETE') headers.set('Content-Type', 'application/json')
  // sent twice (a double click, a network that fails half-way), it is done once
  if (request.method === 'POST' && !isSignIn(request)) headers.set('Idempotency-Key', crypto.randomUUID())
  return new Request(request, { headers, credentials: 'same-origin' })
}

async function once(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    throw offline()
  }
}

/** Sends a request; where the session is over or a step-up is asked for, asks, and sends it again. */
export async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await once(dressed(request))
  if (response.status === 401 && !isSignIn(request)) {
    return (await ask('sign-in')) ? send(again) : response
  }
  if (response.status === 403) {
    const { problem } = await problemOf(response.clone())
    if (problem.code === 'step_up_required') return (await ask('step-up')) ? send(again) : response
  }
  return response
}

/** The API, with the types of its description. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: send })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** What was answered; throws the problem where it is one. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (response.ok) return data as T
  if (error && typeof error === 'object' && 'code' in error && 'detail' in error) {
    throw new ProblemError(error as ProblemError['problem'], Number(response.headers.get('Retry-After')) || undefined)
  }
  throw await problemOf(response)
}
