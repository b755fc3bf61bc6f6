import { type Link, parser } from './events'
import type { Schemas } from './problem'

export type SiteLogLine = Schemas['LogLine']

/** Which lines of which log. */
export type SiteLogQuery = { kind?: 'access' | 'error'; search?: string; status?: string }

type On = {
  lines: (lines: SiteLogLine[]) => void
  /** Lines are missing here: the log was rotated too often meanwhile. */
  gap: () => void
  link: (link: Link) => void
}

const SHORTEST = 500
const LONGEST = 15_000

type Told = SiteLogLine | { at: string; gap: boolean }
const isLine = (told: Told): told is SiteLogLine => 'cut' in told

export const siteLogAddress = (site: string, query: SiteLogQuery, below = '') => {
  const pairs = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : [])))
  return `/api/v1/sites/${encodeURIComponent(site)}/logs${below}?${pairs}`
}

/**
 * Follows a site's log behind a place, and goes on behind the last line whenever the stream ends: the panel restarts, the machine sleeps,
 * the network changes. Ends with `signal`.
 */
export async function followSiteLog(
  site: string,
  query: SiteLogQuery,
  after: string | undefined,
  on: On,
  signal: AbortSignal,
) {
  const address = siteLogAddress(site, query, '/follow')
  let last = after
  let wait = SHORTEST
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (last !== undefined) headers['Last-Event-ID'] = last
      const response = await fetch(address, { headers, credentials: 'same-origin', signal })
      if (response.status === 403 || response.status === 404) {
        on.link('refused')
        return
      }
      if (response.ok && response.body) {
        on.link('live')
        wait = SHORTEST
        let batch: SiteLogLine[] = []
        const feed = parser((id, data) => {
          const told = JSON.parse(data) as Told
          if (isLine(told)) batch.push(told)
          else if (told.gap) on.gap()
          last = id || last
        })
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          feed(part.value)
          if (batch.length) on.lines(batch)
          batch = []
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
