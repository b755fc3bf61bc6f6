import { Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { day } from '../../app/format'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { Facts } from '../../components/Page'
import { Note } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { becauseWords, type Order, reasonWords } from './words'

const TONES: Record<string, Tone> = {
  none: 'off',
  waiting: 'moving',
  ordering: 'moving',
  issued: 'good',
  failed: 'bad',
}

/** The names that it lacks: why, in the panel's words and in the authority's, and what to do. */
function LeftOut({ names }: { names: Order['left_out'] }) {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      <Note tone="warning" title={t('certificates.leftOut', { count: names.length })}>
        <Text size="sm">{t('certificates.leftOutHelp')}</Text>
      </Note>
      <ul className="steps">
        {names.map(({ name, reason, detail, remedy, retry_at }) => (
          <li key={name}>
            <Text fw={600} className="ltr" style={{ overflowWrap: 'anywhere' }}>
              {name}
            </Text>
            <Text>{reasonWords(reason)}</Text>
            {detail && (
              <Text size="sm">
                <q data-server>{detail}</q>
              </Text>
            )}
            {remedy && (
              <Text size="sm" data-server>
                {remedy}
              </Text>
            )}
            <Text size="sm" c="dimmed">
              {t('certificates.again')} <Time at={retry_at} none={t('certificates.withNext')} />
            </Text>
          </li>
        ))}
      </ul>
    </Stack>
  )
}

/** How the getting of a certificate stands: what is under way, what went wrong, and when the next one is ordered and why. */
export function OrderState({ order }: { order: Order }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const mayManage = may('GET /api/v1/authorities')
  return (
    <Stack gap="sm">
      {order.state === 'none' && (
        <Note tone="warning" title={t('certificates.noAuthority')}>
          <Text size="sm">{t(mayManage ? 'certificates.noAuthorityHelp' : 'certificates.noAuthorityAsk')}</Text>
          {mayManage && (
            <Link className="go" to="/settings" search={{ tab: 'authorities' }}>
              {t('authorities.title')}
            </Link>
          )}
        </Note>
      )}
      {order.error && (
        <Note tone="bad" title={t('certificates.orderFailed', { count: order.failures })} role="status">
          <Text size="sm" data-server>
            {order.error}
          </Text>
          {order.remedy && (
            <Text size="sm" data-server>
              {order.remedy}
            </Text>
          )}
          <Text size="sm">{t('certificates.staysMeanwhile')}</Text>
        </Note>
      )}
      <Facts
        rows={[
          [
            t('table.status'),
            <span key="state">
              <Badge tone={TONES[order.state] ?? 'off'} quiet={order.state === 'issued'}>
                {said(`certificates.state.${order.state}`) ?? order.state}
              </Badge>{' '}
              {order.job && may('GET /api/v1/jobs/{job}') && (
                <Link className="go" to="/jobs/$job" params={{ job: order.job }}>
                  {t('jobs.page')}
                </Link>
              )}
            </span>,
          ],
          [t('certificates.authority'), order.authority],
          [t('certificates.ordered'), order.ordered_at && <Time key="ordered" at={order.ordered_at} />],
          [t('certificates.issued'), order.issued_at && <Time key="issued" at={order.issued_at} />],
          [
            t('certificates.renewal'),
            order.renew_at ? (
              <span key="renewal">
                {day(order.renew_at)} (<Time at={order.renew_at} />)
                {order.renew_because && `: ${becauseWords(order.renew_because)}`}
              </span>
            ) : order.state === 'ordering' ? undefined : (
              t('certificates.atOnce')
            ),
          ],
        ]}
      />
      {order.left_out.length > 0 && <LeftOut names={order.left_out} />}
    </Stack>
  )
}
