import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { usePageActions } from '../../app/actions'
import { said } from '../../app/i18n'
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
import { LimitList } from '../package/LimitList'
import { SiteTable } from '../web/SiteTable'
import { type AccountAct, AccountMenu, accountAct, useAccountActs } from './AccountMenu'
import { UsageFacts } from './Usage'

const AccountDialog = lazy(() => import('./AccountActions').then((file) => ({ default: file.AccountDialog })))
const CertificateTable = lazy(() =>
  import('../cert/CertificateTable').then((file) => ({ default: file.CertificateTable })),
)
const Members = lazy(() => import('../people/Members').then((file) => ({ default: file.Members })))

const KEYS: { [act in AccountAct]?: 'e' | 'Delete' } = { edit: 'e', delete: 'Delete' }

function Overview({ account }: { account: Schemas['Account'] }) {
  const { t } = useTranslation()
  const limits = useQuery(queries.accountLimits(account.id))
  return (
    <Stack gap="lg">
      {account.suspended && (
        <Note tone="warning" title={t('accounts.isSuspended')}>
          <Text size="sm">
            {account.suspended_by.map((by) => said(`suspendedBy.${by}`) ?? by).join(', ')}
            {account.suspended_reason && `: ${account.suspended_reason}`}
          </Text>
        </Note>
      )}
      {account.limits_note && (
        <Note tone="warning" title={t('accounts.notHeld')}>
          <Text size="sm">{account.limits_note}</Text>
        </Note>
      )}
      <Facts
        rows={[
          [t('accounts.organisation'), account.organisation],
          [t('accounts.package'), account.package ?? t('table.none')],
          [t('accounts.email'), account.email],
          [t('accounts.sftp'), account.has_password ? t('accounts.byPassword') : t('accounts.byKeys')],
          [
            t('accounts.keys'),
            account.ssh_keys.length
              ? account.ssh_keys.map((key) => (
                  <div key={key} className="mono ltr">
                    {key}
                  </div>
                ))
              : t('table.none'),
          ],
          [
            t('accounts.uid'),
            <span key="uid" className="mono">
              {account.uid}
            </span>,
          ],
          [t('table.created'), <Time key="created" at={account.created_at} />],
        ]}
      />
      <Stack gap="sm" component="section" aria-label={t('usage.title')}>
        <Title order={2}>{t('usage.title')}</Title>
        <UsageFacts account={account.id} />
        {limits.error ? <ErrorState error={limits.error} retry={() => void limits.refetch()} /> : null}
        {limits.data && <LimitList limits={limits.data.limits} features={limits.data.features} />}
      </Stack>
    </Stack>
  )
}

export function AccountPage() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { account: name } = useParams({ from: '/accounts/$account' })
  const navigate = useNavigate()
  const [{ open, on }, setUrl] = useUrl()
  // a site or a certificate of its tab is named beside the action
  const act = on ? undefined : accountAct(open)
  const setAct = (next?: AccountAct) => setUrl({ open: next })
  const read = useQuery(queries.account(name))
  const account = read.data
  usePageActions(
    useAccountActs(account).map(({ act, label }) => ({ id: act, label, key: KEYS[act], run: () => setAct(act) })),
  )
  if (read.error) {
    return (
      <Page title={name}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!account) {
    return (
      <Page title={name}>
        <Skeleton h={240} />
      </Page>
    )
  }
  return (
    <Page
      title={account.name}
      aside={<StatusBadge object={account} />}
      action={
        <ObjectMenu>
          <AccountMenu account={account} onAct={setAct} />
        </ObjectMenu>
      }
    >
      <ConditionNote
        object={account}
        kind="account"
        retry={
          may('POST /api/v1/accounts/{account}/retry')
            ? change('post', '/api/v1/accounts/{account}/retry', { path: { account: account.id } })
            : undefined
        }
      />
      <ObjectTabs
        tabs={[
          { key: 'overview', label: t('tabs.overview'), show: () => <Overview account={account} /> },
          { key: 'sites', label: t('nav.sites'), show: () => <SiteTable account={account.name} /> },
          {
            key: 'certificates',
            label: t('nav.certificates'),
            show: () => <CertificateTable account={account.name} />,
          },
          ...(may('GET /api/v1/accounts/{account}/members')
            ? [{ key: 'members', label: t('members.title'), show: () => <Members account={account.name} /> }]
            : []),
          {
            key: 'activity',
            label: t('tabs.activity'),
            show: () => <Activity id={account.id} account={account.name} />,
          },
        ]}
      />
      <Suspense>
        {act && (
          <AccountDialog
            act={act}
            account={account}
            onClose={() => setAct(undefined)}
            onDeleted={() => void navigate({ to: '/accounts' })}
          />
        )}
      </Suspense>
    </Page>
  )
}
