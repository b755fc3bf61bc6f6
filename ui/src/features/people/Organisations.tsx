import { Checkbox, Menu, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconGauge, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useOpenAct, useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { Check } from '../../components/Check'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { DoChange } from '../../components/DoChange'
import { ObjectMenu } from '../../components/ObjectMenu'
import { ObjectTabs } from '../../components/ObjectTabs'
import { OptionalSelect } from '../../components/OptionalSelect'
import { CreateButton, Facts, Filter, Page, usePaging } from '../../components/Page'
import { EmptyState, ErrorState, Note } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { AmountFields, type Amounts, amountsChanged, amountsOf } from '../package/Amounts'
import { LimitList } from '../package/LimitList'
import { Members } from './Members'

type Organisation = Schemas['Organisation']

function CreateOrganisation({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  const above = useQuery(queries.organisations({ limit: 200 }))
  const form = useForm({
    initialValues: { name: '', kind: 'client', parent: '', act_as_consent: false },
    validate: { name: (value) => (value ? null : t('organisations.enterName')) },
  })
  const parents = above.data?.items.filter((item) => item.kind !== 'client').map((item) => item.name) ?? []
  return (
    <ChangeForm<typeof form.values, Organisation>
      title={t('organisations.add')}
      button={t('organisations.add')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/organisations', {
          body: {
            name: values.name.trim(),
            kind: values.kind as 'client' | 'reseller',
            act_as_consent: values.act_as_consent,
            ...(values.parent ? { parent: values.parent } : {}),
          },
        })
      }
      onDone={(made) => setUrl({ open: undefined, fresh: made.id })}
      onClose={onClose}
    >
      <TextInput
        label={t('organisations.name')}
        description={t('organisations.nameHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      <Select
        label={t('organisations.kind')}
        description={t('organisations.kindHelp')}
        data={[
          { value: 'client', label: t('organisationKind.client') },
          { value: 'reseller', label: t('organisationKind.reseller') },
        ]}
        allowDeselect={false}
        {...form.getInputProps('kind')}
      />
      {parents.length > 1 && (
        <OptionalSelect
          label={t('organisations.parent')}
          description={t('accounts.organisationHelp')}
          data={parents}
          {...form.getInputProps('parent')}
        />
      )}
      <Check label={t('organisations.consent')} {...form.getInputProps('act_as_consent', { type: 'checkbox' })} />
    </ChangeForm>
  )
}

export function Organisations() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ q, cursor, open, fresh }, setUrl] = useUrl()
  const list = useQuery({ ...queries.organisations({ q, cursor }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/organisations')
  return (
    <Page
      title={t('nav.organisations')}
      action={mayCreate ? <CreateButton>{t('organisations.add')}</CreateButton> : undefined}
    >
      <Filter label={t('organisations.filter')} />
      <DataTable<Organisation>
        label={t('nav.organisations')}
        rows={list.data?.items}
        rowKey={(item) => item.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={<EmptyState title={q ? t('table.nothing', { q }) : t('organisations.empty')} />}
        columns={[
          {
            key: 'name',
            label: t('organisations.name'),
            cell: (item) => (
              <Link className="cell-link" to="/organisations/$organisation" params={{ organisation: item.name }}>
                {item.name}
              </Link>
            ),
          },
          {
            key: 'kind',
            label: t('organisations.kind'),
            cell: (item) => said(`organisationKind.${item.kind}`) ?? item.kind,
          },
          { key: 'parent', label: t('organisations.parent'), cell: (item) => item.parent ?? '' },
          {
            key: 'status',
            label: t('table.status'),
            cell: (item) => (item.suspended ? <Badge tone="off">{t('condition.suspended')}</Badge> : ''),
          },
          { key: 'created', label: t('table.created'), cell: (item) => <Time at={item.created_at} /> },
        ]}
      />
      {open === 'new' && mayCreate && <CreateOrganisation onClose={() => setUrl({ open: undefined })} />}
    </Page>
  )
}

const ACTS = ['edit', 'limits', 'suspend', 'unsuspend', 'delete'] as const

function EditOrganisation({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const form = useForm({
    initialValues: { name: organisation.name, act_as_consent: organisation.act_as_consent },
    validate: { name: (value) => (value ? null : t('organisations.enterName')) },
  })
  return (
    <ChangeForm<typeof form.values, Organisation>
      title={t('organisations.edit', { name: organisation.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/organisations/{organisation}', {
          path: { organisation: organisation.id },
          generation: organisation.version,
          body: {
            ...(values.name !== organisation.name ? { name: values.name.trim() } : {}),
            ...(values.act_as_consent !== organisation.act_as_consent ? { act_as_consent: values.act_as_consent } : {}),
          },
        })
      }
      onDone={(saved) =>
        void navigate({ to: '/organisations/$organisation', params: { organisation: saved.name }, replace: true })
      }
      onClose={onClose}
    >
      <TextInput label={t('organisations.name')} withAsterisk data-autofocus {...form.getInputProps('name')} />
      <Check label={t('organisations.consent')} {...form.getInputProps('act_as_consent', { type: 'checkbox' })} />
    </ChangeForm>
  )
}

function EditLimits({ name, onClose }: { name: string; onClose: () => void }) {
  const limits = useQuery(queries.organisationLimits(name))
  const known = useQuery(queries.limits())
  if (!limits.data || !known.data) return null
  return <LimitsForm name={name} limits={limits.data} known={known.data.limits} onClose={onClose} />
}

function LimitsForm({
  name,
  limits,
  known,
  onClose,
}: {
  name: string
  limits: Schemas['OrganisationLimits']
  known: Schemas['KnownLimit'][]
  onClose: () => void
}) {
  const { t } = useTranslation()
  const own = limits.limits.filter((limit) => limit.from === 'own').map((limit) => [limit.name, limit.most])
  const before = amountsOf(known, Object.fromEntries(own))
  const form = useForm<{ oversell: boolean; limits: Amounts }>({
    initialValues: { oversell: limits.oversell, limits: before },
  })
  return (
    <ChangeForm
      title={t('organisations.limitsTitle', { name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/organisations/{organisation}/limits', {
          path: { organisation: name },
          generation: limits.version,
          body: {
            limits: amountsChanged(known, before, values.limits),
            ...(values.oversell !== limits.oversell ? { oversell: values.oversell } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Check label={t('organisations.oversell')} {...form.getInputProps('oversell', { type: 'checkbox' })} />
      <AmountFields known={known} form={form} absent={t('amount.asAbove')} />
    </ChangeForm>
  )
}

function SuspendOrganisation({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const [accounts, setAccounts] = useState(false)
  return (
    <ConfirmChange
      op="organisation_suspend"
      name={organisation.name}
      change={change('post', '/api/v1/organisations/{organisation}/suspend', {
        path: { organisation: organisation.id },
        generation: organisation.version,
        body: { accounts, ...(reason ? { reason } : {}) },
      })}
      onClose={onClose}
    >
      <Checkbox
        label={t('organisations.accountsToo')}
        checked={accounts}
        onChange={(event) => setAccounts(event.currentTarget.checked)}
      />
      <TextInput label={t('common.reason')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </ConfirmChange>
  )
}

function Overview({ organisation }: { organisation: Organisation }) {
  const { t } = useTranslation()
  const limits = useQuery(queries.organisationLimits(organisation.id))
  const below = organisation.below
  return (
    <Stack gap="lg">
      {organisation.suspended && (
        <Note tone="warning" title={t('organisations.isSuspended')}>
          <Text size="sm">
            {organisation.suspended_by.map((by) => said(`suspendedBy.${by}`) ?? by).join(', ')}
            {organisation.suspended_reason && `: ${organisation.suspended_reason}`}
          </Text>
        </Note>
      )}
      <Facts
        rows={[
          [t('organisations.kind'), said(`organisationKind.${organisation.kind}`) ?? organisation.kind],
          [t('organisations.parent'), organisation.parent],
          [t('nav.accounts'), below?.accounts],
          [t('nav.organisations'), below?.organisations],
          [t('nav.people'), below?.people],
          [t('organisations.consentShort'), organisation.act_as_consent ? t('plan.on') : t('plan.off')],
          [t('table.created'), <Time key="created" at={organisation.created_at} />],
        ]}
      />
      <section aria-label={t('usage.title')}>
        <Title order={2} mb="xs">
          {t('usage.title')}
        </Title>
        {limits.error ? <ErrorState error={limits.error} retry={() => void limits.refetch()} /> : null}
        {limits.data && <LimitList limits={limits.data.limits} features={limits.data.features} />}
      </section>
    </Stack>
  )
}

export function OrganisationPage() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { organisation: name } = useParams({ from: '/organisations/$organisation' })
  const navigate = useNavigate()
  const read = useQuery(queries.organisation(name))
  const [act, setAct] = useOpenAct(ACTS)
  const organisation = read.data
  if (read.error) {
    return (
      <Page title={name}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!organisation) {
    return (
      <Page title={name}>
        <Skeleton h={240} />
      </Page>
    )
  }
  const icon = { size: 16, 'aria-hidden': true } as const
  const path = { organisation: organisation.id }
  const close = () => setAct(undefined)
  const isOwnSuspension = organisation.suspended_by.includes('organisation')
  return (
    <Page
      title={organisation.name}
      aside={organisation.suspended ? <Badge tone="off">{t('condition.suspended')}</Badge> : undefined}
      action={
        may('PATCH /api/v1/organisations/{organisation}') ? (
          <ObjectMenu>
            <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => setAct('edit')}>
              {t('common.edit')}
            </Menu.Item>
            <Menu.Item leftSection={<IconGauge {...icon} />} onClick={() => setAct('limits')}>
              {t('organisations.limits')}
            </Menu.Item>
            {isOwnSuspension ? (
              <Menu.Item leftSection={<IconPlayerPlay {...icon} />} onClick={() => setAct('unsuspend')}>
                {t('common.unsuspend')}
              </Menu.Item>
            ) : (
              <Menu.Item leftSection={<IconPlayerPause {...icon} />} onClick={() => setAct('suspend')}>
                {t('common.suspend')}
              </Menu.Item>
            )}
            <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={() => setAct('delete')}>
              {t('common.delete')}
            </Menu.Item>
          </ObjectMenu>
        ) : undefined
      }
    >
      <ObjectTabs
        tabs={[
          { key: 'overview', label: t('tabs.overview'), show: () => <Overview organisation={organisation} /> },
          ...(may('GET /api/v1/organisations/{organisation}/members')
            ? [{ key: 'members', label: t('members.title'), show: () => <Members organisation={organisation.name} /> }]
            : []),
        ]}
      />
      {act === 'edit' && <EditOrganisation organisation={organisation} onClose={close} />}
      {act === 'limits' && <EditLimits name={organisation.name} onClose={close} />}
      {act === 'suspend' && <SuspendOrganisation organisation={organisation} onClose={close} />}
      {act === 'unsuspend' && (
        <DoChange
          words="organisation_unsuspend"
          name={organisation.name}
          change={change('post', '/api/v1/organisations/{organisation}/unsuspend', {
            path,
            generation: organisation.version,
          })}
          onClose={close}
        />
      )}
      {act === 'delete' && (
        <ConfirmChange
          op="organisation_delete"
          name={organisation.name}
          change={change('delete', '/api/v1/organisations/{organisation}', { path, generation: organisation.version })}
          onClose={close}
          onGone={() => navigate({ to: '/organisations' })}
        />
      )}
    </Page>
  )
}
