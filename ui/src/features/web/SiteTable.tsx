import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { pages, queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { type Column, DataTable } from '../../components/DataTable'
import { Filter, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Badge, StatusBadge, statusWords } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { pickSite, siteActs } from '../../lists/acts'
import { BulkBar } from '../../lists/BulkBar'
import {
  ConditionFilter,
  isNarrowed,
  ListTools,
  narrowed,
  OrganisationFilter,
  ShowAll,
  SuspendedFilter,
} from '../../lists/ListTools'
import { useSelection } from '../../lists/selection'
import { type SiteAct, SiteMenu, siteAct } from './SiteMenu'

type Site = Schemas['Site']

const SiteDialog = lazy(() => import('./SiteActions').then((file) => ({ default: file.SiteDialog })))

const SIZE = 50

function useColumns(account: string | undefined, onAct: (act: SiteAct, site: Site) => void): Column<Site>[] {
  const { t } = useTranslation()
  const of: Column<Site> = {
    key: 'account',
    label: t('sites.account'),
    sort: 'account',
    narrow: 'fact',
    csv: (site) => site.account,
    cell: (site) => (
      <Link className="cell-link" to="/accounts/$account" params={{ account: site.account }}>
        {site.account}
      </Link>
    ),
  }
  return [
    {
      key: 'name',
      label: t('sites.name'),
      sort: 'name',
      narrow: 'name',
      csv: (site) => site.name,
      cell: (site) => (
        <Link className="cell-link" to="/sites/$site" params={{ site: site.name }}>
          {site.name}
        </Link>
      ),
    },
    {
      key: 'status',
      label: t('table.status'),
      narrow: 'side',
      csv: (site) => [statusWords(site), ...(site.pending_names.length ? [t('sites.awaits')] : [])].join(', '),
      cell: (site) => (
        <>
          <StatusBadge object={site} />{' '}
          {site.pending_names.length > 0 && <Badge tone="warning">{t('sites.awaits')}</Badge>}
        </>
      ),
    },
    ...(account ? [] : [of]),
    {
      key: 'php',
      label: 'PHP',
      narrow: 'fact',
      csv: (site) => site.php ?? '',
      cell: (site) => site.php ?? t('table.none'),
    },
    {
      key: 'aliases',
      label: t('sites.aliases'),
      csv: (site) => site.aliases.join(' '),
      cell: (site) => (site.aliases.length ? t('sites.aliasCount', { count: site.aliases.length }) : ''),
    },
    {
      key: 'created',
      label: t('table.created'),
      sort: 'created',
      csv: (site) => site.created_at,
      cell: (site) => <Time at={site.created_at} />,
    },
    {
      key: 'menu',
      label: t('table.actions'),
      hidden: true,
      cell: (site) => (
        <RowMenu label={t('table.actionsOf', { name: site.name })}>
          {() => <SiteMenu site={site} onAct={(act) => onAct(act, site)} />}
        </RowMenu>
      ),
    },
  ]
}

/** The sites that the caller may see, or those of one account, or of an organisation and those below it. */
export function SiteTable({
  account,
  organisation,
  isWhole,
}: {
  account?: string
  organisation?: string
  isWhole?: boolean
}) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [url, setUrl] = useUrl()
  const { cursor, open, on, fresh } = url
  const { package: _, ...own } = narrowed(url)
  const query = { ...own, account, organisation: account ? undefined : (own.organisation ?? organisation) }
  const list = useQuery({
    ...queries.sites({ ...query, cursor, limit: SIZE, total: true }),
    placeholderData: keepPreviousData,
  })
  const rows = list.data?.items
  const total = list.data?.total
  const paging = usePaging(list.data?.next_cursor)
  const onAct = (act: SiteAct, site: Site) => setUrl({ open: act, on: site.name })
  const columns = useColumns(account, onAct)
  const { sort: __, ...about } = query
  const selection = useSelection(rows, pickSite, JSON.stringify(about))
  const acts = siteActs(t).filter((act) => may(act.operation))
  const read = (cursor: string | undefined, limit: number) => pages.sites({ ...query, cursor, limit })
  // on an account's own page the address names what is done to the account, unless it names a site
  const act = on ? siteAct(open) : undefined
  const acted = useQuery({ ...queries.site(on ?? ''), enabled: !!act })
  return (
    <>
      <ListTools<Site> name="sites" columns={columns} read={read} total={total}>
        <Filter label={t('sites.filter')} />
        <ConditionFilter />
        <SuspendedFilter />
        {isWhole && !account && may('GET /api/v1/organisations') && <OrganisationFilter />}
        {isNarrowed(url) && <ShowAll />}
      </ListTools>
      <BulkBar<Site> selection={selection} acts={acts} shown={rows?.length ?? 0} total={total} read={read} />
      <DataTable<Site>
        label={t('nav.sites')}
        rows={rows}
        rowKey={(site) => site.id}
        rowName={(site) => site.name}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        total={total}
        size={SIZE}
        sorted="name"
        selection={acts.length ? selection : undefined}
        keys={{
          edit: may('PATCH /api/v1/sites/{site}') ? (site) => onAct('edit', site) : undefined,
          remove: may('DELETE /api/v1/sites/{site}') ? (site) => onAct('delete', site) : undefined,
        }}
        empty={
          isNarrowed(url) ? (
            <EmptyState title={url.q ? t('table.nothing', { q: url.q }) : t('list.nothing')} action={<ShowAll />} />
          ) : (
            <EmptyState title={t('sites.empty')}>{t('sites.emptyHelp')}</EmptyState>
          )
        }
        columns={columns}
      />
      <Suspense>
        {act && acted.data && (
          <SiteDialog act={act} site={acted.data} onClose={() => setUrl({ open: undefined, on: undefined })} />
        )}
      </Suspense>
    </>
  )
}
