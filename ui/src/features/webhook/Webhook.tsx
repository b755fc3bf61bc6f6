import { Button, Group, SegmentedControl, Skeleton, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useOpenAct, useUrl } from '../../app/url'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { DoChange } from '../../components/DoChange'
import { Facts, Page, usePaging } from '../../components/Page'
import { EmptyState, ErrorState } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { WebhookState } from './Webhooks'

type Delivery = Schemas['Delivery']

const TONES: Record<string, Tone> = { pending: 'moving', delivered: 'good', dead: 'bad' }

/** One webhook: how it stands, and every message that was sent to it. */
export function WebhookPage() {
  const { t } = useTranslation()
  const { webhook: id } = useParams({ from: '/webhooks/$webhook' })
  const [{ cursor, state }, setUrl] = useUrl()
  const read = useQuery(queries.webhook(id))
  const [act, setAct] = useOpenAct(['test', 'redeliver', 'drop'])
  const list = useQuery({ ...queries.deliveries(id, { cursor, state }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const webhook = read.data
  if (read.error) {
    return (
      <Page title={t('kind.webhook')}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!webhook) {
    return (
      <Page title={t('kind.webhook')}>
        <Skeleton h={240} />
      </Page>
    )
  }
  const path = { webhook: webhook.id }
  const close = () => setAct(undefined)
  const count = (data: unknown) => (data as Schemas['DeliveryCount']).count
  return (
    <Page
      title={webhook.name}
      aside={<WebhookState webhook={webhook} />}
      action={
        <Button variant="default" onClick={() => setAct('test')}>
          {t('webhooks.test')}
        </Button>
      }
    >
      <Facts
        rows={[
          [
            t('webhooks.url'),
            <span key="url" className="mono ltr">
              {webhook.url}
            </span>,
          ],
          [t('webhooks.kinds'), webhook.kinds ? webhook.kinds.join(', ') : t('webhooks.all')],
          [t('webhooks.failingSince'), webhook.failing_since && <Time at={webhook.failing_since} />],
          [t('webhooks.oldSecret'), webhook.old_secret_until && <Time at={webhook.old_secret_until} />],
          [t('table.created'), <Time key="created" at={webhook.created_at} />],
        ]}
      />
      <Group justify="space-between">
        <Title order={2}>{t('webhooks.deliveries')}</Title>
        <Group gap="xs">
          <Button variant="default" size="xs" onClick={() => setAct('redeliver')}>
            {t('webhooks.redeliver')}
          </Button>
          <Button variant="default" size="xs" onClick={() => setAct('drop')}>
            {t('webhooks.drop')}
          </Button>
        </Group>
      </Group>
      <Group>
        <SegmentedControl
          aria-label={t('table.status')}
          value={state ?? ''}
          onChange={(next) => setUrl({ state: next, cursor: undefined })}
          data={[
            { value: '', label: t('audit.all') },
            { value: 'pending', label: t('deliveryState.pending') },
            { value: 'delivered', label: t('deliveryState.delivered') },
            { value: 'dead', label: t('deliveryState.dead') },
          ]}
        />
      </Group>
      <DataTable<Delivery>
        label={t('webhooks.deliveries')}
        rows={list.data?.items}
        rowKey={(delivery) => delivery.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        paging={paging}
        empty={<EmptyState title={t('webhooks.noDeliveries')} />}
        columns={[
          { key: 'created', label: t('table.created'), cell: (delivery) => <Time at={delivery.created_at} /> },
          { key: 'code', label: t('webhooks.code'), cell: (delivery) => <span className="mono">{delivery.code}</span> },
          {
            key: 'state',
            label: t('table.status'),
            cell: (delivery) => (
              <Badge tone={TONES[delivery.state] ?? 'off'} quiet={delivery.state === 'delivered'}>
                {said(`deliveryState.${delivery.state}`) ?? delivery.state}
              </Badge>
            ),
          },
          { key: 'attempts', label: t('webhooks.attempts'), numeric: true, cell: (delivery) => delivery.attempts },
          { key: 'answer', label: t('webhooks.answer'), numeric: true, cell: (delivery) => delivery.last_status ?? '' },
          { key: 'error', label: t('webhooks.error'), cell: (delivery) => delivery.last_error ?? '' },
          { key: 'next', label: t('note.next'), cell: (delivery) => <Time at={delivery.next_attempt_at} /> },
        ]}
      />
      {act === 'test' && (
        <DoChange
          words="webhook_test"
          name={webhook.name}
          change={change('post', '/api/v1/webhooks/{webhook}/test', { path })}
          onClose={close}
          onDone={(data) => {
            const tested = data as Schemas['WebhookTested']
            notifications.show({
              color: tested.delivered ? undefined : 'red',
              autoClose: tested.delivered ? 6000 : false,
              message: tested.delivered
                ? t('webhooks.tested', { status: tested.status })
                : t('webhooks.testFailed', { error: tested.error ?? tested.status }),
            })
          }}
        />
      )}
      {act === 'redeliver' && (
        <DoChange
          words="webhook_redeliver"
          name={webhook.name}
          change={change('post', '/api/v1/webhooks/{webhook}/redeliver', { path, body: {} })}
          onClose={close}
          onDone={(data) => notifications.show({ message: t('webhooks.counted', { count: count(data) }) })}
        />
      )}
      {act === 'drop' && (
        <ConfirmChange
          op="webhook_drop"
          name={webhook.name}
          change={change('post', '/api/v1/webhooks/{webhook}/drop', { path, body: {} })}
          onClose={close}
          onDone={(data) => notifications.show({ message: t('webhooks.counted', { count: count(data) }) })}
        />
      )}
      <Text size="sm" c="dimmed">
        {t('webhooks.guide')}
      </Text>
    </Page>
  )
}
