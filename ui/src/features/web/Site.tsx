import { Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { usePageActions } from '../../app/actions'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { Activity } from '../../components/Activity'
import { ConditionNote } from '../../components/ConditionNote'
import { ObjectMenu } from '../../components/ObjectMenu'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { EmptyState, ErrorState, Note } from '../../components/States'
import { StatusBadge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { type SiteAct, SiteMenu, siteAct, useSiteActs } from './SiteMenu'

const SiteLogs = lazy(() => import('./logs/SiteLogs').then((file) => ({ default: file.SiteLogs })))
const SiteTraffic = lazy(() => import('./logs/SiteTraffic').then((file) => ({ default: file.SiteTraffic })))
const SiteHttps = lazy(() => import('./https/SiteHttps').then((file) => ({ default: file.SiteHttps })))
const SiteDialog = lazy(() => import('./SiteActions').then((file) => ({ default: file.SiteDialog })))

const KEYS: { [act in SiteAct]?: 'e' | 'Delete' } = { edit: 'e', delete: 'Delete' }

function Overview({ site }: { site: Schemas['Site'] }) {
  const { t } = useTranslation()
  return (
    <Stack>
      {site.pending_names.length > 0 && (
        <Note tone="warning" title={t('sites.pendingTitle')}>
          <Text size="sm">{t('sites.pendingBody', { names: site.pending_names.join(', ') })}</Text>
        </Note>
      )}
      {site.disabled && (
        <Note tone="warning" title={t('sites.disabledTitle')}>
          <Text size="sm">{t('sites.disabledBody')}</Text>
        </Note>
      )}
      {site.maintenance && (
        <Note tone="warning" title={t('sites.maintenanceTitle')}>
          <Text size="sm">
            {site.maintenance.allow?.length
              ? t('sites.maintenanceAllow', { networks: site.maintenance.allow.join(', ') })
              : t('sites.maintenanceBody')}
          </Text>
        </Note>
      )}
      <Facts
        rows={[
          [
            t('sites.account'),
            <Link key="account" to="/accounts/$account" params={{ account: site.account }}>
              {site.account}
            </Link>,
          ],
          [t('sites.aliases'), site.aliases.length ? site.aliases.join(', ') : t('table.none')],
          ...(site.redirected.length ? [[t('sites.redirected'), site.redirected.join(', ')] as [string, string]] : []),
          ...(site.redirect
            ? [[t('sites.redirect'), `${site.redirect.to} (${site.redirect.code})`] as [string, string]]
            : []),
          [
            t('sites.docroot'),
            <span key="docroot" className="mono">
              {site.docroot}
            </span>,
          ],
          [
            t('https.title'),
            <Link key="https" to="/sites/$site" params={{ site: site.name }} search={{ tab: 'https' }}>
              {t(site.https ? (site.https.force ? 'https.isForced' : 'https.isOn') : 'https.isOff')}
            </Link>,
          ],
          [t('sites.index'), site.index?.join(', ')],
          [t('sites.bodySize'), site.body_size],
          [t('table.created'), <Time key="created" at={site.created_at} />],
          [t('table.updated'), <Time key="updated" at={site.updated_at} />],
        ]}
      />
    </Stack>
  )
}

function Runtime({ site }: { site: Schemas['Site'] }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const pools = useQuery(queries.pools({ account: site.account }))
  if (pools.error) return <ErrorState error={pools.error} retry={() => void pools.refetch()} />
  const pool = pools.data?.items.find((pool) => pool.id === site.pool || pool.name === site.pool)
  if (!site.php) return <EmptyState title={t('sites.noPhp')}>{t('sites.noPhpHelp')}</EmptyState>
  if (!pools.data) return <Skeleton h={120} />
  if (!pool) return <EmptyState title={t('sites.noPool')}>{t('sites.noPoolHelp')}</EmptyState>
  return (
    <Stack>
      <ConditionNote
        object={pool}
        kind="pool"
        retry={
          may('POST /api/v1/pools/{pool}/retry')
            ? change('post', '/api/v1/pools/{pool}/retry', { path: { pool: pool.id } })
            : undefined
        }
      />
      <Facts
        rows={[
          ['PHP', pool.version],
          [t('sites.pool'), pool.name],
          [t('table.status'), <StatusBadge key="status" object={pool} />],
          [t('sites.workers'), pool.workers],
          [t('sites.sharedBy'), t('sites.count', { count: pool.sites })],
        ]}
      />
      <Text c="dimmed">{t('sites.sleeps')}</Text>
    </Stack>
  )
}

export function SitePage() {
  const { t } = useTranslation()
  const { site: name } = useParams({ from: '/sites/$site' })
  const navigate = useNavigate()
  const { may } = useMe()
  const [{ open }, setUrl] = useUrl()
  const act = siteAct(open)
  const setAct = (next?: SiteAct) => setUrl({ open: next })
  const read = useQuery(queries.site(name))
  const site = read.data
  usePageActions(
    useSiteActs(site).map(({ act, label }) => ({ id: act, label, key: KEYS[act], run: () => setAct(act) })),
  )
  if (read.error) {
    return (
      <Page title={name}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!site) {
    return (
      <Page title={name}>
        <Skeleton h={240} />
      </Page>
    )
  }
  return (
    <Page
      title={site.name}
      aside={<StatusBadge object={site} />}
      action={
        <ObjectMenu>
          <SiteMenu site={site} onAct={setAct} />
        </ObjectMenu>
      }
    >
      <ConditionNote
        object={site}
        kind="site"
        retry={
          may('POST /api/v1/sites/{site}/retry')
            ? change('post', '/api/v1/sites/{site}/retry', { path: { site: site.id } })
            : undefined
        }
      />
      <ObjectTabs
        tabs={[
          { key: 'overview', label: t('tabs.overview'), show: () => <Overview site={site} /> },
          { key: 'runtime', label: t('tabs.runtime'), show: () => <Runtime site={site} /> },
          {
            key: 'https',
            label: t('https.title'),
            show: () => <SiteHttps site={site} onEdit={() => setAct('https')} />,
          },
          { key: 'logs', label: t('tabs.logs'), show: () => <SiteLogs site={site} /> },
          { key: 'traffic', label: t('tabs.traffic'), show: () => <SiteTraffic site={site} /> },
          { key: 'activity', label: t('tabs.activity'), show: () => <Activity id={site.id} /> },
        ]}
      />
      <Suspense>
        {act && (
          <SiteDialog
            act={act}
            site={site}
            onClose={() => setAct(undefined)}
            onDeleted={() => void navigate({ to: '/sites' })}
          />
        )}
      </Suspense>
    </Page>
  )
}
