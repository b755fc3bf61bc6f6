import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconAlertTriangle, IconBan, IconCircleCheck, IconCircleDashed, IconRefresh } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { JobLine } from '../../api/jobLog'
import { duration, number } from '../../app/format'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ConfirmChange } from '../../components/ConfirmChange'
import { ErrorState, Note } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { useChange } from '../../components/useChange'
import { useNow } from '../../components/useNow'
import { useJobLog } from './useJobLog'
import {
  elapsed,
  firstFailingLine,
  isOver,
  type Job,
  type JobStep,
  jobReport,
  jobState,
  jobTitle,
  jobTone,
  stepAt,
  stepName,
} from './words'

const LiveLog = lazy(() => import('../../components/LiveLog').then((file) => ({ default: file.LiveLog })))

export function JobBadge({ job }: { job: Job }) {
  const { t } = useTranslation()
  const isRunning = job.state === 'running'
  return (
    <Badge
      tone={jobTone(job.state)}
      quiet={job.state === 'done'}
      icon={isRunning ? <IconRefresh size={14} stroke={1.8} className="spin" aria-hidden /> : undefined}
    >
      {jobState(job.state)}
      {job.state === 'queued' && job.position ? ` (${t('jobs.position', { position: number(job.position) })})` : ''}
    </Badge>
  )
}

/** "Step 2 of 6: Install packages", and how far where that is known. */
export function StepLine({ job }: { job: Job }) {
  const { t } = useTranslation()
  const at = stepAt(job)
  if (!at || job.state === 'queued' || job.state === 'done') return null
  const words = t('jobs.step', { at: number(at.index), of: number(job.steps.length), name: stepName(at.step) })
  return (
    <>
      {words}
      {typeof job.percent === 'number' && job.state === 'running' && <> · {number(job.percent)} %</>}
    </>
  )
}

/** How long a job takes or took; second by second while it runs. */
export function Elapsed({ job }: { job: Job }) {
  const { t } = useTranslation()
  const now = useNow(!!job.started_at && !job.ended_at)
  const seconds = elapsed(job, now)
  return <span className="num">{seconds === undefined ? t('jobs.notBegun') : duration(seconds)}</span>
}

const STEP_ICONS: Record<string, typeof IconCircleCheck> = {
  done: IconCircleCheck,
  running: IconRefresh,
  failed: IconAlertTriangle,
  cancelled: IconBan,
}

function StepRow({ step, of, index }: { step: JobStep; of: number; index: number }) {
  const { t } = useTranslation()
  const isRunning = step.state === 'running'
  const now = useNow(isRunning)
  const Icon = STEP_ICONS[step.state] ?? IconCircleDashed
  const seconds = elapsed(step, now)
  return (
    <li data-step={step.state} aria-current={isRunning ? 'step' : undefined}>
      <Group gap="xs" wrap="nowrap" justify="space-between">
        <Group gap="xs" wrap="nowrap" miw={0}>
          <span className="badge" data-tone={jobTone(step.state)} data-quiet={step.state === 'done' || undefined}>
            <Icon size={14} stroke={1.8} className={isRunning ? 'spin' : undefined} aria-hidden />
            <span className="sr">{said(`jobState.${step.state}`) ?? step.state}</span>
          </span>
          <span className="sr">{t('jobs.numbered', { at: number(index + 1), of: number(of) })}</span>
          <span style={{ overflowWrap: 'anywhere' }}>{stepName(step)}</span>
        </Group>
        <Text size="sm" c="dimmed" className="num" flex="none">
          {seconds === undefined ? '' : duration(seconds)}
        </Text>
      </Group>
    </li>
  )
}

export function JobSteps({ job }: { job: Job }) {
  const { t } = useTranslation()
  if (job.steps.length === 0) return null
  return (
    <ol className="steps" aria-label={t('jobs.steps')}>
      {job.steps.map((step, index) => (
        <StepRow key={step.name} step={step} index={index} of={job.steps.length} />
      ))}
    </ol>
  )
}

/** Has a failed or cancelled job tried again. What is done is exactly what was agreed to before. */
export function RetryButton({ job, onDone, size = 'sm' }: { job: Job; onDone?: () => void; size?: 'xs' | 'sm' }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const flow = useChange<unknown>(() => onDone?.())
  if (!job.may_retry || !may('POST /api/v1/jobs/{job}/retry')) return null
  return (
    <>
      <Button
        size={size}
        loading={flow.busy === 'apply'}
        onClick={() => void flow.apply(change('post', '/api/v1/jobs/{job}/retry', { path: { job: job.id } }))}
        aria-label={t('jobs.retryNamed', { title: jobTitle(job) })}
      >
        {t('jobs.retry')}
      </Button>
      {flow.error && <ErrorState error={flow.error} />}
    </>
  )
}

export function CancelButton({ job, size = 'sm' }: { job: Job; size?: 'xs' | 'sm' }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [isAsking, setAsking] = useState(false)
  if (!job.may_cancel || !may('POST /api/v1/jobs/{job}/cancel')) return null
  return (
    <>
      <Button
        size={size}
        variant="default"
        onClick={() => setAsking(true)}
        aria-label={t('jobs.cancelNamed', { title: jobTitle(job) })}
      >
        {t('jobs.cancel')}
      </Button>
      {isAsking && (
        <ConfirmChange
          op="job_cancel"
          name={jobTitle(job)}
          change={change('post', '/api/v1/jobs/{job}/cancel', { path: { job: job.id } })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function Problem({ job, lines }: { job: Job; lines: JobLine[] }) {
  const { t } = useTranslation()
  const clipboard = useClipboard({ timeout: 1500 })
  if (job.state !== 'failed') return null
  const at = stepAt(job)
  return (
    <Note tone="bad" role="alert" title={at ? t('jobs.failedAt', { name: stepName(at.step) }) : t('jobs.failed')}>
      {job.problem && (
        <>
          <Text size="sm" data-server>
            {job.problem.detail}
          </Text>
          {job.problem.remedy && (
            <Text size="sm" data-server>
              {job.problem.remedy}
            </Text>
          )}
        </>
      )}
      <Group gap="xs">
        <RetryButton job={job} size="xs" />
        <Button size="xs" variant="default" onClick={() => clipboard.copy(jobReport(job, lines))}>
          {clipboard.copied ? t('copy.copied') : t('jobs.report')}
        </Button>
      </Group>
    </Note>
  )
}

/** A job as it goes: its steps with ticks, what went wrong, and its log as it comes. */
export function JobProgress({ job }: { job: Job }) {
  const { t } = useTranslation()
  const { lines, link } = useJobLog(job.id, job.attempts)
  const at = stepAt(job)
  const said = isOver(job)
    ? `${jobTitle(job)}: ${jobState(job.state)}`
    : at && job.state === 'running'
      ? t('jobs.step', { at: number(at.index), of: number(job.steps.length), name: stepName(at.step) })
      : ''
  const note =
    link === 'lost'
      ? t('log.lost')
      : link === 'refused'
        ? t('log.refused')
        : isOver(job)
          ? t('log.ended')
          : t('log.live')
  return (
    <Stack gap="sm">
      {/* steps are said as they come; lines are not, there are too many of them */}
      <span className="sr" role="status" aria-live="polite">
        {said}
      </span>
      <JobSteps job={job} />
      <Problem job={job} lines={lines} />
      <Suspense fallback={<Skeleton h={420} />}>
        <LiveLog
          label={t('log.of', { title: jobTitle(job) })}
          lines={lines}
          file={`job-${job.id}.log`}
          marked={job.state === 'failed' ? firstFailingLine(lines, job.steps) : undefined}
          note={note}
        />
      </Suspense>
    </Stack>
  )
}
