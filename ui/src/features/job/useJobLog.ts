import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Link } from '../../api/events'
import { followLog, type JobLine } from '../../api/jobLog'
import { queries } from '../../api/queries'

/** At most so many lines are kept in the page. */
const MOST = 20_000
/** Lines that come in a burst are shown together, so often at most. */
const GATHER = 50

/** A job's log as far as it has come. It goes on where it was when the job is tried again (`attempts`). */
export function useJobLog(job: string, attempts: number) {
  const client = useQueryClient()
  const [lines, setLines] = useState<JobLine[]>([])
  const [link, setLink] = useState<Link | 'ended'>('connecting')
  const last = useRef({ job, seq: 0 })

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt goes on with a log that had ended
  useEffect(() => {
    if (last.current.job !== job) {
      last.current = { job, seq: 0 }
      setLines([])
    }
    const stop = new AbortController()
    let waiting: JobLine[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = () => {
      timer = undefined
      const fresh = waiting
      waiting = []
      setLines((before) => [...before, ...fresh].slice(-MOST))
    }
    setLink('connecting')
    void followLog(
      job,
      last.current.seq,
      {
        lines: (fresh) => {
          last.current.seq = fresh.at(-1)?.seq ?? last.current.seq
          waiting.push(...fresh)
          timer ??= setTimeout(show, GATHER)
        },
        job: (fresh) => client.setQueryData(queries.job(job).queryKey, fresh),
        link: setLink,
        ended: () => setLink('ended'),
      },
      stop.signal,
    )
    return () => {
      stop.abort()
      clearTimeout(timer)
      // what waited is shown all the same: the log goes on behind it
      if (waiting.length) show()
    }
  }, [job, attempts])
  return { lines, link }
}
