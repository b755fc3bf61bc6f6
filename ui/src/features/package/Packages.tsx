import { Checkbox, Menu, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
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
import { CreateButton, Filter, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { AmountFields, type Amounts, amountsChanged, amountsOf, amountWords } from './Amounts'

type Package = Schemas['Package']
type Names = Schemas['Names']

/** Makes a package, or changes one. */
function PackageForm({ item, names, onClose }: { item?: Package; names: Names; onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [, setUrl] = useUrl()
  const organisations = useQuery({
    ...queries.organisations({ limit: 200 }),
    enabled: may('GET /api/v1/organisations'),
  })
  const known = names.limits.filter((limit) => limit.of_accounts)
  const before = amountsOf(known, (item?.limits ?? {}) as Record<string, unknown>)
  const form = useForm<{ name: string; organisation: string; limits: Amounts; features: string[] }>({
    initialValues: {
      name: item?.name ?? '',
      organisation: '',
      limits: before,
      features: item?.features ?? names.features,
    },
    validate: { name: (value) => (value ? null : t('packages.enterName')) },
  })
  const features = (values: typeof form.values) =>
    Object.fromEntries(
      names.features
        .filter((name) => values.features.includes(name) !== (item ? item.features.includes(name) : true))
        .map((name) => [name, values.features.includes(name)]),
    )
  const limits = (values: typeof form.values) => amountsChanged(known, before, values.limits)
  return (
    <ChangeForm<typeof form.values, Package>
      title={item ? t('packages.edit', { name: item.name }) : t('packages.add')}
      button={item ? t('common.save') : t('packages.add')}
      form={form}
      change={(values) =>
        item
          ? change('patch', '/api/v1/packages/{package}', {
              path: { package: item.id },
              generation: item.version,
              body: {
                ...(values.name !== item.name ? { name: values.name.trim() } : {}),
                limits: limits(values),
                features: features(values),
              },
            })
          : change('post', '/api/v1/packages', {
              body: {
                name: values.name.trim(),
                ...(values.organisation ? { organisation: values.organisation } : {}),
                limits: limits(values),
                features: features(values),
              },
            })
      }
      onDone={(made) => setUrl({ open: undefined, fresh: made.id })}
      onClose={onClose}
    >
      <TextInput
        label={t('packages.name')}
        description={t('packages.nameHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      {!item && (organisations.data?.items.length ?? 0) > 1 && (
        <OptionalSelect
          label={t('accounts.organisation')}
          description={t('packages.organisationHelp')}
          data={organisations.data?.items.map((organisation) => organisation.name)}
          {...form.getInputProps('organisation')}
        />
      )}
      <Checkbox.Group label={t('packages.features')} {...form.getInputProps('features')}>
        <Stack gap={6} mt={6}>
          {names.features.map((name) => (
            <Checkbox key={name} value={name} label={said(`feature.${name}`) ?? name} />
          ))}
        </Stack>
      </Checkbox.Group>
      <AmountFields known={known} form={form} absent={t('amount.asUsual')} />
    </ChangeForm>
  )
}

export function Packages() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ q, cursor, open, fresh }, setUrl] = useUrl()
  const names = useQuery(queries.limits())
  const list = useQuery({ ...queries.packages({ q, cursor }), placeholderData: keepPreviousData })
  const [editing, setEditing] = useOpenOf('edit', list.data?.items, ({ id }) => id)
  const [deleting, setDeleting] = useOpenOf('delete', list.data?.items, ({ id }) => id)
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/packages')
  const units = Object.fromEntries((names.data?.limits ?? []).map((limit) => [limit.name, limit.unit]))
  const sold = (item: Package) =>
    Object.entries((item.limits ?? {}) as Record<string, unknown>)
      .map(
        ([name, value]) =>
          `${said(`limit.${name}`) ?? name}: ${amountWords(value, units[name] ?? '', t('plan.unlimited'))}`,
      )
      .join(', ')
  return (
    <Page title={t('nav.packages')} action={mayCreate ? <CreateButton>{t('packages.add')}</CreateButton> : undefined}>
      <Filter label={t('packages.filter')} />
      <DataTable<Package>
        label={t('nav.packages')}
        rows={list.data?.items}
        rowKey={(item) => item.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={
          q ? (
            <EmptyState title={t('table.nothing', { q })} />
          ) : (
            <EmptyState title={t('packages.empty')}>{t('packages.emptyHelp')}</EmptyState>
          )
        }
        columns={[
          { key: 'name', label: t('packages.name'), cell: (item) => <strong>{item.name}</strong> },
          { key: 'organisation', label: t('accounts.organisation'), cell: (item) => item.organisation },
          { key: 'limits', label: t('packages.limits'), cell: (item) => sold(item) || t('packages.asUsual') },
          {
            key: 'features',
            label: t('packages.features'),
            cell: (item) => item.features.map((name) => said(`feature.${name}`) ?? name).join(', '),
          },
          { key: 'accounts', label: t('nav.accounts'), numeric: true, cell: (item) => item.accounts },
          ...(mayCreate
            ? [
                {
                  key: 'menu',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (item: Package) => (
                    <RowMenu label={t('table.actionsOf', { name: item.name })}>
                      {() => (
                        <>
                          <Menu.Item leftSection={<IconEdit size={16} aria-hidden />} onClick={() => setEditing(item)}>
                            {t('common.edit')}
                          </Menu.Item>
                          <Menu.Item
                            color="red"
                            leftSection={<IconTrash size={16} aria-hidden />}
                            onClick={() => setDeleting(item)}
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
      {open === 'new' && mayCreate && names.data && (
        <PackageForm names={names.data} onClose={() => setUrl({ open: undefined })} />
      )}
      {editing && names.data && <PackageForm item={editing} names={names.data} onClose={() => setEditing(undefined)} />}
      {deleting && (
        <ConfirmChange
          op="package_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/packages/{package}', { path: { package: deleting.id } })}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </Page>
  )
}
