import { Menu, Text } from '@mantine/core'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { DataTable } from '../../components/DataTable'
import { CreateButton, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Time } from '../../components/Time'
import { DeleteProvider } from './DeleteProvider'
import { ProviderForm } from './ProviderForm'
import { ProviderState } from './ProviderState'

type Provider = Schemas['IdentityProvider']

/** Providers by which people sign in. */
export function Providers() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ cursor, open, fresh }, setUrl] = useUrl()
  const [editing, setEditing] = useState<Provider>()
  const [removing, setRemoving] = useState<Provider>()
  const list = useQuery({ ...queries.identityProviders({ cursor }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/identity-providers')
  const mayEdit = may('PATCH /api/v1/identity-providers/{identity_provider}')
  const mayDelete = may('DELETE /api/v1/identity-providers/{identity_provider}')
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <Page
      title={t('nav.identityProviders')}
      action={mayCreate ? <CreateButton>{t('identity.add')}</CreateButton> : undefined}
    >
      <Text c="dimmed">{t('identity.about')}</Text>
      <DataTable<Provider>
        label={t('nav.identityProviders')}
        rows={list.data?.items}
        rowKey={(provider) => provider.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        expected={2}
        fresh={fresh}
        paging={paging}
        empty={<EmptyState title={t('identity.empty')}>{t('identity.emptyHelp')}</EmptyState>}
        columns={[
          {
            key: 'name',
            label: t('identity.name'),
            cell: (provider) => (
              <Link className="cell-link" to="/identity-providers/$provider" params={{ provider: provider.name }}>
                {provider.name}
              </Link>
            ),
          },
          { key: 'label', label: t('identity.label'), cell: (provider) => provider.label },
          { key: 'state', label: t('table.status'), cell: (provider) => <ProviderState provider={provider} /> },
          {
            key: 'issuer',
            label: t('identity.issuer'),
            cell: (provider) => <span className="mono ltr">{provider.issuer}</span>,
          },
          { key: 'people', label: t('nav.people'), numeric: true, cell: (provider) => provider.people },
          { key: 'updated', label: t('table.updated'), cell: (provider) => <Time at={provider.updated_at} /> },
          ...(mayEdit || mayDelete
            ? [
                {
                  key: 'menu',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (provider: Provider) => (
                    <RowMenu label={t('table.actionsOf', { name: provider.name })}>
                      {() => (
                        <>
                          {mayEdit && (
                            <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => setEditing(provider)}>
                              {t('common.edit')}
                            </Menu.Item>
                          )}
                          {mayDelete && (
                            <Menu.Item
                              color="red"
                              leftSection={<IconTrash {...icon} />}
                              onClick={() => setRemoving(provider)}
                            >
                              {t('common.delete')}
                            </Menu.Item>
                          )}
                        </>
                      )}
                    </RowMenu>
                  ),
                },
              ]
            : []),
        ]}
      />
      {open === 'new' && mayCreate && <ProviderForm onClose={() => setUrl({ open: undefined })} />}
      {editing && <ProviderForm provider={editing} onClose={() => setEditing(undefined)} />}
      {removing && <DeleteProvider provider={removing} onClose={() => setRemoving(undefined)} />}
    </Page>
  )
}
