import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { type Change, isPlanned, type Plan, perform, rehearse } from '../api/change'
import { asProblem, type Problem, type ProblemError } from '../api/problem'

export type Rehearsed = {
  plan?: Plan
  /** The server moved meanwhile: the plan is another one than was looked at. */
  hasMoved: boolean
  error?: ProblemError
  busy: 'rehearse' | 'apply' | undefined
}

const START: Rehearsed = { hasMoved: false, busy: undefined }

/** What takes long to read is not waited for after a change. */
const SLOW = ['doctor', 'usage', 'audit-verdict']

/** The plan that a refusal for `plan_changed` brings. */
const planOf = (problem: Problem) => (problem.code === 'plan_changed' ? (problem.plan as Plan | undefined) : undefined)

/**
 * The way of every change: rehearse, look, apply exactly what was looked at. While one request runs, no second one is sent. `onGone` leaves
 * the page of what is gone, before all that was read is read anew: it would be asked for once more.
 */
export function useChange<T>(onDone: (data: T) => void, onGone?: () => Promise<void>) {
  const [state, setState] = useState<Rehearsed>(START)
  const running = useRef(false)
  const queries = useQueryClient()

  const run = useCallback(async (busy: 'rehearse' | 'apply', work: () => Promise<Partial<Rehearsed>>) => {
    if (running.current) return undefined
    running.current = true
    setState((before) => ({ ...before, busy, error: undefined }))
    let next: Partial<Rehearsed>
    try {
      next = await work()
    } catch (thrown) {
      const error = asProblem(thrown)
      const plan = planOf(error.problem)
      next = plan ? { plan, hasMoved: true } : { error }
    }
    running.current = false
    setState((before) => ({ ...before, busy: undefined, ...next }))
    return next
  }, [])

  /** Finds out what the change would do. */
  const look = useCallback(
    (change: Change, overwrite = false) =>
      run('rehearse', async () => ({ plan: await rehearse(change, overwrite), hasMoved: false })),
    [run],
  )

  /** Makes the change; where a plan was looked at, that one or none. */
  const apply = useCallback(
    (change: Change, plan?: Plan, overwrite = false) =>
      run('apply', async () => {
        const expectPlan = isPlanned(change) ? plan?.hash : undefined
        const { data } = await perform(change, { expectPlan, overwrite })
        await onGone?.()
        await queries.invalidateQueries({ predicate: ({ queryKey }) => !SLOW.includes(String(queryKey[0])) })
        onDone(data as T)
        return START
      }),
    [run, onDone, onGone, queries],
  )

  const reset = useCallback(() => setState(START), [])
  /** The form was changed: what was looked at is no longer what would happen. */
  const forget = useCallback(() => setState((before) => ({ ...before, plan: undefined, hasMoved: false })), [])
  return { ...state, look, apply, reset, forget }
}
