import type { Schemas } from './problem'

export type Event = Schemas['EventView']

/** The pieces of an event stream: feed text, get events. Lines may be cut anywhere. */
export function parser(onEvent: (id: string, data: string) => void) {
  let rest = ''
  let id = ''
  let data: string[] = []
  return (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length) onEvent(id, data.join('\n'))
        data = []
      } else if (line.startsWith('id:')) id = line.slice(3).trim()
      else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    }
  }
}

/** Whether events come at this moment; `refused`: they are not this person's to see. */
export type Link = 'connecting' | 'live' | 'lost' | 'refused'

const SHORTEST = 500
const LONGEST = 15_000

/**
 * Follows the events, and goes on behind the last one whenever the stream ends: the panel restarts, the machine sleeps, the network
 * changes. Ends with `signal`.
 */
export async function follow(on: { event: (event: Event) => void; link: (link: Link) => void }, signal: AbortSignal) {
  let cursor: string | undefined
  let wait = SHORTEST
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (cursor !== undefined) headers['Last-Event-ID'] = cursor
      const response = await fetch('/api/v1/events', { headers, credentials: 'same-origin', signal })
      // a session that is over (401) may begin again below; a right that is not there does not come by waiting
      if (response.status === 403) {
        on.link('refused')
        return
      }
      if (response.ok && response.body) {
        on.link('live')
        wait = SHORTEST
        const feed = parser((id, data) => {
          cursor = id
          on.event(JSON.parse(data) as Event)
        })
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        for (let part = await reader.read(); !part.done; part = await reader.read()) feed(part.value)
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
