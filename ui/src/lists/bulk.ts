import { type Change, type Plan, perform, rehearse } from '../api/change'
import { asProblem, type Problem, type ProblemError } from '../api/problem'
import type { Picked } from './selection'
import { patiently } from './walk'

/** So many requests are under way at the same time. */
export const AT_ONCE = 4

/** What is remembered of a plan once it was looked at; the whole of it for the first objects alone. */
export type Looked = {
  hash: string
  impact: string
  steps: number
  /** What the steps do to what, without the texts of files. */
  shape: string
  /** What goes for good. */
  goes: string[]
  over: number
  plan?: Plan
}

/** How far one object of a bulk change is. */
export type Row = {
  item: Picked
  state: 'waits' | 'looks' | 'looked' | 'applies' | 'done' | 'refused' | 'failed' | 'moved'
  looked?: Looked
  error?: ProblemError
}

/** Whether a file that several objects share is written or goes is a matter of which of them comes last. */
const touched = (code: string) => code.replace(/^file\.(write|remove)$/, 'file')

/** Two plans of one shape do the same steps to the same objects and files. */
const shapeOf = (plan: Plan) =>
  JSON.stringify(
    plan.objects.map(({ kind, id, steps }) => [
      kind,
      id,
      steps.map(({ code, impact, path }) => [touched(code), impact, path]),
    ]),
  )

export function lookedAt(plan: Plan, keep: boolean): Looked {
  const steps = plan.objects.flatMap((object) => object.steps)
  return {
    hash: plan.hash,
    impact: plan.impact,
    steps: steps.length,
    shape: shapeOf(plan),
    goes: steps.filter((step) => step.impact === 'data_loss').map((step) => step.summary),
    over: plan.effects?.over ?? 0,
    plan: keep ? plan : undefined,
  }
}

export type Sum = {
  /** Objects that would be changed. */
  objects: number
  /** Objects on whose account nothing is done on the server. */
  still: number
  steps: number
  reloads: number
  restarts: number
  goes: string[]
  over: number
  refused: number
}

/** What all would do, taken together. */
export function sumOf(rows: readonly Row[]): Sum {
  const sum: Sum = { objects: 0, still: 0, steps: 0, reloads: 0, restarts: 0, goes: [], over: 0, refused: 0 }
  for (const { state, looked } of rows) {
    if (state === 'refused') sum.refused += 1
    if (!looked || state === 'refused') continue
    sum.objects += 1
    sum.steps += looked.steps
    if (looked.steps === 0) sum.still += 1
    if (looked.impact === 'reload') sum.reloads += 1
    if (looked.impact === 'restart') sum.restarts += 1
    sum.goes.push(...looked.goes)
    sum.over += looked.over
  }
  return sum
}

/** Works through a list, so many at a time; what is begun ends, and nothing more begins once the signal says so. */
export async function inParallel<T>(
  list: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
) {
  let next = 0
  const worker = async () => {
    while (next < list.length && !signal.aborted) {
      const item = list[next] as T
      next += 1
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, worker))
}

/** Finds out what the change of one object would do. */
export async function look(row: Row, change: Change, keep: boolean, signal: AbortSignal) {
  row.state = 'looks'
  row.error = undefined
  try {
    row.looked = lookedAt(await patiently(() => rehearse(change), signal), keep)
    row.state = 'looked'
  } catch (thrown) {
    row.error = asProblem(thrown)
    row.state = 'refused'
  }
}

const planOf = (problem: Problem) => (problem.code === 'plan_changed' ? (problem.plan as Plan | undefined) : undefined)

/**
 * Makes the change of one object: the plan that was looked at, or none. Where another object of the same list went first, the file that both
 * write has another text by now: the same steps on the same files are still what was agreed to, and anything else is shown first.
 */
export async function apply(row: Row, change: Change, signal: AbortSignal, tries = 5) {
  row.state = 'applies'
  row.error = undefined
  for (let turn = 1; ; turn += 1) {
    try {
      await patiently(() => perform(change, { expectPlan: row.looked?.hash }), signal)
      row.state = 'done'
      return
    } catch (thrown) {
      const error = asProblem(thrown)
      const plan = planOf(error.problem)
      const now = plan && lookedAt(plan, true)
      const isSame = now && now.shape === row.looked?.shape
      if (now && isSame && turn < tries) {
        row.looked = { ...now, plan: row.looked?.plan && plan }
        continue
      }
      row.error = error
      row.state = 'failed'
      if (now) {
        row.looked = now
        row.state = 'moved'
      }
      return
    }
  }
}
