import { SegmentedControl, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { bytes, number, percent } from '../../app/format'
import { useUrl } from '../../app/url'
import { DataTable } from '../../components/DataTable'
import { EmptyState } from '../../components/States'
import { Time } from '../../components/Time'

type Process = Schemas['Process']

const LIMIT = 50

/** What takes most of the server at this moment. */
export function Processes() {
  const { t } = useTranslation()
  const [{ sort: asked }, setUrl] = useUrl()
  const sort = asked === 'cpu' ? 'cpu' : 'memory'
  const read = useQuery({
    ...queries.processes({ sort, limit: LIMIT }),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  })
  const processes = read.data
  return (
    <Stack>
      <SegmentedControl
        aria-label={t('processes.sort')}
        value={sort}
        onChange={(next) => setUrl({ sort: next === 'memory' ? undefined : next }, true)}
        data={[
          { value: 'memory', label: t('processes.byMemory') },
          { value: 'cpu', label: t('processes.byCpu') },
        ]}
        style={{ alignSelf: 'flex-start' }}
      />
      <DataTable<Process>
        label={t('processes.title')}
        rows={processes?.items}
        rowKey={(process) => `${process.pid} ${process.started_at}`}
        error={read.error}
        onRetry={() => void read.refetch()}
        expected={20}
        empty={<EmptyState title={t('processes.empty')} />}
        columns={[
          {
            key: 'command',
            label: t('processes.command'),
            cell: (process) => <span className="mono">{process.command}</span>,
          },
          { key: 'pid', label: t('processes.pid'), numeric: true, cell: (process) => process.pid },
          {
            key: 'user',
            label: t('processes.user'),
            cell: (process) =>
              process.account ? (
                <Link className="cell-link" to="/accounts/$account" params={{ account: process.account }}>
                  {process.account}
                </Link>
              ) : (
                <span className="mono">{process.user}</span>
              ),
          },
          {
            key: 'memory',
            label: t('health.memory'),
            numeric: true,
            cell: (process) => bytes(process.memory_bytes),
          },
          {
            key: 'cpu',
            label: t('processes.cpu'),
            numeric: true,
            cell: (process) => (typeof process.cpu === 'number' ? percent(process.cpu) : t('processes.notYet')),
          },
          {
            key: 'unit',
            label: t('services.unit'),
            cell: (process) => <span className="mono">{process.unit ?? ''}</span>,
          },
          { key: 'since', label: t('services.since'), cell: (process) => <Time at={process.started_at} /> },
        ]}
      />
      {processes && (
        <Text c="dimmed">
          {t('processes.count', { count: processes.count, shown: number(processes.items.length) })}{' '}
          {t('processes.cpuHelp')}
        </Text>
      )}
    </Stack>
  )
}
