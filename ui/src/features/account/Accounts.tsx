import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { pages, queries } from '../../api/queries'
import { useScope } from '../../app/scope'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { type Column, DataTable } from '../../components/DataTable'
import { CreateButton, Filter, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { StatusBadge, statusWords } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { accountActs, pickAccount } from '../../lists/acts'
import { BulkBar } from '../../lists/BulkBar'
import {
  ConditionFilter,
  isNarrowed,
  ListTools,
  narrowed,
  OrganisationFilter,
  PackageFilter,
  ShowAll,
  SuspendedFilter,
} from '../../lists/ListTools'
import { useSelection } from '../../lists/selection'
import { type AccountAct, AccountMenu, accountAct } from './AccountMenu'

type Account = Schemas['Account']

const AccountDialog = lazy(() => import('./AccountActions').then((file) => ({ default: file.AccountDialog })))
const CreateAccount = lazy(() => import('./AccountForms').then((file) => ({ default: file.CreateAccount })))

const SIZE = 50

function useColumns(onAct: (act: AccountAct, account: Account) => void): Column<Account>[] {
  const { t } = useTranslation()
  return [
    {
      key: 'name',
      label: t('accounts.name'),
      sort: 'name',
      narrow: 'name',
      csv: (account) => account.name,
      cell: (account) => (
        <Link className="cell-link" to="/accounts/$account" params={{ account: account.name }}>
          {account.name}
        </Link>
      ),
    },
    {
      key: 'status',
      label: t('table.status'),
      narrow: 'side',
      csv: statusWords,
      cell: (account) => <StatusBadge object={account} />,
    },
    {
      key: 'package',
      label: t('accounts.package'),
      narrow: 'fact',
      csv: (account) => account.package ?? '',
      cell: (account) => account.package ?? t('table.none'),
    },
    {
      key: 'organisation',
      label: t('accounts.organisation'),
      sort: 'organisation',
      narrow: 'fact',
      csv: (account) => account.organisation,
      cell: (account) => account.organisation,
    },
    {
      key: 'email',
      label: t('accounts.email'),
      csv: (account) => account.email,
      cell: (account) => account.email,
    },
    {
      key: 'created',
      label: t('table.created'),
      sort: 'created',
      csv: (account) => account.created_at,
      cell: (account) => <Time at={account.created_at} />,
    },
    {
      key: 'menu',
      label: t('table.actions'),
      hidden: true,
      cell: (account) => (
        <RowMenu label={t('table.actionsOf', { name: account.name })}>
          {() => <AccountMenu account={account} onAct={(act) => onAct(act, account)} />}
        </RowMenu>
      ),
    },
  ]
}

/** What the list shows: a page of those that fit, or the one account that is looked at alone. */
function useAccounts(account: string | undefined, query: Parameters<typeof queries.accounts>[0]) {
  const list = useQuery({ ...queries.accounts(query), enabled: !account, placeholderData: keepPreviousData })
  const one = useQuery({ ...queries.account(account ?? ''), enabled: !!account })
  if (!account) return list
  return { ...one, data: one.data && { items: [one.data], total: 1, next_cursor: null } }
}

export function Accounts() {
  const { t } = useTranslation()
  const { may } = useMe()
  const scope = useScope()
  const [url, setUrl] = useUrl()
  const { cursor, open, on, fresh } = url
  const own = narrowed(url)
  const query = { ...own, organisation: own.organisation ?? scope.organisation }
  const list = useAccounts(scope.account, { ...query, cursor, limit: SIZE, total: true })
  const rows = list.data?.items
  const total = list.data?.total
  const paging = usePaging(list.data?.next_cursor)
  const onAct = (act: AccountAct, account: Account) => setUrl({ open: act, on: account.name })
  const columns = useColumns(onAct)
  const { sort: _, ...about } = query
  const selection = useSelection(rows, pickAccount, JSON.stringify([about, scope.account]))
  const acts = accountActs(t).filter((act) => may(act.operation))
  const read = (cursor: string | undefined, limit: number) => pages.accounts({ ...query, cursor, limit })
  const mayCreate = may('POST /api/v1/accounts')
  const act = on ? accountAct(open) : undefined
  // the row may be on another page by now: an address is good without it
  const acted = useQuery({ ...queries.account(on ?? ''), enabled: !!act })
  const close = () => setUrl({ open: undefined, on: undefined })
  return (
    <Page title={t('nav.accounts')} action={mayCreate ? <CreateButton>{t('accounts.add')}</CreateButton> : undefined}>
      {!scope.account && (
        <ListTools<Account> name="accounts" columns={columns} read={read} total={total}>
          <Filter label={t('accounts.filter')} />
          <ConditionFilter />
          <SuspendedFilter />
          {may('GET /api/v1/organisations') && <OrganisationFilter />}
          {may('GET /api/v1/packages') && <PackageFilter />}
          {isNarrowed(url) && <ShowAll />}
        </ListTools>
      )}
      <BulkBar<Account> selection={selection} acts={acts} shown={rows?.length ?? 0} total={total} read={read} />
      <DataTable<Account>
        label={t('nav.accounts')}
        rows={rows}
        rowKey={(account) => account.id}
        rowName={(account) => account.name}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={scope.account ? undefined : paging}
        total={total}
        size={SIZE}
        sorted="name"
        selection={acts.length ? selection : undefined}
        keys={{
          edit: may('PATCH /api/v1/accounts/{account}') ? (account) => onAct('edit', account) : undefined,
          remove: may('DELETE /api/v1/accounts/{account}') ? (account) => onAct('delete', account) : undefined,
        }}
        empty={
          isNarrowed(url) ? (
            <EmptyState title={url.q ? t('table.nothing', { q: url.q }) : t('list.nothing')} action={<ShowAll />} />
          ) : (
            <EmptyState title={t('accounts.empty')}>{t('accounts.emptyHelp')}</EmptyState>
          )
        }
        columns={scope.account ? columns.map((column) => ({ ...column, sort: undefined })) : columns}
      />
      <Suspense>
        {open === 'new' && mayCreate && <CreateAccount onClose={close} />}
        {act && acted.data && <AccountDialog act={act} account={acted.data} onClose={close} />}
      </Suspense>
    </Page>
  )
}
