import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useEvents } from '../../app/events'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { EventLine } from '../../components/EventLine'
import { Page } from '../../components/Page'
import { EmptyState, ErrorState, Note } from '../../components/States'
import { Badge, conditionOf, StatusBadge } from '../../components/StatusBadge'
import { useDelayed } from '../../components/useDelayed'
import { CertificateFacts } from '../cert/CertificateFacts'
import { endOf, titleOf } from '../cert/words'
import { cameBackFrom } from '../identity/linking'
import { Figures } from '../node/Figures'
import { HomeNotices } from '../notice/HomeNotices'

// a new installation alone needs it
const Checklist = lazy(() => import('../start/Checklist').then((file) => ({ default: file.Checklist })))

const isWell = (object: Schemas['Convergence']) => conditionOf(object) === 'ready'

function Invitations() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [answer, setAnswer] = useState<{ to: Schemas['Invitation']; yes: boolean }>()
  const list = useQuery(queries.invitations())
  const items = list.data?.items ?? []
  if (items.length === 0) return null
  const place = (item: Schemas['Invitation']) => item.account ?? item.organisation ?? ''
  return (
    <section aria-label={t('home.invitations')}>
      <Title order={2}>{t('home.invitations')}</Title>
      <ul className="steps">
        {items.map((item) => (
          <li key={item.id}>
            <Group justify="space-between">
              <span>
                {t('home.invitation', {
                  by: item.invited_by,
                  role: said(`role.${item.role}`) ?? item.role,
                  place: place(item),
                })}
              </span>
              {may('POST /api/v1/invitations/{invitation}/accept') && (
                <Group gap="xs">
                  <Button size="xs" onClick={() => setAnswer({ to: item, yes: true })}>
                    {t('home.accept')}
                  </Button>
                  <Button size="xs" variant="default" onClick={() => setAnswer({ to: item, yes: false })}>
                    {t('home.decline')}
                  </Button>
                </Group>
              )}
            </Group>
          </li>
        ))}
      </ul>
      {answer?.yes && (
        <DoChange
          words="invitation_accept"
          name={place(answer.to)}
          change={change('post', '/api/v1/invitations/{invitation}/accept', { path: { invitation: answer.to.id } })}
          onClose={() => setAnswer(undefined)}
        />
      )}
      {answer?.yes === false && (
        <ConfirmChange
          op="invitation_decline"
          name={place(answer.to)}
          change={change('delete', '/api/v1/invitations/{invitation}', { path: { invitation: answer.to.id } })}
          onClose={() => setAnswer(undefined)}
        />
      )}
    </section>
  )
}

/** What needs somebody now: edits by hand, objects that are not as asked, what the doctor found. Each part fails alone. */
function Attention() {
  const { t } = useTranslation()
  const { may } = useMe()
  const drift = useQuery({ ...queries.drift(), enabled: may('GET /api/v1/drift') })
  const doctor = useQuery({ ...queries.doctor(), enabled: may('GET /api/v1/doctor') })
  const accounts = useQuery({ ...queries.accounts({ limit: 200 }), enabled: may('GET /api/v1/accounts') })
  const sites = useQuery({ ...queries.sites({ limit: 200 }), enabled: may('GET /api/v1/sites') })
  const certificates = useQuery({
    ...queries.certificates({ sort: 'expires', limit: 200 }),
    enabled: may('GET /api/v1/certificates'),
  })
  const parts = [drift, doctor, accounts, sites, certificates]
  const badAccounts = (accounts.data?.items ?? []).filter((account) => !isWell(account))
  const badSites = (sites.data?.items ?? []).filter((site) => !isWell(site) || site.pending_names.length > 0)
  const badCertificates = (certificates.data?.items ?? []).filter(
    (certificate) => !isWell(certificate) || ['soon', 'over'].includes(endOf(certificate)),
  )
  const findings = (doctor.data?.findings ?? []).filter((finding) => finding.severity === 'error')
  const edits = drift.data?.items ?? []
  const adoption = (doctor.data?.findings ?? []).find((finding) => finding.code === 'panel.adoption')
  const rows: ReactNode[] = [
    ...(edits.length
      ? [
          <li key="drift">
            <Badge tone="warning">{t('changes.outside')}</Badge>{' '}
            <Link className="cell-link" to="/changes">
              {t('home.edits', { count: edits.length })}
            </Link>
          </li>,
        ]
      : []),
    ...(adoption && adoption.severity !== 'ok'
      ? [
          <li key="adoption">
            <Badge tone="warning">{t('adoption.badge.behind')}</Badge>{' '}
            <Link className="cell-link" to="/adoption">
              {t('adoption.home')}
            </Link>
          </li>,
        ]
      : []),
    ...badAccounts.map((account) => (
      <li key={account.id}>
        <StatusBadge object={account} />{' '}
        <Link className="cell-link" to="/accounts/$account" params={{ account: account.name }}>
          {account.name}
        </Link>{' '}
        <Text component="span" size="sm" c="dimmed" data-server>
          {account.message}
        </Text>
      </li>
    )),
    ...badSites.map((site) => (
      <li key={site.id}>
        <StatusBadge object={site} />{' '}
        {site.pending_names.length > 0 && <Badge tone="warning">{t('sites.awaits')}</Badge>}{' '}
        <Link className="cell-link" to="/sites/$site" params={{ site: site.name }}>
          {site.name}
        </Link>{' '}
        <Text component="span" size="sm" c="dimmed" data-server>
          {site.message}
        </Text>
      </li>
    )),
    ...badCertificates.map((certificate) => (
      <li key={certificate.id}>
        {!isWell(certificate) && <StatusBadge object={certificate} />} <CertificateFacts certificate={certificate} />{' '}
        <Link className="cell-link" to="/certificates/$certificate" params={{ certificate: certificate.id }}>
          {titleOf(certificate)}
        </Link>{' '}
        <Text component="span" size="sm" c="dimmed" data-server>
          {certificate.message}
        </Text>
      </li>
    )),
    ...findings.map((finding) => (
      <li key={finding.code + finding.subject}>
        <Badge tone="bad">{t('severity.error')}</Badge>{' '}
        <span data-server>
          <strong>{finding.subject}</strong> {finding.message}
        </span>
        {finding.remedy && (
          <Text size="sm" c="dimmed" data-server>
            {finding.remedy}
          </Text>
        )}
      </li>
    )),
  ]
  const isLoading = parts.some((part) => part.isLoading)
  return (
    <section aria-label={t('home.attention')}>
      <Title order={2} mb={4}>
        {t('home.attention')}
      </Title>
      {parts.map((part, index) =>
        part.error && !part.data ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts are fixed
          <ErrorState key={index} error={part.error} retry={() => void part.refetch()} />
        ) : null,
      )}
      {rows.length > 0 && <ul className="steps">{rows}</ul>}
      {rows.length === 0 && isLoading && <Skeleton h={44} />}
      {rows.length === 0 && !isLoading && <Note title={t('home.allWell')} role="status" />}
    </section>
  )
}

/** What a new server still lacks. */
function FirstSteps() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { may } = useMe()
  const accounts = useQuery({ ...queries.accounts({ limit: 1 }), enabled: may('GET /api/v1/accounts') })
  const sites = useQuery({ ...queries.sites({ limit: 1 }), enabled: may('GET /api/v1/sites') })
  const steps = [
    accounts.data?.items.length === 0 && may('POST /api/v1/accounts') && (
      <Button
        key="account"
        variant="default"
        onClick={() => void navigate({ to: '/accounts', search: { open: 'new' } })}
      >
        {t('accounts.add')}
      </Button>
    ),
    (accounts.data?.items.length ?? 0) > 0 && sites.data?.items.length === 0 && may('POST /api/v1/sites') && (
      <Button key="site" variant="default" onClick={() => void navigate({ to: '/sites', search: { open: 'new' } })}>
        {t('sites.add')}
      </Button>
    ),
  ].filter(Boolean)
  if (steps.length === 0) return null
  return (
    <section aria-label={t('home.first')}>
      <EmptyState title={t('home.first')} action={<Group>{steps}</Group>}>
        {t('home.firstHelp')}
      </EmptyState>
    </section>
  )
}

export function Home() {
  const { t } = useTranslation()
  const { may } = useMe()
  const mayNode = may('GET /api/v1/node')
  const node = useQuery({ ...queries.node(), enabled: mayNode, refetchInterval: 10_000 })
  const { events, isLoading } = useEvents()
  const navigate = useNavigate()
  // what stands above comes first, so that nothing moves; but it is not waited for long
  const notices = useQuery(queries.notices())
  const isLate = useDelayed(notices.isPending, 1000)
  const isAbove = !notices.isPending || isLate
  // who left to link a provider comes back here, and is shown what came of it
  useEffect(() => {
    const fresh = cameBackFrom()
    if (fresh) void navigate({ to: '/profile', search: { tab: 'identities', fresh }, replace: true })
  }, [navigate])
  return (
    <Page title={t('nav.home')}>
      <Stack gap="lg">
        {mayNode && (
          <section aria-label={t('nav.health')}>
            {node.error && !node.data ? (
              <ErrorState error={node.error} retry={() => void node.refetch()} />
            ) : node.data?.host ? (
              <Figures host={node.data.host} />
            ) : (
              <Skeleton h={52} />
            )}
          </section>
        )}
        <Invitations />
        {may('PUT /api/v1/settings/{key}') && (
          <Suspense>
            <Checklist />
          </Suspense>
        )}
        <FirstSteps />
        <HomeNotices />
        {!isAbove && <Skeleton h={200} />}
        {isAbove && <Attention />}
        {isAbove && may('GET /api/v1/events') && (
          <section aria-label={t('home.latest')}>
            <Title order={2} mb={4}>
              {t('home.latest')}
            </Title>
            {isLoading ? (
              <Skeleton h={200} />
            ) : events.length ? (
              <ul className="steps">
                {events.slice(0, 8).map((event) => (
                  <EventLine key={event.cursor} event={event} />
                ))}
              </ul>
            ) : (
              <Text c="dimmed">{t('drawer.empty')}</Text>
            )}
          </section>
        )}
      </Stack>
    </Page>
  )
}
