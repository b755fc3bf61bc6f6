import { Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { useEvents } from '../app/events'
import { useMe } from '../app/session'
import { AuditTable } from '../features/audit/AuditTable'
import { EventLine } from './EventLine'
import { EmptyState } from './States'

/** What happened to one object, and who did what to it. */
export function Activity({ id, account }: { id?: string; account?: string }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const { events } = useEvents()
  const mayAudit = may('GET /api/v1/audit')
  const audit = useQuery({ ...queries.audit({ object: id, account, limit: 50 }), enabled: mayAudit })
  const own = events.filter((event) => event.id === id)
  return (
    <Stack gap="lg">
      <div>
        <Title order={2} mb="xs">
          {t('activity.happened')}
        </Title>
        {own.length === 0 && <EmptyState title={t('activity.quiet')} />}
        <ul className="steps">
          {own.slice(0, 20).map((event) => (
            <EventLine key={event.cursor} event={event} />
          ))}
        </ul>
      </div>
      {mayAudit && (
        <div>
          <Title order={2} mb="xs">
            {t('activity.audit')}
          </Title>
          <AuditTable
            rows={audit.data?.items}
            error={audit.error}
            onRetry={() => void audit.refetch()}
            label={t('activity.audit')}
          />
        </div>
      )}
    </Stack>
  )
}
