import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import type { Tone } from '../../components/StatusBadge'

export type Job = Schemas['Job']
export type JobStep = Schemas['JobStep']

export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

/** What runs is read again so often, in milliseconds: events tell of its beginning and end, not of its lines. */
export const EVERY = 2000

const TONES: Record<string, Tone> = {
  queued: 'off',
  running: 'moving',
  pending: 'off',
  done: 'good',
  failed: 'bad',
  cancelled: 'off',
}

export const jobTone = (state: string): Tone => TONES[state] ?? 'off'

/** Whether nothing follows any more, unless somebody asks for it again. */
export const isOver = (job: Pick<Job, 'state'>) => ['done', 'failed', 'cancelled'].includes(job.state)

/** What a job is: "Install the role web". Kinds of later releases are shown as they are. */
export function jobTitle(job: Pick<Job, 'kind' | 'object'>): string {
  const name = said(`serverRole.${job.object.name}.name`) ?? job.object.name
  return said(`jobKind.${job.kind.replaceAll('.', '_')}`, { name }) ?? `${job.kind} ${job.object.name}`
}

export const jobState = (state: string) => said(`jobState.${state}`) ?? state

/** A step's name in words; steps of later releases are shown as they are. */
export const stepName = (step: Pick<JobStep, 'name'>) => said(`jobStep.${step.name}`) ?? step.name

const ENDED = ['done', 'failed', 'cancelled']

/** The step that a job is at, counted from 1: the one that runs or failed, or else the first that is yet to come. */
export function stepAt(job: Pick<Job, 'steps'>): { index: number; step: JobStep } | undefined {
  const { steps } = job
  let index = steps.findIndex((step) => step.state === 'running' || step.state === 'failed')
  if (index < 0) index = steps.findIndex((step) => !ENDED.includes(step.state))
  if (index < 0) index = steps.length - 1
  const step = steps[index]
  return step && { index: index + 1, step }
}

/** Seconds that a job has taken; undefined: it has not begun. */
export function elapsed(job: Pick<Job, 'started_at' | 'ended_at'>, now: number): number | undefined {
  if (!job.started_at) return undefined
  const end = job.ended_at ? Date.parse(job.ended_at) : now
  return Math.max(0, Math.floor((end - Date.parse(job.started_at)) / 1000))
}

const FAILS =
  /^(e:|err:|error\b|fatal\b|dpkg: error)|\b(failed|failure|error:|cannot|could not|unable to|no space left)\b/i

/** The line at which a failed job says so first: within the step that failed, or else its last line. */
export function firstFailingLine(lines: Schemas['JobLine'][], steps: JobStep[]): number | undefined {
  const failed = steps.find((step) => step.state === 'failed')
  if (!failed) return undefined
  const since = failed.started_at ? Date.parse(failed.started_at) : 0
  const own = lines.filter((line) => Date.parse(line.at) >= since)
  return (own.find((line) => FAILS.test(line.text)) ?? lines.at(-1))?.seq
}

const SECRETS: [RegExp, string][] = [
  [/\b(authorization:\s*\w+\s+)\S+/gi, '$1***'],
  [
    /(["']?\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|\S+)/gi,
    '$1***',
  ],
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s@/]+@/gi, '$1***@'],
]

/** What looks like a secret is left out of a text that is passed on. */
export const masked = (text: string) => SECRETS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text)

/** So many lines before the first failing one, and behind it, go into a report. */
const BEFORE = 20
const BEHIND = 60

/** All that somebody needs who is to help with a failed job. In English, whatever language the page has: it goes to others. */
export function jobReport(job: Job, lines: Schemas['JobLine'][]): string {
  const at = firstFailingLine(lines, job.steps)
  const index = at === undefined ? lines.length : lines.findIndex((line) => line.seq === at)
  const part = lines.slice(Math.max(0, index - BEFORE), index + BEHIND)
  const head = [
    `job       ${job.id}`,
    `kind      ${job.kind}`,
    `object    ${job.object.kind} ${job.object.name}`,
    `state     ${job.state}, attempt ${job.attempts}`,
    `asked by  ${job.created_by} (${job.via}), ${job.created_at}`,
    `began     ${job.started_at ?? '-'}`,
    `ended     ${job.ended_at ?? '-'}`,
  ]
  const steps = job.steps.map((step, number) => `  ${number + 1}. ${step.name}: ${step.state}`)
  const problem = job.problem
    ? [
        '',
        `problem   ${job.problem.code}: ${job.problem.detail}`,
        ...(job.problem.remedy ? [`remedy    ${job.problem.remedy}`] : []),
      ]
    : []
  const log = part.map((line) => `${line.seq === at ? '>' : ' '} ${line.at} ${line.text}`)
  return masked(
    [...head, 'steps', ...steps, ...problem, '', `log, ${part.length} of ${job.log_lines} lines`, ...log, ''].join(
      '\n',
    ),
  )
}
