import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { queries } from '../api/queries'
import { isOver } from '../features/job/words'
import { useMe } from './session'

/** Tells how many jobs are under way, and of a job of this person's own that failed while the window was open. Draws nothing. */
export function JobWatch({ onCount, onFailed }: { onCount: (count: number) => void; onFailed: () => void }) {
  const { session } = useMe()
  const { data } = useQuery({
    ...queries.jobs({ limit: 50 }),
    refetchInterval: ({ state }) => (state.data?.items.some((job) => !isOver(job)) ? 5000 : false),
  })
  const running = useRef<ReadonlySet<string>>(new Set())
  useEffect(() => {
    if (!data) return
    const failed = data.items.some(
      (job) => job.state === 'failed' && job.created_by === session.login && running.current.has(job.id),
    )
    running.current = new Set(data.items.filter((job) => !isOver(job)).map((job) => job.id))
    onCount(running.current.size)
    if (failed) onFailed()
  }, [data, session.login, onCount, onFailed])
  return null
}
