import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { DataTable } from '../../components/DataTable'
import { CreateButton, Filter, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { StatusBadge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { type AccountAct, AccountMenu } from './AccountMenu'

type Account = Schemas['Account']

const AccountDialog = lazy(() => import('./AccountActions').then((file) => ({ default: file.AccountDialog })))
const CreateAccount = lazy(() => import('./AccountForms').then((file) => ({ default: file.CreateAccount })))

export function Accounts() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ q, cursor, open, fresh }, setUrl] = useUrl()
  const [acting, setActing] = useState<{ act: AccountAct; account: Account }>()
  const list = useQuery({ ...queries.accounts({ q, cursor }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/accounts')
  const create = mayCreate ? <CreateButton>{t('accounts.add')}</CreateButton> : undefined
  return (
    <Page title={t('nav.accounts')} action={create}>
      <Filter label={t('accounts.filter')} />
      <DataTable<Account>
        label={t('nav.accounts')}
        rows={list.data?.items}
        rowKey={(account) => account.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={
          q ? (
            <EmptyState title={t('table.nothing', { q })} />
          ) : (
            <EmptyState title={t('accounts.empty')}>{t('accounts.emptyHelp')}</EmptyState>
          )
        }
        columns={[
          {
            key: 'name',
            label: t('accounts.name'),
            cell: (account) => (
              <Link className="cell-link" to="/accounts/$account" params={{ account: account.name }}>
                {account.name}
              </Link>
            ),
          },
          { key: 'status', label: t('table.status'), cell: (account) => <StatusBadge object={account} /> },
          { key: 'package', label: t('accounts.package'), cell: (account) => account.package ?? t('table.none') },
          { key: 'organisation', label: t('accounts.organisation'), cell: (account) => account.organisation },
          { key: 'email', label: t('accounts.email'), cell: (account) => account.email },
          { key: 'created', label: t('table.created'), cell: (account) => <Time at={account.created_at} /> },
          {
            key: 'menu',
            label: t('table.actions'),
            hidden: true,
            cell: (account) => (
              <RowMenu label={t('table.actionsOf', { name: account.name })}>
                {() => <AccountMenu account={account} onAct={(act) => setActing({ act, account })} />}
              </RowMenu>
            ),
          },
        ]}
      />
      <Suspense>
        {open === 'new' && mayCreate && <CreateAccount onClose={() => setUrl({ open: undefined })} />}
        {acting && <AccountDialog {...acting} onClose={() => setActing(undefined)} />}
      </Suspense>
    </Page>
  )
}
