import { Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Event } from '../api/events'
import { said } from '../app/i18n'
import type { Search } from '../app/url'
import { Badge, type Tone } from './StatusBadge'
import { Time } from './Time'

const TONES: Record<string, Tone> = { info: 'off', warning: 'warning', error: 'bad' }

const nameOf = (event: Event) => String((event.params as { name?: unknown }).name ?? event.id)

/** What happened, in one sentence. Codes of later releases are shown as they are. */
export function eventWords(event: Event, t: TFunction): string {
  const kind = said(`kind.${event.kind}`) ?? event.kind
  const params = event.params as Record<string, unknown>
  const known = said(`event.${event.code.replace('.', '_')}`, { ...params, kind, name: nameOf(event) })
  return known ?? t('event.other', { kind, name: nameOf(event), code: event.code })
}

/** Where an object's page is. */
export function pageOf(
  kind: string,
  name: string,
  id?: string,
): { to: string; params: Record<string, string>; search?: Search } | undefined {
  if (kind === 'account') return { to: '/accounts/$account', params: { account: name } }
  if (kind === 'site') return { to: '/sites/$site', params: { site: name } }
  if (kind === 'identity_provider') return { to: '/identity-providers/$provider', params: { provider: name } }
  if (kind === 'certificate' && id) return { to: '/certificates/$certificate', params: { certificate: id } }
  if (kind === 'authority') return { to: '/settings', params: {}, search: { tab: 'authorities' } }
  if (kind === 'webserver' || kind === 'node') return { to: '/health', params: {} }
  return undefined
}

/** One line of what happened; the object's name leads to its page. */
export function EventLine({ event }: { event: Event }) {
  const { t } = useTranslation()
  const page =
    event.kind === 'job'
      ? { to: '/jobs/$job', params: { job: event.id } }
      : event.code === 'object.removed'
        ? undefined
        : pageOf(event.kind, nameOf(event), event.id)
  const words = eventWords(event, t)
  const message = (event.params as { message?: string }).message
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
          {event.severity !== 'info' && (
            <Badge tone={TONES[event.severity] ?? 'off'}>{said(`severity.${event.severity}`) ?? event.severity}</Badge>
          )}{' '}
          {page ? (
            <Link className="cell-link" {...page}>
              {words}
            </Link>
          ) : (
            words
          )}
          {message && (
            <Text size="sm" c="dimmed" data-server>
              {message}
            </Text>
          )}
          {event.count > 1 && (
            <Text size="xs" c="dimmed">
              {t('event.times', { count: event.count })}
            </Text>
          )}
        </div>
        <Text size="sm" c="dimmed" flex="none">
          <Time at={event.last_at} />
        </Text>
      </Group>
    </li>
  )
}
