import { Group, Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { pageOf } from '../../components/EventLine'
import { Facts, Page } from '../../components/Page'
import { ErrorState } from '../../components/States'
import { Time } from '../../components/Time'
import { CancelButton, Elapsed, JobBadge, JobProgress } from './JobView'
import { lookedAt } from './looked'
import { EVERY, isOver, type Job, jobTitle } from './words'

function ObjectLink({ job }: { job: Job }) {
  const { kind, id, name } = job.object
  const page = pageOf(kind, name, id)
  const words = `${said(`kind.${kind}`) ?? kind} ${name}`
  return page ? (
    <Link className="cell-link" {...page}>
      {words}
    </Link>
  ) : (
    words
  )
}

/** One job: what it is about, its steps, its log. */
export function JobPage() {
  const { t } = useTranslation()
  const { job: id } = useParams({ from: '/jobs/$job' })
  const read = useQuery({
    ...queries.job(id),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : EVERY),
  })
  const job = read.data
  useEffect(() => {
    if (job && isOver(job)) lookedAt([job.id])
  }, [job])
  if (read.error && !job) {
    return (
      <Page title={t('jobs.one')}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!job) {
    return (
      <Page title={t('jobs.one')}>
        <Skeleton h={420} />
      </Page>
    )
  }
  return (
    <Page title={jobTitle(job)} aside={<JobBadge job={job} />} action={<CancelButton job={job} />}>
      <Facts
        rows={[
          [t('jobs.object'), <ObjectLink key="object" job={job} />],
          [t('jobs.by'), t('jobs.byVia', { login: job.created_by, via: said(`jobVia.${job.via}`) ?? job.via })],
          [t('jobs.asked'), <Time key="asked" at={job.created_at} />],
          [
            t('jobs.elapsed'),
            <Group key="elapsed" gap="xs">
              <Elapsed job={job} />
              {job.attempts > 1 && (
                <Text size="sm" c="dimmed">
                  {t('jobs.attempt', { attempt: job.attempts })}
                </Text>
              )}
            </Group>,
          ],
        ]}
      />
      <JobProgress job={job} />
    </Page>
  )
}
