import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { bytes, duration, number } from '../../app/format'
import { said } from '../../app/i18n'
import { DataTable } from '../../components/DataTable'
import { EmptyState, Note } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Time } from '../../components/Time'

type Service = Schemas['Service']

const TONES: Record<string, Tone> = {
  active: 'good',
  reloading: 'moving',
  activating: 'moving',
  deactivating: 'moving',
  failed: 'bad',
  missing: 'warning',
}
const WORST = ['failed', 'missing', 'activating', 'deactivating', 'reloading']
const rank = (service: Service) => (WORST.indexOf(service.active) + WORST.length + 1) % (WORST.length + 1)

/** What failed comes first; all else stays in the order of the panel. */
export const byWorst = (services: Service[]) => [...services].sort((a, b) => rank(a) - rank(b))

/** What the work stands on, and how each of it runs. */
export function Services() {
  const { t } = useTranslation()
  const read = useQuery({ ...queries.services(), refetchInterval: 5000 })
  const services = read.data
  return (
    <Stack>
      {services && services.pools_failed.length > 0 && (
        <Note tone="bad" title={t('services.poolsFailed', { count: services.pools_failed.length })} role="alert">
          <ul className="mono" style={{ margin: 0, paddingInlineStart: 18 }}>
            {services.pools_failed.map((pool) => (
              <li key={pool}>{pool}</li>
            ))}
          </ul>
          <Text size="sm">{t('services.poolsFailedHelp')}</Text>
        </Note>
      )}
      <DataTable<Service>
        label={t('services.title')}
        rows={services && byWorst(services.items)}
        rowKey={(service) => service.unit}
        error={read.error}
        onRetry={() => void read.refetch()}
        expected={12}
        empty={<EmptyState title={t('services.empty')} />}
        columns={[
          {
            key: 'unit',
            label: t('services.unit'),
            cell: (service) => (
              <>
                <span className="mono">{service.unit}</span>
                <Text size="sm" c="dimmed">
                  {said(`services.what.${service.unit.replace('.', '_')}`) ?? service.what}
                </Text>
              </>
            ),
          },
          {
            key: 'state',
            label: t('table.status'),
            cell: (service) => (
              <>
                <Badge tone={TONES[service.active] ?? 'off'} quiet={service.active === 'active'}>
                  {said(`services.active.${service.active}`) ?? service.active}
                </Badge>{' '}
                <span className="mono">{service.sub}</span>
                {service.result && service.result !== 'success' && (
                  <Text size="sm" c="dimmed">
                    {t('services.result', { result: service.result })}
                  </Text>
                )}
              </>
            ),
          },
          { key: 'since', label: t('services.since'), cell: (service) => <Time at={service.since} /> },
          {
            key: 'memory',
            label: t('health.memory'),
            numeric: true,
            cell: (service) => (typeof service.memory_bytes === 'number' ? bytes(service.memory_bytes) : ''),
          },
          {
            key: 'cpu',
            label: t('services.cpu'),
            numeric: true,
            cell: (service) => (typeof service.cpu_seconds === 'number' ? duration(service.cpu_seconds) : ''),
          },
          {
            key: 'tasks',
            label: t('services.tasks'),
            numeric: true,
            cell: (service) => (typeof service.tasks === 'number' ? number(service.tasks) : ''),
          },
          {
            key: 'restarts',
            label: t('services.restarts'),
            numeric: true,
            cell: (service) =>
              service.restarts > 0 ? <Badge tone="warning">{number(service.restarts)}</Badge> : number(0),
          },
        ]}
      />
      {services && (
        <Text c="dimmed">
          {t('services.pools', { active: number(services.pools_active), idle: number(services.pools_idle) })}
        </Text>
      )}
    </Stack>
  )
}
