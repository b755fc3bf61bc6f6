import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Change, change, type Plan, perform, rehearse } from '../../api/change'
import { asProblem, type ProblemError } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { CopyCommand } from '../../components/CopyCommand'
import { PlanDiff } from '../../components/PlanDiff'
import { ErrorState, Note } from '../../components/States'
import { CancelButton, Elapsed, JobBadge, JobProgress } from '../job/JobView'
import { EVERY, isOver, type Job } from '../job/words'
import { chosenOf, isInstalled, isUnderWay, type Role, roleName } from './choice'
import { StepFoot } from './StepFoot'

const install = (role: string): Change => change('post', '/api/v1/node/roles/{role}/install', { path: { role } })

type Rehearsed = { plan?: Plan; error?: ProblemError; hasMoved?: boolean }

/** The plan of each role that is to come, and the way to do exactly those. */
function useInstalls(names: string[]) {
  const client = useQueryClient()
  const [plans, setPlans] = useState<Record<string, Rehearsed>>({})
  const [isBusy, setBusy] = useState(false)
  const running = useRef(false)
  const put = useCallback((name: string, next: Rehearsed) => setPlans((before) => ({ ...before, [name]: next })), [])
  const look = useCallback(
    async (name: string) => {
      put(name, {})
      try {
        put(name, { plan: await rehearse(install(name)) })
      } catch (thrown) {
        put(name, { error: asProblem(thrown) })
      }
    },
    [put],
  )
  const key = names.join(' ')
  useEffect(() => {
    for (const name of key.split(' ').filter(Boolean)) void look(name)
  }, [key, look])

  const apply = async () => {
    if (running.current) return
    running.current = true
    setBusy(true)
    for (const name of names) {
      const { plan } = plans[name] ?? {}
      if (!plan) continue
      try {
        await perform(install(name), { expectPlan: plan.hash })
      } catch (thrown) {
        const error = asProblem(thrown)
        const moved = error.problem.code === 'plan_changed' ? (error.problem.plan as Plan | undefined) : undefined
        put(name, moved ? { plan: moved, hasMoved: true } : { plan, error })
        break
      }
    }
    await client.invalidateQueries({ predicate: ({ queryKey }) => ['node-role', 'job'].includes(String(queryKey[0])) })
    running.current = false
    setBusy(false)
  }
  return { plans, look, apply, isBusy }
}

function RolePlan({ role, rehearsed, onRetry }: { role: Role; rehearsed?: Rehearsed; onRetry: () => void }) {
  const { t } = useTranslation()
  const name = roleName(role)
  return (
    <section aria-label={name} className="start-part">
      <Group justify="space-between">
        <Title order={3}>{name}</Title>
        <CopyCommand change={install(role.name)} />
      </Group>
      {rehearsed?.hasMoved && <Note tone="warning" title={t('plan.moved')} role="alert" />}
      {rehearsed?.error && <ErrorState error={rehearsed.error} retry={onRetry} />}
      {rehearsed?.plan ? (
        <PlanDiff plan={rehearsed.plan} />
      ) : (
        !rehearsed?.error && <Text c="dimmed">{t('plan.looking')}</Text>
      )}
    </section>
  )
}

/** The job of a role, from its first step to its last line. */
function RoleJob({ role, first }: { role: Role; first: Job }) {
  const client = useQueryClient()
  const { data: job = first } = useQuery({
    ...queries.job(first.id),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : EVERY),
  })
  const over = isOver(job)
  // what the server has now is read when the job ends
  const was = useRef(over)
  useEffect(() => {
    if (over && !was.current) void client.invalidateQueries({ queryKey: ['node-role'] })
    was.current = over
  }, [over, client])
  return (
    <section aria-label={roleName(role)} className="start-part">
      <Group justify="space-between" mb="xs">
        <Group gap="xs">
          <Title order={3}>{roleName(role)}</Title>
          <JobBadge job={job} />
        </Group>
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            <Elapsed job={job} />
          </Text>
          <CancelButton job={job} size="xs" />
        </Group>
      </Group>
      <JobProgress job={job} />
    </section>
  )
}

/** What would be done, and then what is done: the plan, and the job that carries it out. */
export function Install() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ roles: asked }] = useUrl()
  const read = useQuery(queries.nodeRoles())
  const roles = read.data?.items ?? []
  const chosen = chosenOf(roles, asked)
  // a job that runs is shown even where its role is no longer chosen; one that failed, where its role still is
  const withJob = roles.filter(
    (role) => role.job && (!isOver(role.job) || (chosen.includes(role) && role.job.state === 'failed')),
  )
  // so does one that ended well while this page was open
  const [followed, setFollowed] = useState<string[]>([])
  const names = withJob.map((role) => role.name).join(' ')
  useEffect(() => {
    setFollowed((before) => [...new Set([...before, ...names.split(' ').filter(Boolean)])])
  }, [names])
  const jobs = roles.filter((role) => role.job && (withJob.includes(role) || followed.includes(role.name)))
  const coming = chosen.filter((role) => !jobs.includes(role) && !isUnderWay(role))
  const flow = useInstalls(coming.map((role) => role.name))
  const isReady = coming.length > 0 && coming.every((role) => flow.plans[role.name]?.plan)
  const works = roles.some(isUnderWay)
  return (
    <Stack>
      {read.error && !read.data && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {!read.data && !read.error && <Skeleton h={160} />}
      {read.data && coming.length === 0 && jobs.length === 0 && !works && (
        <Note title={roles.some(isInstalled) ? t('start.plan.all') : t('start.plan.nothing')} role="status">
          <Text size="sm">{roles.some(isInstalled) ? t('start.plan.allHelp') : t('start.plan.nothingHelp')}</Text>
        </Note>
      )}
      {jobs.map((role) => role.job && <RoleJob key={role.name} role={role} first={role.job} />)}
      {coming.map((role) => (
        <RolePlan
          key={role.name}
          role={role}
          rehearsed={flow.plans[role.name]}
          onRetry={() => void flow.look(role.name)}
        />
      ))}
      {coming.length > 0 && (
        <Group>
          <Button
            loading={flow.isBusy}
            disabled={!isReady || !may('POST /api/v1/node/roles/{role}/install')}
            onClick={() => void flow.apply()}
          >
            {t('start.plan.apply')}
          </Button>
        </Group>
      )}
      {works && <Text c="dimmed">{t('start.plan.goesOn')}</Text>}
      <StepFoot next={coming.length > 0 ? t('start.plan.without') : undefined} />
    </Stack>
  )
}
