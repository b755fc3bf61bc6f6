import { Group, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useUrl } from '../../app/url'
import { DataTable } from '../../components/DataTable'
import { Page, usePaging } from '../../components/Page'
import { EmptyState } from '../../components/States'
import { Time } from '../../components/Time'
import { CancelButton, Elapsed, JobBadge, RetryButton, StepLine } from './JobView'
import { EVERY, isOver, JOB_STATES, type Job, jobState, jobTitle } from './words'

/** Work with an end: what runs, what ran, what failed. */
export function Jobs() {
  const { t } = useTranslation()
  const [{ state, cursor }, setUrl] = useUrl()
  const list = useQuery({
    ...queries.jobs({ state, cursor, limit: 50 }),
    refetchInterval: ({ state }) => (state.data?.items.some((job) => !isOver(job)) ? EVERY : false),
  })
  const paging = usePaging(list.data?.next_cursor)
  return (
    <Page title={t('nav.jobs')}>
      <Group>
        <Select
          aria-label={t('table.status')}
          data={[
            { value: '', label: t('jobs.all') },
            ...JOB_STATES.map((value) => ({ value, label: jobState(value) })),
          ]}
          value={state ?? ''}
          onChange={(next) => setUrl({ state: next || undefined, cursor: undefined })}
          allowDeselect={false}
          maw={220}
        />
      </Group>
      <DataTable<Job>
        label={t('nav.jobs')}
        rows={list.data?.items}
        rowKey={(job) => job.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        paging={paging}
        empty={
          <EmptyState title={state ? t('jobs.noneSo', { state: jobState(state) }) : t('jobs.empty')}>
            {t('jobs.emptyHelp')}
          </EmptyState>
        }
        columns={[
          {
            key: 'job',
            label: t('jobs.one'),
            cell: (job) => (
              <>
                <Link className="cell-link" to="/jobs/$job" params={{ job: job.id }}>
                  {jobTitle(job)}
                </Link>
                <Text size="sm" c="dimmed">
                  {job.state === 'failed' ? (job.problem?.detail ?? <StepLine job={job} />) : <StepLine job={job} />}
                </Text>
              </>
            ),
          },
          { key: 'state', label: t('table.status'), cell: (job) => <JobBadge job={job} /> },
          {
            key: 'by',
            label: t('jobs.by'),
            cell: (job) => t('jobs.byVia', { login: job.created_by, via: said(`jobVia.${job.via}`) ?? job.via }),
          },
          { key: 'asked', label: t('jobs.asked'), cell: (job) => <Time at={job.created_at} /> },
          { key: 'elapsed', label: t('jobs.elapsed'), numeric: true, cell: (job) => <Elapsed job={job} /> },
          {
            key: 'actions',
            label: t('table.actions'),
            hidden: true,
            cell: (job) => (
              <Group gap="xs" wrap="nowrap" justify="flex-end">
                <CancelButton job={job} size="xs" />
                <RetryButton job={job} size="xs" />
              </Group>
            ),
          },
        ]}
      />
    </Page>
  )
}
