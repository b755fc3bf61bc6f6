import { Checkbox, Menu, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useOpenOf, useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { OptionalSelect } from '../../components/OptionalSelect'
import { CreateButton, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'

type Role = Schemas['Role']

/** Permissions to choose from, each with what it allows. */
export function PermissionBoxes(props: {
  label: string
  value?: string[]
  onChange?: (next: string[]) => void
  error?: ReactNode
  known: Schemas['Permission'][]
}) {
  const { known, ...group } = props
  return (
    <Checkbox.Group {...group}>
      <Stack gap={8} mt={6}>
        {known.map((permission) => (
          <Checkbox
            key={permission.name}
            value={permission.name}
            label={<span className="mono">{permission.name}</span>}
            description={said(`permission.${permission.name.replace('.', '_')}`) ?? permission.what}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  )
}

function RoleForm({ role, onClose }: { role?: Role; onClose: () => void }) {
  const { t } = useTranslation()
  const { session } = useMe()
  const [, setUrl] = useUrl()
  const permissions = useQuery(queries.permissions())
  const organisations = useQuery(queries.organisations({ limit: 200 }))
  const form = useForm({
    initialValues: { name: role?.name ?? '', organisation: '', permissions: role?.permissions ?? ([] as string[]) },
    validate: { name: (value) => (value ? null : t('roles.enterName')) },
  })
  const held = new Set([...session.permissions_somewhere, ...(role?.permissions ?? [])])
  return (
    <ChangeForm<typeof form.values, Role>
      title={role ? t('roles.edit', { name: role.name }) : t('roles.add')}
      button={role ? t('common.save') : t('roles.add')}
      form={form}
      change={(values) =>
        role
          ? change('patch', '/api/v1/roles/{role}', {
              path: { role: role.id },
              generation: role.version,
              body: {
                ...(values.name !== role.name ? { name: values.name.trim() } : {}),
                permissions: values.permissions,
              },
            })
          : change('post', '/api/v1/roles', {
              body: {
                name: values.name.trim(),
                permissions: values.permissions,
                ...(values.organisation ? { organisation: values.organisation } : {}),
              },
            })
      }
      onDone={(made) => setUrl({ open: undefined, fresh: made.id })}
      onClose={onClose}
    >
      <TextInput
        label={t('roles.name')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      {!role && (organisations.data?.items.length ?? 0) > 1 && (
        <OptionalSelect
          label={t('accounts.organisation')}
          description={t('accounts.organisationHelp')}
          data={organisations.data?.items.map((item) => item.name)}
          {...form.getInputProps('organisation')}
        />
      )}
      <PermissionBoxes
        label={t('roles.permissions')}
        known={(permissions.data?.items ?? []).filter((permission) => held.has(permission.name))}
        {...form.getInputProps('permissions')}
      />
    </ChangeForm>
  )
}

export function Roles() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ cursor, open, fresh }, setUrl] = useUrl()
  const list = useQuery({ ...queries.roles({ cursor }), placeholderData: keepPreviousData })
  const [editing, setEditing] = useOpenOf('edit', list.data?.items, ({ id }) => id)
  const [deleting, setDeleting] = useOpenOf('delete', list.data?.items, ({ id }) => id)
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/roles')
  return (
    <Page title={t('nav.roles')} action={mayCreate ? <CreateButton>{t('roles.add')}</CreateButton> : undefined}>
      <Text c="dimmed">{t('roles.about')}</Text>
      <DataTable<Role>
        label={t('nav.roles')}
        rows={list.data?.items}
        rowKey={(role) => role.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={<EmptyState title={t('roles.empty')} />}
        columns={[
          {
            key: 'name',
            label: t('roles.name'),
            cell: (role) => (
              <>
                <strong>{said(`role.${role.name}`) ?? role.name}</strong>{' '}
                {role.built_in && (
                  <Badge tone="off" bare>
                    {t('roles.builtIn')}
                  </Badge>
                )}
              </>
            ),
          },
          { key: 'organisation', label: t('accounts.organisation'), cell: (role) => role.organisation ?? '' },
          {
            key: 'permissions',
            label: t('roles.permissions'),
            cell: (role) => (
              <details>
                <summary>{t('tokens.permissions', { count: role.permissions.length })}</summary>
                <span className="mono">{role.permissions.join(', ')}</span>
              </details>
            ),
          },
          ...(mayCreate
            ? [
                {
                  key: 'menu',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (role: Role) =>
                    role.built_in ? null : (
                      <RowMenu label={t('table.actionsOf', { name: role.name })}>
                        {() => (
                          <>
                            <Menu.Item
                              leftSection={<IconEdit size={16} aria-hidden />}
                              onClick={() => setEditing(role)}
                            >
                              {t('common.edit')}
                            </Menu.Item>
                            <Menu.Item
                              color="red"
                              leftSection={<IconTrash size={16} aria-hidden />}
                              onClick={() => setDeleting(role)}
                            >
                              {t('common.delete')}
                            </Menu.Item>
                          </>
                        )}
                      </RowMenu>
                    ),
                },
              ]
            : []),
        ]}
      />
      {open === 'new' && mayCreate && <RoleForm onClose={() => setUrl({ open: undefined })} />}
      {editing && <RoleForm role={editing} onClose={() => setEditing(undefined)} />}
      {deleting && (
        <ConfirmChange
          op="role_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/roles/{role}', {
            path: { role: deleting.id },
            generation: deleting.version,
          })}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </Page>
  )
}
