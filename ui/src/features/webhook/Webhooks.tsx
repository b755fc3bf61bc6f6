import { Menu, MultiSelect, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconKey, IconTrash } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useOpenOf, useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { Check } from '../../components/Check'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { Once } from '../../components/Once'
import { OptionalSelect } from '../../components/OptionalSelect'
import { CreateButton, Page, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'

type Webhook = Schemas['Webhook']

/** The codes of events that this release knows (docs/reference/events.md). */
const CODES = [
  'object.created',
  'object.changed',
  'object.deletion_asked',
  'object.ready',
  'object.waiting',
  'object.degraded',
  'object.failed',
  'object.removed',
  'drift.decided',
  'node.swept',
  'setting.changed',
  'object.unknown',
  'person.acting_began',
  'person.acting_ended',
  'object.adopted',
  'usage.high',
  'usage.full',
  'webhook.disabled',
  'node.disk_high',
  'node.agent_away',
  'node.agent_back',
]

export function WebhookForm({
  webhook,
  onClose,
  onSecret,
}: {
  webhook?: Webhook
  onClose: () => void
  onSecret?: (secret: string) => void
}) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [, setUrl] = useUrl()
  const organisations = useQuery({
    ...queries.organisations({ limit: 200 }),
    enabled: may('GET /api/v1/organisations'),
  })
  const form = useForm({
    initialValues: {
      name: webhook?.name ?? '',
      url: webhook?.url ?? '',
      kinds: webhook?.kinds ?? ([] as string[]),
      organisation: '',
      enabled: webhook?.enabled ?? true,
    },
    validate: {
      name: (value) => (value ? null : t('webhooks.enterName')),
      url: (value) => (value ? null : t('webhooks.enterUrl')),
    },
  })
  return (
    <ChangeForm<typeof form.values, unknown>
      title={webhook ? t('webhooks.edit', { name: webhook.name }) : t('webhooks.add')}
      button={webhook ? t('common.save') : t('webhooks.add')}
      form={form}
      change={(values) => {
        const kinds = values.kinds.length ? values.kinds : null
        return webhook
          ? change('patch', '/api/v1/webhooks/{webhook}', {
              path: { webhook: webhook.id },
              body: {
                ...(values.name !== webhook.name ? { name: values.name.trim() } : {}),
                ...(values.url !== webhook.url ? { url: values.url.trim() } : {}),
                ...(values.enabled !== webhook.enabled ? { enabled: values.enabled } : {}),
                kinds,
              },
            })
          : change('post', '/api/v1/webhooks', {
              body: {
                name: values.name.trim(),
                url: values.url.trim(),
                kinds,
                ...(values.organisation ? { organisation: values.organisation } : {}),
              },
            })
      }}
      onDone={(data) => {
        setUrl({ open: undefined })
        const made = data as Partial<Schemas['WebhookMade']>
        if (made?.secret) onSecret?.(made.secret)
      }}
      onClose={onClose}
    >
      <TextInput
        label={t('webhooks.name')}
        description={t('webhooks.nameHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('webhooks.url')}
        description={t('webhooks.urlHelp')}
        placeholder="https://hooks.example.com/holdfast"
        withAsterisk
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('url')}
      />
      <MultiSelect
        label={t('webhooks.kinds')}
        description={t('webhooks.kindsHelp')}
        data={CODES}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': t('table.clear') }}
        {...form.getInputProps('kinds')}
      />
      {!webhook && (organisations.data?.items.length ?? 0) > 1 && (
        <OptionalSelect
          label={t('accounts.organisation')}
          description={t('webhooks.organisationHelp')}
          data={organisations.data?.items.map((item) => item.name)}
          {...form.getInputProps('organisation')}
        />
      )}
      {webhook && <Check label={t('webhooks.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />}
    </ChangeForm>
  )
}

export function WebhookState({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation()
  if (!webhook.enabled) {
    return (
      <Badge tone={webhook.disabled_reason === 'unreachable' ? 'bad' : 'off'}>
        {webhook.disabled_reason === 'unreachable' ? t('webhooks.gaveUp') : t('plan.off')}
      </Badge>
    )
  }
  if (webhook.paused) return <Badge tone="off">{t('webhooks.paused')}</Badge>
  if (webhook.failing_since) return <Badge tone="warning">{t('webhooks.failing', { count: webhook.failures })}</Badge>
  return (
    <Badge tone="good" quiet>
      {t('plan.on')}
    </Badge>
  )
}

export function Webhooks() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ cursor, open }, setUrl] = useUrl()
  const [secret, setSecret] = useState<string>()
  const list = useQuery({ ...queries.webhooks({ cursor }), placeholderData: keepPreviousData })
  const [editing, setEditing] = useOpenOf('edit', list.data?.items, ({ id }) => id)
  const [deleting, setDeleting] = useOpenOf('delete', list.data?.items, ({ id }) => id)
  const [rotating, setRotating] = useOpenOf('rotate', list.data?.items, ({ id }) => id)
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/webhooks')
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <Page title={t('nav.webhooks')} action={mayCreate ? <CreateButton>{t('webhooks.add')}</CreateButton> : undefined}>
      <DataTable<Webhook>
        label={t('nav.webhooks')}
        rows={list.data?.items}
        rowKey={(webhook) => webhook.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        paging={paging}
        empty={<EmptyState title={t('webhooks.empty')}>{t('webhooks.emptyHelp')}</EmptyState>}
        columns={[
          {
            key: 'name',
            label: t('webhooks.name'),
            cell: (webhook) => (
              <Link className="cell-link" to="/webhooks/$webhook" params={{ webhook: webhook.id }}>
                {webhook.name}
              </Link>
            ),
          },
          { key: 'state', label: t('table.status'), cell: (webhook) => <WebhookState webhook={webhook} /> },
          { key: 'url', label: t('webhooks.url'), cell: (webhook) => <span className="mono ltr">{webhook.url}</span> },
          {
            key: 'kinds',
            label: t('webhooks.kinds'),
            cell: (webhook) =>
              webhook.kinds ? t('webhooks.kindCount', { count: webhook.kinds.length }) : t('webhooks.all'),
          },
          { key: 'created', label: t('table.created'), cell: (webhook) => <Time at={webhook.created_at} /> },
          {
            key: 'menu',
            label: t('table.actions'),
            hidden: true,
            cell: (webhook) => (
              <RowMenu label={t('table.actionsOf', { name: webhook.name })}>
                {() => (
                  <>
                    <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => setEditing(webhook)}>
                      {t('common.edit')}
                    </Menu.Item>
                    <Menu.Item leftSection={<IconKey {...icon} />} onClick={() => setRotating(webhook)}>
                      {t('webhooks.rotate')}
                    </Menu.Item>
                    <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={() => setDeleting(webhook)}>
                      {t('common.delete')}
                    </Menu.Item>
                  </>
                )}
              </RowMenu>
            ),
          },
        ]}
      />
      {open === 'new' && mayCreate && <WebhookForm onClose={() => setUrl({ open: undefined })} onSecret={setSecret} />}
      {editing && <WebhookForm webhook={editing} onClose={() => setEditing(undefined)} />}
      {rotating && (
        <ConfirmChange
          op="webhook_rotate_secret"
          name={rotating.name}
          change={change('post', '/api/v1/webhooks/{webhook}/secret', { path: { webhook: rotating.id } })}
          onClose={() => setRotating(undefined)}
          onDone={(made) => setSecret((made as Schemas['WebhookMade']).secret)}
        />
      )}
      {deleting && (
        <ConfirmChange
          op="webhook_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/webhooks/{webhook}', { path: { webhook: deleting.id } })}
          onClose={() => setDeleting(undefined)}
        />
      )}
      {secret && (
        <Once
          title={t('webhooks.secretTitle')}
          body={t('webhooks.secretBody')}
          values={[{ label: t('webhooks.secret'), value: secret }]}
          onClose={() => setSecret(undefined)}
        />
      )}
    </Page>
  )
}
