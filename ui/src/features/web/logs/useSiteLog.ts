import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import type { Link } from '../../../api/events'
import { pages } from '../../../api/queries'
import { followSiteLog, type SiteLogLine, type SiteLogQuery } from '../../../api/siteLog'

/** Lines of one page. */
const LIMIT = 100
/** At most so many new lines are kept in the page. */
const MOST = 2000

/** A site's log, the newest line first: pages, and what came since where it is followed. */
export function useSiteLog(site: string, query: SiteLogQuery, isLive: boolean) {
  const { kind, search, status } = query
  const key = `${site} ${kind} ${status ?? ''} ${search ?? ''}`
  const read = useInfiniteQuery({
    queryKey: ['site-log', 'lines', key],
    queryFn: ({ pageParam }) => pages.siteLog(site, { kind, search, status, before: pageParam, limit: LIMIT }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const [fresh, setFresh] = useState<{ key: string; lines: SiteLogLine[]; gap: boolean }>({
    key,
    lines: [],
    gap: false,
  })
  const [link, setLink] = useState<Link>('connecting')
  const newest = read.data?.pages[0]?.newest ?? undefined
  const isRead = read.data !== undefined

  useEffect(() => {
    if (!isLive || !isRead) return
    const stop = new AbortController()
    setFresh({ key, lines: [], gap: false })
    setLink('connecting')
    void followSiteLog(
      site,
      { kind, search, status },
      newest,
      {
        lines: (lines) =>
          setFresh((before) => ({ ...before, lines: [...lines.toReversed(), ...before.lines].slice(0, MOST) })),
        gap: () => setFresh((before) => ({ ...before, gap: true })),
        link: setLink,
      },
      stop.signal,
    )
    return () => stop.abort()
  }, [site, kind, search, status, key, newest, isLive, isRead])

  const lines = useMemo(() => {
    if (!read.data) return undefined
    const older = read.data.pages.flatMap((page) => page.items)
    return fresh.key === key ? [...fresh.lines, ...older] : older
  }, [read.data, fresh, key])
  const stoppedEarly = read.data?.pages.at(-1)?.stopped_early ?? false
  return { read, lines, link, stoppedEarly, gap: fresh.key === key && fresh.gap }
}
