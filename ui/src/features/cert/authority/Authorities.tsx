import { Group, Text } from '@mantine/core'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../../api/change'
import { queries } from '../../../api/queries'
import { useMe } from '../../../app/session'
import { useOpenOf, useUrl } from '../../../app/url'
import { ConfirmChange } from '../../../components/ConfirmChange'
import { DataTable } from '../../../components/DataTable'
import { MenuItem } from '../../../components/MenuItem'
import { CreateButton, usePaging } from '../../../components/Page'
import { RowMenu } from '../../../components/RowMenu'
import { EmptyState } from '../../../components/States'
import { Badge } from '../../../components/StatusBadge'
import { Time } from '../../../components/Time'
import { isStaging } from './presets'
import type { Authority } from './values'

// a form comes when it is opened
const AuthorityForm = lazy(() => import('./AuthorityForm').then((file) => ({ default: file.AuthorityForm })))

/** Whether certificates are ordered there, and whether it can be asked. */
function State({ authority }: { authority: Authority }) {
  const { t } = useTranslation()
  return (
    <span style={{ display: 'inline-flex', gap: 6, flexWrap: 'wrap' }}>
      {authority.default && (
        <Badge tone="good" quiet>
          {t('authorities.isDefault')}
        </Badge>
      )}
      {authority.error ? (
        <Badge tone="bad">{t('authorities.inVain')}</Badge>
      ) : (
        !authority.registered && <Badge tone="moving">{t('authorities.notRegistered')}</Badge>
      )}
      {isStaging(authority.directory) && <Badge tone="warning">{t('authorities.untrusted')}</Badge>}
    </span>
  )
}

/** Those who issue certificates. */
export function Authorities() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ cursor, open, fresh }, setUrl] = useUrl()
  const list = useQuery({ ...queries.authorities({ cursor }), placeholderData: keepPreviousData })
  const [editing, setEditing] = useOpenOf('edit', list.data?.items, ({ id }) => id)
  const [deleting, setDeleting] = useOpenOf('delete', list.data?.items, ({ id }) => id)
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/authorities')
  const mayEdit = may('PATCH /api/v1/authorities/{authority}')
  const mayDelete = may('DELETE /api/v1/authorities/{authority}')
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <>
      <Group justify="space-between" align="flex-start" mb="md">
        <Text c="dimmed" maw={720}>
          {t('authorities.about')}
        </Text>
        {mayCreate && <CreateButton>{t('authorities.add')}</CreateButton>}
      </Group>
      <DataTable<Authority>
        label={t('authorities.title')}
        rows={list.data?.items}
        rowKey={(authority) => authority.id}
        rowName={(authority) => authority.name}
        error={list.error}
        onRetry={() => void list.refetch()}
        expected={2}
        fresh={fresh}
        paging={paging}
        keys={{ edit: mayEdit ? setEditing : undefined, remove: mayDelete ? setDeleting : undefined }}
        empty={<EmptyState title={t('authorities.empty')}>{t('authorities.emptyHelp')}</EmptyState>}
        columns={[
          { key: 'name', label: t('authorities.name'), cell: (authority) => <strong>{authority.name}</strong> },
          {
            key: 'state',
            label: t('table.status'),
            cell: (authority) => (
              <>
                <State authority={authority} />
                {authority.error && (
                  <Text size="sm" data-server>
                    {authority.error}
                  </Text>
                )}
                {authority.not_before && (
                  <Text size="sm" c="dimmed">
                    {t('authorities.notBefore')} <Time at={authority.not_before} />
                  </Text>
                )}
              </>
            ),
          },
          {
            key: 'directory',
            label: t('authorities.directory'),
            cell: (authority) => <span className="mono ltr">{authority.directory}</span>,
          },
          {
            key: 'contact',
            label: t('authorities.contact'),
            cell: (authority) => authority.contact ?? t('table.none'),
          },
          {
            key: 'eab',
            label: t('authorities.keyId'),
            cell: (authority) => <span className="mono ltr">{authority.eab_key_id}</span>,
          },
          { key: 'updated', label: t('table.updated'), cell: (authority) => <Time at={authority.updated_at} /> },
          ...(mayEdit || mayDelete
            ? [
                {
                  key: 'menu',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (authority: Authority) => (
                    <RowMenu label={t('table.actionsOf', { name: authority.name })}>
                      {() => (
                        <>
                          {mayEdit && (
                            <MenuItem leftSection={<IconEdit {...icon} />} onClick={() => setEditing(authority)}>
                              {t('common.edit')}
                            </MenuItem>
                          )}
                          {mayDelete && (
                            <MenuItem
                              color="red"
                              leftSection={<IconTrash {...icon} />}
                              onClick={() => setDeleting(authority)}
                            >
                              {t('common.delete')}
                            </MenuItem>
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
      <Suspense>
        {open === 'new' && mayCreate && list.data && (
          <AuthorityForm isFirst={list.data.items.length === 0} onClose={() => setUrl({ open: undefined })} />
        )}
        {editing && <AuthorityForm authority={editing} onClose={() => setEditing(undefined)} />}
      </Suspense>
      {deleting && (
        <ConfirmChange
          op="authority_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/authorities/{authority}', { path: { authority: deleting.id } })}
          onClose={() => setDeleting(undefined)}
        >
          {deleting.default && <Text size="sm">{t('authorities.defaultGoes')}</Text>}
        </ConfirmChange>
      )}
    </>
  )
}
