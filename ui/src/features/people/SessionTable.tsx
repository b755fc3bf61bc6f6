import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { DataTable } from '../../components/DataTable'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'

type Row = Schemas['SessionRow']

/** Sessions, one's own or somebody's. */
export function SessionTable({
  rows,
  error,
  onRetry,
  onEnd,
}: {
  rows: Row[] | undefined
  error: unknown
  onRetry: () => void
  onEnd: (row: Row) => void
}) {
  const { t } = useTranslation()
  return (
    <DataTable<Row>
      label={t('sessions.title')}
      rows={rows}
      rowKey={(row) => row.id}
      error={error}
      onRetry={onRetry}
      expected={2}
      empty={<EmptyState title={t('sessions.empty')} />}
      columns={[
        {
          key: 'agent',
          label: t('sessions.agent'),
          cell: (row) => (
            <>
              {row.agent || t('sessions.unknown')} {row.current && <Badge tone="good">{t('sessions.current')}</Badge>}{' '}
              {row.acting && <Badge tone="warning">{t('sessions.acting', { by: row.acting })}</Badge>}
            </>
          ),
        },
        { key: 'origin', label: t('sessions.origin'), cell: (row) => <span className="mono ltr">{row.origin}</span> },
        { key: 'factors', label: t('sessions.factors'), cell: (row) => row.factors },
        { key: 'seen', label: t('sessions.seen'), cell: (row) => <Time at={row.last_seen_at} /> },
        { key: 'until', label: t('sessions.until'), cell: (row) => <Time at={row.expires_at} /> },
        {
          key: 'end',
          label: t('table.actions'),
          hidden: true,
          cell: (row) =>
            row.current ? null : (
              <Button variant="default" size="compact-sm" onClick={() => onEnd(row)}>
                {t('sessions.end')}
              </Button>
            ),
        },
      ]}
    />
  )
}
