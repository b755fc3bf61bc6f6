import { Button, Group, Menu, SegmentedControl, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useScope } from '../../app/scope'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { Page, usePaging } from '../../components/Page'
import { ErrorState, Note } from '../../components/States'
import { Time } from '../../components/Time'
import { AuditTable } from './AuditTable'

/** Whether the chain of the audit is whole, checked when asked. */
function Chain() {
  const { t } = useTranslation()
  const verdict = useQuery({ ...queries.auditVerdict(), enabled: false })
  const found = verdict.data
  return (
    <>
      {verdict.error && <ErrorState error={verdict.error} retry={() => void verdict.refetch()} />}
      {found && (
        <Note
          tone={found.intact ? 'info' : 'bad'}
          title={found.intact ? t('audit.intact', { count: found.seq }) : t('audit.broken', { seq: found.seq })}
          role="status"
        >
          {found.reason && <Text size="sm">{found.reason}</Text>}
          <Text size="sm" c="dimmed">
            {found.noted_by_agent ? t('audit.noted', { seq: found.noted_by_agent }) : t('audit.notNoted')}
          </Text>
          {found.restored && (
            <Text size="sm">
              {t('audit.restored', { seq: found.restored.seq })} <Time at={found.restored.at} />
            </Text>
          )}
        </Note>
      )}
      <Group>
        <Button variant="default" loading={verdict.isFetching} onClick={() => void verdict.refetch()}>
          {t('audit.check')}
        </Button>
      </Group>
    </>
  )
}

export function Audit() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { account, organisation } = useScope()
  const [url, setUrl] = useUrl()
  const { cursor, actor, action, outcome } = url
  const filter = { account, organisation, actor, action, outcome }
  const list = useQuery({ ...queries.audit({ ...filter, cursor }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const push = useDebouncedCallback(
    (next: { actor?: string; action?: string }) => setUrl({ ...next, cursor: undefined }, true),
    300,
  )
  const given = Object.entries(filter).filter((pair): pair is [string, string] => !!pair[1])
  const address = (format: string) => `/api/v1/audit/export?${new URLSearchParams([...given, ['format', format]])}`
  return (
    <Page
      title={t('nav.audit')}
      action={
        <Menu transitionProps={{ duration: 0 }}>
          <Menu.Target>
            <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
              {t('audit.export')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component="a" href={address('csv')} download="audit.csv">
              CSV
            </Menu.Item>
            <Menu.Item component="a" href={address('jsonl')} download="audit.jsonl">
              JSON Lines
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      }
    >
      {may('GET /api/v1/audit/verify') && <Chain />}
      <Group align="flex-end" gap="sm">
        <TextInput
          label={t('audit.who')}
          defaultValue={actor}
          onChange={(event) => push({ actor: event.currentTarget.value.trim() })}
          data-filter
        />
        <TextInput
          label={t('audit.what')}
          placeholder="site.create"
          defaultValue={action}
          onChange={(event) => push({ action: event.currentTarget.value.trim() })}
        />
        <SegmentedControl
          aria-label={t('audit.outcome')}
          value={outcome ?? ''}
          onChange={(next) => setUrl({ outcome: next, cursor: undefined })}
          data={[
            { value: '', label: t('audit.all') },
            { value: 'done', label: t('audit.done') },
            { value: 'refused', label: t('audit.refused') },
          ]}
        />
      </Group>
      <AuditTable
        label={t('nav.audit')}
        rows={list.data?.items}
        error={list.error}
        onRetry={() => void list.refetch()}
        paging={paging}
      />
    </Page>
  )
}
