import { type Link, parser } from './events'
import type { Schemas } from './problem'

export type JobLine = Schemas['JobLine']

type On = {
  /** Lines in their order, each once. */
  lines: (lines: JobLine[]) => void
  /** The job, as it is from now on. */
  job: (job: Schemas['Job']) => void
  link: (link: Link) => void
  /** The job is over, and every line was handed on. */
  ended: () => void
}

const SHORTEST = 500
const LONGEST = 15_000

/** What a reader got so far. Lines are numbered from 1 on, without a gap: what comes twice is dropped, and what is missing is noticed. */
export function keeper(after: number, on: (lines: JobLine[]) => void) {
  let last = after
  return {
    last: () => last,
    /** Hands on what is new. False: a line is missing before one of these, and nothing from there on was taken. */
    take(lines: JobLine[], mayMiss = false): boolean {
      const fresh: JobLine[] = []
      let isWhole = true
      for (const line of lines) {
        if (line.seq <= last) continue
        if (line.seq > last + 1 && !mayMiss) {
          isWhole = false
          break
        }
        last = line.seq
        fresh.push(line)
      }
      if (fresh.length) on(fresh)
      return isWhole
    },
  }
}

/** A stream has lines, and the job whenever that changed. */
type Told = JobLine | Schemas['Job']
const isLine = (told: Told): told is JobLine => 'seq' in told

/**
 * Follows a job's log behind line `after`, and goes on behind the last one whenever the stream ends: the panel restarts, the machine
 * sleeps, the network changes. Ends with the job, or with `signal`.
 */
export async function followLog(job: string, after: number, on: On, signal: AbortSignal) {
  const kept = keeper(after, on.lines)
  const address = `/api/v1/jobs/${encodeURIComponent(job)}/log`
  let wait = SHORTEST
  /** What the stream left out is read page by page. True: there is no more, and there never will be. */
  const catchUp = async () => {
    for (;;) {
      const page = await fetch(`${address}?after=${kept.last()}`, {
        headers: { Accept: 'application/json' },
        credentials: 'same-origin',
        signal,
      })
      if (!page.ok) return false
      const { items, ended } = (await page.json()) as Schemas['JobLog']
      kept.take(items, true)
      if (ended || items.length === 0) return ended
    }
  }
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (kept.last() > 0) headers['Last-Event-ID'] = String(kept.last())
      const response = await fetch(address, { headers, credentials: 'same-origin', signal })
      if (response.status === 403 || response.status === 404) {
        on.link('refused')
        return
      }
      if (response.ok && response.body) {
        on.link('live')
        wait = SHORTEST
        let batch: JobLine[] = []
        const feed = parser((_, data) => {
          const told = JSON.parse(data) as Told
          if (isLine(told)) batch.push(told)
          else on.job(told)
        })
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          feed(part.value)
          const isWhole = kept.take(batch)
          batch = []
          if (!isWhole) {
            await reader.cancel()
            break
          }
        }
        if (await catchUp()) {
          on.ended()
          return
        }
      }
    } catch {
      // the stream broke: below it is begun anew
    }
    if (signal.aborted) return
    on.link('lost')
    await new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2)))
    wait = Math.min(wait * 2, LONGEST)
  }
}
