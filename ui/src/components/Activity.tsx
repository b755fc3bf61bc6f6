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
    <>
      <section aria-label={t('activity.happened')}>
        <h2>{t('activity.happened')}</h2>
        {own.length === 0 && <EmptyState title={t('activity.quiet')} />}
        <ul className="steps">
          {own.slice(0, 20).map((event) => (
            <EventLine key={event.cursor} event={event} />
          ))}
        </ul>
      </section>
      {mayAudit && (
        <section aria-label={t('activity.audit')}>
          <h2>{t('activity.audit')}</h2>
          <AuditTable
            rows={audit.data?.items}
            error={audit.error}
            onRetry={() => void audit.refetch()}
            label={t('activity.audit')}
          />
        </section>
      )}
    </>
  )
}
