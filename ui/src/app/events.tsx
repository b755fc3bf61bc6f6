import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { type Event, follow, type Link } from '../api/events'
import { queries, touchedBy } from '../api/queries'
import { useMe } from './session'

type Live = { events: Event[]; link: Link; isLate: boolean; error: unknown; isLoading: boolean }

const Context = createContext<Live>({ events: [], link: 'connecting', isLate: false, error: null, isLoading: true })

/** At most so many are kept in the page. */
const MOST = 200
/** What was read is read again this long after the first event of a burst. */
const GATHER = 300
/** A stream that is away for so long is told of. */
const LATE = 10_000

/** The one stream of this window: it keeps the drawer's list and makes what was read old. */
export function EventsProvider({ children }: { children: ReactNode }) {
  const { may } = useMe()
  const client = useQueryClient()
  const mayFollow = may('GET /api/v1/events')
  const first = useQuery({ ...queries.events(), enabled: mayFollow })
  const [fresh, setFresh] = useState<Event[]>([])
  const [link, setLink] = useState<Link>('connecting')
  const [isLate, setLate] = useState(false)

  useEffect(() => {
    if (!mayFollow) return
    const stop = new AbortController()
    const kinds = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    let hasBeen = false
    const read = () => {
      timer = undefined
      const keys = new Set([...kinds].flatMap(touchedBy))
      kinds.clear()
      void client.invalidateQueries({ predicate: ({ queryKey }) => keys.has(String(queryKey[0])) })
    }
    const event = (event: Event) => {
      setFresh((before) => [event, ...before].slice(0, MOST))
      kinds.add(event.kind)
      timer ??= setTimeout(read, GATHER)
    }
    const onLink = (next: Link) => {
      // what happened while nobody listened is read anew
      if (next === 'live' && hasBeen) void client.invalidateQueries()
      hasBeen ||= next === 'live'
      setLink(next)
    }
    void follow({ event, link: onLink }, stop.signal)
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [client, mayFollow])

  useEffect(() => {
    if (link !== 'lost') {
      setLate(false)
      return
    }
    const timer = setTimeout(() => setLate(true), LATE)
    return () => clearTimeout(timer)
  }, [link])

  const live = useMemo(() => {
    const known = new Map<string, Event>()
    for (const event of [...fresh, ...[...(first.data?.items ?? [])].reverse()]) {
      if (!known.has(event.cursor)) known.set(event.cursor, event)
    }
    const events = [...known.values()].sort((a, b) => Number(b.cursor) - Number(a.cursor)).slice(0, MOST)
    return { events, link, isLate, error: first.error, isLoading: mayFollow && first.isLoading }
  }, [fresh, first.data, first.error, first.isLoading, link, isLate, mayFollow])
  return <Context.Provider value={live}>{children}</Context.Provider>
}

export const useEvents = () => useContext(Context)

/** Kinds of objects that the server is brought to; all others are as asked as soon as they are written. */
const CONVERGE = ['account', 'site', 'pool', 'certificate', 'webserver']

/** Objects that were asked to be otherwise and have not been seen so yet. */
export function underWay(events: Event[]): Event[] {
  const seen = new Set<string>()
  return events.filter((event) => {
    const key = `${event.kind} ${event.id}`
    if (seen.has(key) || !event.code.startsWith('object.') || !CONVERGE.includes(event.kind)) return false
    seen.add(key)
    return ['object.created', 'object.changed', 'object.deletion_asked', 'object.waiting'].includes(event.code)
  })
}
