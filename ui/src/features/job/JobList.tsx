import { ActionIcon, Group, Stack, Text, Title } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { pageOf } from '../../components/EventLine'
import { ErrorState } from '../../components/States'
import { CancelButton, Elapsed, JobBadge, JobProgress, RetryButton, StepLine } from './JobView'
import { lookedAt, useLooked } from './looked'
import { EVERY, isOver, type Job, jobTitle } from './words'

const ORDER = ['running', 'queued', 'failed']

/** What stands first in the drawer: what runs, then what waits, then what failed and was not looked at. */
export function firstJobs(jobs: Job[], looked: ReadonlySet<string>): Job[] {
  const wants = (job: Job) => !isOver(job) || (job.state === 'failed' && !looked.has(job.id))
  const place = (job: Job) => (ORDER.indexOf(job.state) + ORDER.length + 1) % (ORDER.length + 1)
  return jobs.filter(wants).sort((a, b) => place(a) - place(b) || b.created_at.localeCompare(a.created_at))
}

function JobRow({ job, onGo }: { job: Job; onGo: () => void }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const title = jobTitle(job)
  const object = pageOf(job.object.kind, job.object.name, job.object.id)
  // what was opened was looked at; it is gone from here when the drawer is opened the next time
  useEffect(() => {
    if (isOpen && isOver(job)) return () => lookedAt([job.id])
  }, [isOpen, job])
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <li>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <ActionIcon
          variant="subtle"
          color="slate"
          size={28}
          aria-expanded={isOpen}
          aria-controls={id}
          aria-label={t('jobs.details', { title })}
          onClick={() => setOpen(!isOpen)}
        >
          <Chevron size={16} />
        </ActionIcon>
        <div style={{ flex: 1, minWidth: 0 }}>
          <Group gap="xs" justify="space-between">
            {object ? (
              <Link className="cell-link" {...object} onClick={onGo}>
                {title}
              </Link>
            ) : (
              <Link className="cell-link" to="/jobs/$job" params={{ job: job.id }} onClick={onGo}>
                {title}
              </Link>
            )}
            <Group gap="xs">
              <JobBadge job={job} />
              <Text size="sm" c="dimmed">
                <Elapsed job={job} />
              </Text>
            </Group>
          </Group>
          <Text size="sm">
            <StepLine job={job} />
          </Text>
          {job.state === 'failed' && job.problem && (
            <Text size="sm" data-server>
              {job.problem.detail}
            </Text>
          )}
          {job.last_line && !isOpen && (
            <Text size="sm" c="dimmed" className="mono ltr" truncate data-server>
              {job.last_line}
            </Text>
          )}
          <Group gap="xs" mt={4}>
            <CancelButton job={job} size="xs" />
            {!isOpen && <RetryButton job={job} size="xs" />}
            <Link className="cell-link" to="/jobs/$job" params={{ job: job.id }} onClick={onGo}>
              {t('jobs.page')}
            </Link>
          </Group>
        </div>
      </Group>
      <div id={id} style={{ paddingTop: isOpen ? 8 : 0 }}>
        {isOpen && <JobProgress job={job} />}
      </div>
    </li>
  )
}

/** Jobs that run, wait, or failed unseen; the rest is on their page. */
export function JobList({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation()
  const looked = useLooked()
  const list = useQuery({
    ...queries.jobs({ limit: 50 }),
    refetchInterval: ({ state }) => (state.data?.items.some((job) => !isOver(job)) ? EVERY : false),
  })
  // a row that is open stays, although its job ends and is looked at
  const [kept, setKept] = useState<string[]>([])
  const first = firstJobs(list.data?.items ?? [], looked)
  const ids = first.map((job) => job.id).join(' ')
  useEffect(() => {
    setKept((before) => [...new Set([...before, ...ids.split(' ').filter(Boolean)])])
  }, [ids])
  const all = list.data?.items ?? []
  const rows = [...first, ...all.filter((job) => kept.includes(job.id) && !first.includes(job))]
  return (
    <section aria-label={t('nav.jobs')}>
      <Group justify="space-between">
        <Title order={2}>{t('nav.jobs')}</Title>
        <Link className="cell-link" to="/jobs" onClick={onGo}>
          {t('jobs.allOfThem')}
        </Link>
      </Group>
      {list.error && !list.data ? (
        <ErrorState error={list.error} retry={() => void list.refetch()} />
      ) : rows.length ? (
        <ul className="steps">
          {rows.map((job) => (
            <JobRow key={job.id} job={job} onGo={onGo} />
          ))}
        </ul>
      ) : (
        <Stack>
          <Text c="dimmed">{list.data ? t('jobs.nothing') : t('jobs.reading')}</Text>
        </Stack>
      )}
    </section>
  )
}
