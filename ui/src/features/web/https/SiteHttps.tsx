import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queries } from '../../../api/queries'
import { wholes } from '../../../app/format'
import { useMe } from '../../../app/session'
import { Facts } from '../../../components/Page'
import { EmptyState, ErrorState, Note } from '../../../components/States'
import { Badge, StatusBadge } from '../../../components/StatusBadge'
import { Time } from '../../../components/Time'
import { CertificateFacts } from '../../cert/CertificateFacts'
import { OrderState } from '../../cert/OrderState'
import { sourceWords, titleOf } from '../../cert/words'
import type { Site } from './values'

/** The certificate that a site shows: what it is, how long it holds, and how the getting of it stands. */
function Shown({ id, isOwn }: { id: string; isOwn: boolean }) {
  const { t } = useTranslation()
  const read = useQuery(queries.certificate(id))
  const certificate = read.data
  if (read.error && !certificate) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!certificate) return <Skeleton h={120} />
  return (
    <Stack>
      {certificate.self_signed && (
        <Note tone="warning" title={t('certificates.selfSigned')}>
          <Text size="sm">{t('certificates.selfSignedHelp')}</Text>
        </Note>
      )}
      <Facts
        rows={[
          [
            t('https.certificate'),
            <span key="certificate">
              <Link to="/certificates/$certificate" params={{ certificate: id }}>
                {titleOf(certificate)}
              </Link>{' '}
              ({t(isOwn ? 'https.own' : 'https.chosen')})
            </span>,
          ],
          [
            t('table.status'),
            <span key="status" style={{ display: 'inline-flex', gap: 6, flexWrap: 'wrap' }}>
              <StatusBadge object={certificate} />
              <CertificateFacts certificate={certificate} />
            </span>,
          ],
          [t('certificates.from'), certificate.self_signed ? t('certificates.itself') : sourceWords(certificate)],
          [
            t('certificates.end'),
            certificate.not_after ? <Time key="end" at={certificate.not_after} /> : t('certificates.noEnd'),
          ],
        ]}
      />
      {certificate.order && certificate.order.state !== 'issued' && <OrderState order={certificate.order} />}
    </Stack>
  )
}

/** How a site answers by HTTPS, and with which certificate. */
export function SiteHttps({ site, onEdit }: { site: Site; onEdit: () => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const { https } = site
  const edit = may('PATCH /api/v1/sites/{site}') ? (
    <Button variant="default" onClick={onEdit}>
      {t(https ? 'https.change' : 'https.switchOn')}
    </Button>
  ) : undefined
  if (!https) {
    return (
      <EmptyState title={t('https.isOff')} action={edit}>
        {t('https.isOffHelp')}
      </EmptyState>
    )
  }
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start">
        <Badge tone="good">{t('https.isOn')}</Badge>
        {edit}
      </Group>
      <Facts
        rows={[
          [t('https.byHttp'), t(https.force ? 'https.forced' : 'https.notForced')],
          [
            t('https.hstsTitle'),
            https.hsts ? (
              <>
                {https.hsts.max_age === 0
                  ? t('https.takeBack')
                  : t('https.toldFor', { time: wholes(https.hsts.max_age) })}
                {https.hsts.include_subdomains && <div>{t('https.below')}</div>}
                {https.hsts.preload && <div>{t('https.preload')}</div>}
              </>
            ) : (
              t('https.notTold')
            ),
          ],
        ]}
      />
      {https.certificate ? (
        <Shown id={https.certificate.id} isOwn={https.certificate.own} />
      ) : (
        <Note tone="warning" title={t('https.noneYet')} role="status">
          <Text size="sm">{t('https.noneYetHelp')}</Text>
        </Note>
      )}
    </Stack>
  )
}
