import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ConditionNote } from '../../components/ConditionNote'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { ErrorState, Note } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Figures } from './Figures'

// each tab's code comes with it
const History = lazy(() => import('./history/History').then((file) => ({ default: file.History })))
const Services = lazy(() => import('./Services').then((file) => ({ default: file.Services })))
const EditListen = lazy(() => import('./EditListen').then((file) => ({ default: file.EditListen })))
const Processes = lazy(() => import('./Processes').then((file) => ({ default: file.Processes })))

type Node = Schemas['Node']

const TONES: Record<string, Tone> = { ok: 'good', warning: 'warning', error: 'bad' }
const WORST = ['error', 'warning', 'ok']

function Doctor() {
  const { t } = useTranslation()
  const doctor = useQuery(queries.doctor())
  if (doctor.error && !doctor.data) return <ErrorState error={doctor.error} retry={() => void doctor.refetch()} />
  const findings = [...(doctor.data?.findings ?? [])].sort(
    (a, b) => WORST.indexOf(a.severity) - WORST.indexOf(b.severity),
  )
  const bad = findings.filter((finding) => finding.severity !== 'ok')
  const good = findings.filter((finding) => finding.severity === 'ok')
  const row = (finding: Schemas['FindingView']) => (
    <li key={finding.code + finding.subject + finding.message}>
      <Badge tone={TONES[finding.severity] ?? 'off'} quiet={finding.severity === 'ok'}>
        {said(`severity.${finding.severity}`) ?? finding.severity}
      </Badge>{' '}
      <span data-server>
        <strong>{finding.subject}</strong> {finding.message}
      </span>
      {finding.remedy && (
        <Text size="sm" c="dimmed" data-server>
          {finding.remedy}
        </Text>
      )}
      {finding.code === 'panel.adoption' && finding.severity !== 'ok' && (
        <Link className="go" to="/adoption">
          {t('adoption.decide')}
        </Link>
      )}
    </li>
  )
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>{t('health.doctor')}</Title>
        <Button variant="default" size="xs" loading={doctor.isFetching} onClick={() => void doctor.refetch()}>
          {t('health.lookAgain')}
        </Button>
      </Group>
      {!doctor.data && <Skeleton h={120} />}
      {doctor.data && bad.length === 0 && <Note title={t('health.allWell', { count: good.length })} role="status" />}
      {bad.length > 0 && <ul className="steps">{bad.map(row)}</ul>}
      {good.length > 0 && (
        <details>
          <summary>{t('health.good', { count: good.length })}</summary>
          <ul className="steps">{good.map(row)}</ul>
        </details>
      )}
    </Stack>
  )
}

/** The server at this moment, and what the doctor found. */
function Overview({ node }: { node: Node }) {
  const { t } = useTranslation()
  return (
    <Stack gap="lg">
      {node.host ? <Figures host={node.host} /> : <Note tone="bad" title={t('health.noAgent')} role="alert" />}
      <ConditionNote object={node.webserver} kind="webserver" />
      <Facts
        rows={[
          [t('health.name'), node.name],
          [
            t('health.addresses'),
            <span key="addresses" className="mono ltr">
              {node.addresses.join(', ')}
            </span>,
          ],
          [
            t('health.listen'),
            <span key="listen" className="mono ltr">
              {node.listen.join(', ')}
            </span>,
          ],
          [
            t('health.listenTls'),
            node.listen_tls.length ? (
              <span key="listen_tls" className="mono ltr">
                {node.listen_tls.join(', ')}
              </span>
            ) : (
              t('health.noTls')
            ),
          ],
          [t('health.tlsProfile'), said(`health.profile.${node.tls_profile}`) ?? node.tls_profile],
          ['PHP', node.php_versions.join(', ')],
          [t('health.os'), node.host?.os],
          [t('health.kernel'), node.host?.kernel],
          [t('health.versions'), [node.panel_version, node.host?.agent_version].filter(Boolean).join(' / ')],
        ]}
      />
      <Doctor />
    </Stack>
  )
}

/** How the server is: now, over time, by its services and by its processes. */
export function Health() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [isEditing, setEditing] = useState(false)
  const read = useQuery({ ...queries.node(), refetchInterval: 5000 })
  const node = read.data
  const overview = () => {
    if (node) return <Overview node={node} />
    if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
    return <Skeleton h={260} />
  }
  const tabs = [
    { key: 'overview', label: t('tabs.overview'), needs: 'GET /api/v1/node', show: overview },
    { key: 'history', label: t('history.title'), needs: 'GET /api/v1/node/metrics', show: () => <History /> },
    { key: 'services', label: t('services.title'), needs: 'GET /api/v1/node/services', show: () => <Services /> },
    { key: 'processes', label: t('processes.title'), needs: 'GET /api/v1/node/processes', show: () => <Processes /> },
  ]
  return (
    <Page
      title={t('nav.health')}
      action={
        node && may('PATCH /api/v1/node') ? (
          <Button variant="default" onClick={() => setEditing(true)}>
            {t('health.editListen')}
          </Button>
        ) : undefined
      }
    >
      <ObjectTabs tabs={tabs.filter((tab) => tab.key === 'overview' || may(tab.needs))} />
      <Suspense>{isEditing && node && <EditListen node={node} onClose={() => setEditing(false)} />}</Suspense>
    </Page>
  )
}
