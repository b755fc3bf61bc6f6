import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useUrl } from '../../app/url'
import { DataTable } from '../../components/DataTable'
import { Filter, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Badge, StatusBadge } from '../../components/StatusBadge'
import { type SiteAct, SiteMenu } from './SiteMenu'

type Site = Schemas['Site']

const SiteDialog = lazy(() => import('./SiteActions').then((file) => ({ default: file.SiteDialog })))

/** The sites that the caller may see, or those of one account. */
export function SiteTable({ account, isWhole }: { account?: string; isWhole?: boolean }) {
  const { t } = useTranslation()
  const [{ q, cursor, fresh }] = useUrl()
  const [acting, setActing] = useState<{ act: SiteAct; site: Site }>()
  const list = useQuery({ ...queries.sites({ q, cursor, account }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  return (
    <>
      {isWhole && <Filter label={t('sites.filter')} />}
      <DataTable<Site>
        label={t('nav.sites')}
        rows={list.data?.items}
        rowKey={(site) => site.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={
          q ? (
            <EmptyState title={t('table.nothing', { q })} />
          ) : (
            <EmptyState title={t('sites.empty')}>{t('sites.emptyHelp')}</EmptyState>
          )
        }
        columns={[
          {
            key: 'name',
            label: t('sites.name'),
            cell: (site) => (
              <Link className="cell-link" to="/sites/$site" params={{ site: site.name }}>
                {site.name}
              </Link>
            ),
          },
          {
            key: 'status',
            label: t('table.status'),
            cell: (site) => (
              <>
                <StatusBadge object={site} />{' '}
                {site.pending_names.length > 0 && <Badge tone="warning">{t('sites.awaits')}</Badge>}
              </>
            ),
          },
          ...(account
            ? []
            : [
                {
                  key: 'account',
                  label: t('sites.account'),
                  cell: (site: Site) => (
                    <Link className="cell-link" to="/accounts/$account" params={{ account: site.account }}>
                      {site.account}
                    </Link>
                  ),
                },
              ]),
          { key: 'php', label: 'PHP', cell: (site) => site.php ?? t('table.none') },
          {
            key: 'aliases',
            label: t('sites.aliases'),
            cell: (site) => (site.aliases.length ? t('sites.aliasCount', { count: site.aliases.length }) : ''),
          },
          {
            key: 'menu',
            label: t('table.actions'),
            hidden: true,
            cell: (site) => (
              <RowMenu label={t('table.actionsOf', { name: site.name })}>
                {() => <SiteMenu site={site} onAct={(act) => setActing({ act, site })} />}
              </RowMenu>
            ),
          },
        ]}
      />
      <Suspense>{acting && <SiteDialog {...acting} onClose={() => setActing(undefined)} />}</Suspense>
    </>
  )
}
