import { Button, Menu, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { Activity } from '../../components/Activity'
import { CopyText } from '../../components/CopyCommand'
import { DataTable } from '../../components/DataTable'
import { ObjectMenu } from '../../components/ObjectMenu'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { EmptyState, ErrorState, Note } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { DeleteProvider } from './DeleteProvider'
import { ProviderState } from './ProviderState'

// a form comes when it is opened
const ProviderForm = lazy(() => import('./ProviderForm').then((file) => ({ default: file.ProviderForm })))

type Provider = Schemas['IdentityProvider']

function Overview({ provider }: { provider: Provider }) {
  const { t } = useTranslation()
  return (
    <Stack gap="lg">
      {provider.redirect_uri ? (
        <section aria-label={t('identity.redirect')}>
          <Title order={2}>{t('identity.redirect')}</Title>
          <Text c="dimmed" mb={4}>
            {t('identity.redirectHelp')}
          </Text>
          <CopyText value={provider.redirect_uri} label={t('identity.redirect')} />
        </section>
      ) : (
        <Note tone="warning" title={t('identity.noRedirect')} role="status">
          <Text size="sm">{t('identity.noRedirectHelp')}</Text>
          <Link className="go" to="/settings">
            {t('nav.settings')}
          </Link>
        </Note>
      )}
      <Facts
        rows={[
          [t('identity.label'), provider.label],
          [
            t('identity.issuer'),
            <span key="issuer" className="mono ltr">
              {provider.issuer}
            </span>,
          ],
          [
            t('identity.clientId'),
            <span key="client" className="mono ltr">
              {provider.client_id}
            </span>,
          ],
          [t('identity.secret'), provider.has_secret ? t('identity.hasSecret') : t('identity.publicClient')],
          [
            t('identity.scopes'),
            <span key="scopes" className="mono ltr">
              {['openid', ...provider.scopes].join(' ')}
            </span>,
          ],
          [t('identity.claim'), provider.groups_claim ?? t('identity.noClaim')],
          [t('identity.makesPeople'), provider.makes_people ? t('identity.yes') : t('identity.no')],
          [t('identity.secondFactor'), provider.second_factor_counts ? t('identity.yes') : t('identity.no')],
          [t('nav.people'), t('identity.people', { count: provider.people })],
          [t('table.created'), <Time key="created" at={provider.created_at} />],
        ]}
      />
      <div>
        <Title order={2} mb="xs">
          {t('identity.mappings')}
        </Title>
        <DataTable<Provider['mappings'][number]>
          label={t('identity.mappings')}
          rows={provider.mappings}
          rowKey={(mapping) => `${mapping.group} ${mapping.role} ${mapping.organisation}`}
          empty={<EmptyState title={t('identity.noMappings')}>{t('identity.mappingsHelp')}</EmptyState>}
          columns={[
            { key: 'group', label: t('identity.group'), cell: (mapping) => mapping.group },
            {
              key: 'role',
              label: t('members.role'),
              cell: (mapping) => said(`role.${mapping.role}`) ?? mapping.role,
            },
            {
              key: 'organisation',
              label: t('accounts.organisation'),
              cell: (mapping) => (
                <Link
                  className="cell-link"
                  to="/organisations/$organisation"
                  params={{ organisation: mapping.organisation }}
                >
                  {mapping.organisation}
                </Link>
              ),
            },
            {
              key: 'state',
              label: t('table.status'),
              cell: (mapping) =>
                mapping.in_force ? (
                  <Badge tone="good" quiet>
                    {t('identity.inForce')}
                  </Badge>
                ) : (
                  <Badge tone="warning">{t('identity.mappingOff')}</Badge>
                ),
            },
          ]}
        />
        {provider.mappings.some((mapping) => !mapping.in_force) && (
          <Text size="sm" c="dimmed" mt={4}>
            {t('identity.notInForceHelp')}
          </Text>
        )}
      </div>
    </Stack>
  )
}

/** One identity provider: what is entered there, and whom it gives what. */
export function ProviderPage() {
  const { t } = useTranslation()
  const { may } = useMe()
  const navigate = useNavigate()
  const { provider: name } = useParams({ from: '/identity-providers/$provider' })
  const [act, setAct] = useState<'edit' | 'delete'>()
  const read = useQuery(queries.identityProvider(name))
  const provider = read.data
  if (read.error && !provider) {
    return (
      <Page title={name}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!provider) {
    return (
      <Page title={name}>
        <Skeleton h={320} />
      </Page>
    )
  }
  const close = () => setAct(undefined)
  return (
    <Page
      title={provider.name}
      aside={<ProviderState provider={provider} />}
      action={
        <>
          {may('PATCH /api/v1/identity-providers/{identity_provider}') && (
            <Button variant="default" onClick={() => setAct('edit')}>
              {t('common.edit')}
            </Button>
          )}
          {may('DELETE /api/v1/identity-providers/{identity_provider}') && (
            <ObjectMenu>
              <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setAct('delete')}>
                {t('common.delete')}
              </Menu.Item>
            </ObjectMenu>
          )}
        </>
      }
    >
      <ObjectTabs
        tabs={[
          { key: 'overview', label: t('tabs.overview'), show: () => <Overview provider={provider} /> },
          { key: 'activity', label: t('tabs.activity'), show: () => <Activity id={provider.id} /> },
        ]}
      />
      <Suspense>{act === 'edit' && <ProviderForm provider={provider} onClose={close} />}</Suspense>
      {act === 'delete' && (
        <DeleteProvider provider={provider} onClose={close} onGone={() => navigate({ to: '/identity-providers' })} />
      )}
    </Page>
  )
}
