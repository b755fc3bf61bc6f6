import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { queries } from '../../api/queries'
import { usePageActions } from '../../app/actions'
import { day } from '../../app/format'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { Activity } from '../../components/Activity'
import { ConditionNote } from '../../components/ConditionNote'
import { ObjectMenu } from '../../components/ObjectMenu'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { ErrorState, Note } from '../../components/States'
import { StatusBadge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { CertificateFacts } from './CertificateFacts'
import { type CertificateAct, CertificateMenu, certificateAct, useCertificateActs } from './CertificateMenu'
import { OrderState } from './OrderState'
import { type Certificate, endOf, endWords, titleOf } from './words'

const CertificateDialog = lazy(() =>
  import('./CertificateActions').then((file) => ({ default: file.CertificateDialog })),
)

const KEYS: { [act in CertificateAct]?: 'e' | 'Delete' } = { replace: 'e', delete: 'Delete' }

/** While an order is under way it is read anew so often, in milliseconds: events tell of its beginning and end. */
const EVERY = 5000

/** That browsers warn of it, and why. */
function SelfSigned({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation()
  if (!certificate.self_signed) return null
  return (
    <Note tone="warning" title={t('certificates.selfSigned')}>
      <Text size="sm">{t('certificates.selfSignedHelp')}</Text>
    </Note>
  )
}

/** That it ends soon, or has ended, and what to do. */
function Ending({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation()
  const end = endOf(certificate)
  if (end !== 'soon' && end !== 'over') return null
  const isBrought = certificate.source === 'brought'
  return (
    <Note tone={end === 'over' ? 'bad' : 'warning'} title={endWords(certificate)} role="status">
      <Text size="sm">{t(isBrought ? 'certificates.endingBrought' : 'certificates.endingIssued')}</Text>
    </Note>
  )
}

const Names = ({ names }: { names: string[] }) =>
  names.map((name) => (
    <div key={name} className="ltr" style={{ overflowWrap: 'anywhere' }}>
      {name}
    </div>
  ))

/** A moment by its day, and how far it is. */
function Day({ at }: { at: string }) {
  return (
    <>
      {day(at)} (<Time at={at} />)
    </>
  )
}

function Overview({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation()
  const { covers, names } = certificate
  const isOtherwise = !certificate.self_signed && [...covers].sort().join() !== [...names].sort().join()
  return (
    <Stack gap="lg">
      <SelfSigned certificate={certificate} />
      <Ending certificate={certificate} />
      <Facts
        rows={[
          [t('certificates.names'), names.length ? <Names key="names" names={names} /> : t('certificates.noName')],
          ...(isOtherwise
            ? ([[t('certificates.covers'), <Names key="covers" names={covers} />]] as [string, ReactNode][])
            : []),
          [
            t('sites.account'),
            <Link key="account" to="/accounts/$account" params={{ account: certificate.account }}>
              {certificate.account}
            </Link>,
          ],
          [t('certificates.kind'), t(`certificates.source.${certificate.source}`)],
          [
            t('certificates.issuer'),
            certificate.self_signed ? t('certificates.itself') : <span key="issuer">{certificate.issuer}</span>,
          ],
          [t('certificates.since'), certificate.not_before && <Day key="since" at={certificate.not_before} />],
          [
            t('certificates.end'),
            certificate.not_after ? <Day key="end" at={certificate.not_after} /> : t('certificates.noEnd'),
          ],
          [
            t('certificates.shownBy'),
            certificate.sites.length
              ? certificate.sites.map((site) => (
                  <div key={site.id}>
                    <Link to="/sites/$site" params={{ site: site.name }} search={{ tab: 'https' }}>
                      {site.name}
                    </Link>
                    {site.id === certificate.site && ` (${t('certificates.ownOf')})`}
                  </div>
                ))
              : t('table.none'),
          ],
          [t('certificates.keyKind'), certificate.key_kind.toUpperCase()],
          [
            t('certificates.serial'),
            certificate.serial && (
              <span key="serial" className="mono ltr" style={{ overflowWrap: 'anywhere' }}>
                {certificate.serial}
              </span>
            ),
          ],
          [t('table.created'), <Time key="created" at={certificate.created_at} />],
          [t('table.updated'), <Time key="updated" at={certificate.updated_at} />],
        ]}
      />
      {certificate.order && (
        <Stack gap="sm" component="section" aria-label={t('certificates.issuing')}>
          <Title order={2}>{t('certificates.issuing')}</Title>
          <OrderState order={certificate.order} />
        </Stack>
      )}
    </Stack>
  )
}

/** One certificate: its names, how long it holds, who shows it, and how the getting of the next one stands. */
export function CertificatePage() {
  const { t } = useTranslation()
  const { certificate: id } = useParams({ from: '/certificates/$certificate' })
  const navigate = useNavigate()
  const { may } = useMe()
  const [{ open }, setUrl] = useUrl()
  const act = certificateAct(open)
  const setAct = (next?: CertificateAct) => setUrl({ open: next })
  const read = useQuery({
    ...queries.certificate(id),
    refetchInterval: ({ state }) => (state.data?.order?.state === 'ordering' ? EVERY : false),
  })
  const certificate = read.data
  usePageActions(
    useCertificateActs(certificate).map(({ act, label }) => ({
      id: act,
      label,
      key: KEYS[act],
      run: () => setAct(act),
    })),
  )
  if (read.error && !certificate) {
    return (
      <Page title={t('certificates.one')}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!certificate) {
    return (
      <Page title={t('certificates.one')}>
        <Skeleton h={240} />
      </Page>
    )
  }
  const name = titleOf(certificate)
  return (
    <Page
      title={name}
      aside={
        <>
          <StatusBadge object={certificate} />
          <CertificateFacts certificate={certificate} />
        </>
      }
      action={
        <ObjectMenu>
          <CertificateMenu certificate={certificate} onAct={setAct} />
        </ObjectMenu>
      }
    >
      <ConditionNote
        object={{ ...certificate, name }}
        kind="certificate"
        retry={
          may('POST /api/v1/certificates/{certificate}/retry')
            ? change('post', '/api/v1/certificates/{certificate}/retry', { path: { certificate: certificate.id } })
            : undefined
        }
      />
      <ObjectTabs
        tabs={[
          { key: 'overview', label: t('tabs.overview'), show: () => <Overview certificate={certificate} /> },
          { key: 'activity', label: t('tabs.activity'), show: () => <Activity id={certificate.id} /> },
        ]}
      />
      <Suspense>
        {act && (
          <CertificateDialog
            act={act}
            certificate={certificate}
            onClose={() => setAct(undefined)}
            onGone={() => navigate({ to: '/certificates' })}
          />
        )}
      </Suspense>
    </Page>
  )
}
