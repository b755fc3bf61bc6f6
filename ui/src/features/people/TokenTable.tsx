import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { DataTable } from '../../components/DataTable'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'

type Row = Schemas['TokenView']

/** API tokens, one's own or somebody's. */
export function TokenTable({
  rows,
  error,
  onRetry,
  onDelete,
}: {
  rows: Row[] | undefined
  error: unknown
  onRetry: () => void
  onDelete: (row: Row) => void
}) {
  const { t } = useTranslation()
  return (
    <DataTable<Row>
      label={t('tokens.title')}
      rows={rows}
      rowKey={(row) => row.id}
      error={error}
      onRetry={onRetry}
      expected={2}
      empty={<EmptyState title={t('tokens.empty')}>{t('tokens.emptyHelp')}</EmptyState>}
      columns={[
        {
          key: 'name',
          label: t('tokens.name'),
          cell: (row) => (
            <>
              <strong>{row.name}</strong> {row.expired && <Badge tone="off">{t('tokens.expired')}</Badge>}
            </>
          ),
        },
        {
          key: 'permissions',
          label: t('tokens.may'),
          cell: (row) => (
            <details>
              <summary>{t('tokens.permissions', { count: row.permissions.length })}</summary>
              {row.permissions.map((name) => (
                <div key={name} className="mono">
                  {name}
                </div>
              ))}
            </details>
          ),
        },
        {
          key: 'on',
          label: t('tokens.on'),
          cell: (row) => (row.everywhere ? t('tokens.everywhere') : [...row.accounts, ...row.organisations].join(', ')),
        },
        {
          key: 'used',
          label: t('tokens.used'),
          cell: (row) => <Time at={row.last_used_at} none={t('tokens.never')} />,
        },
        {
          key: 'until',
          label: t('tokens.until'),
          cell: (row) => <Time at={row.expires_at} none={t('tokens.forever')} />,
        },
        {
          key: 'delete',
          label: t('table.actions'),
          hidden: true,
          cell: (row) => (
            <Button variant="default" size="compact-sm" onClick={() => onDelete(row)}>
              {t('common.delete')}
            </Button>
          ),
        },
      ]}
    />
  )
}
