import { asProblem } from '../api/problem'

/** The most that the panel answers at once. */
export const MOST = 200

export type ListPage<T> = { items: T[]; next_cursor?: string | null }

/** Reads one page of a list, from a cursor on. */
export type ReadPage<T> = (cursor: string | undefined, limit: number) => Promise<ListPage<T>>

/** So often is waited for one request before its refusal counts. */
const TRIES = 30

/** Waits; ends at once with the signal. */
export const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })

/** Does the work, and where the panel says that it is too much at once, waits for as long as the panel says and does it again. */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal, wait = pause): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (thrown) {
      const error = asProblem(thrown)
      const isMuch = error.problem.status === 429 || (error.problem.status === 503 && error.retryAfter)
      if (!isMuch || tries >= TRIES || signal.aborted) throw thrown
      await wait((error.retryAfter ?? 1) * 1000, signal)
      if (signal.aborted) throw thrown
    }
  }
}

/** All pages of a list, one after the other. Ends quietly with the signal. */
export async function* walk<T>(read: ReadPage<T>, signal: AbortSignal): AsyncGenerator<T[]> {
  let cursor: string | undefined
  do {
    const from = cursor
    if (signal.aborted) return
    let page: ListPage<T>
    try {
      page = await patiently(() => read(from, MOST), signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    if (signal.aborted) return
    yield page.items
    cursor = page.next_cursor ?? undefined
  } while (cursor)
}
