import {
  Button,
  CloseButton,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDownload, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../../api/problem'
import { queries } from '../../../api/queries'
import type { SiteLogLine } from '../../../api/siteLog'
import { bytes, exact, number } from '../../../app/format'
import { useUrl } from '../../../app/url'
import { type Column, DataTable } from '../../../components/DataTable'
import { EmptyState, ErrorState, Note } from '../../../components/States'
import { Time } from '../../../components/Time'
import { useSiteLog } from './useSiteLog'
import './logs.css'

type LogFile = Schemas['LogFile']
const STATUSES = ['2xx', '3xx', '4xx', '5xx']

function Words({ line, text }: { line: SiteLogLine; text: string }) {
  const { t } = useTranslation()
  return (
    <span className="mono log-words">
      {text}
      {line.cut && (
        <Text component="span" size="xs" c="dimmed">
          {' '}
          ({t('siteLog.cut')})
        </Text>
      )}
    </span>
  )
}

const statusTone = (status: number | null | undefined) =>
  status && status >= 500 ? 'bad' : status && status >= 400 ? 'warn' : undefined

/** When it was, to the second: beside another line, "two minutes ago" says nothing. */
function At({ line }: { line: SiteLogLine }) {
  if (!line.time) return null
  return (
    <time className="num" dateTime={line.time}>
      {exact(line.time)}
    </time>
  )
}

function useColumns(kind: 'access' | 'error'): Column<SiteLogLine>[] {
  const { t } = useTranslation()
  const time: Column<SiteLogLine> = {
    key: 'time',
    label: t('siteLog.time'),
    narrow: 'fact',
    cell: (line) => <At line={line} />,
  }
  if (kind === 'error') {
    return [
      time,
      { key: 'level', label: t('siteLog.level'), narrow: 'side', cell: (line) => line.level ?? '' },
      {
        key: 'message',
        label: t('siteLog.message'),
        narrow: 'name',
        cell: (line) => <Words line={line} text={line.message ?? line.raw ?? ''} />,
      },
    ]
  }
  return [
    time,
    {
      key: 'status',
      label: t('siteLog.status'),
      numeric: true,
      narrow: 'side',
      cell: (line) => (
        <span className="log-status" data-tone={statusTone(line.status)}>
          {line.status ?? ''}
        </span>
      ),
    },
    {
      key: 'request',
      label: t('siteLog.request'),
      narrow: 'name',
      cell: (line) => <Words line={line} text={line.raw ?? `${line.method ?? ''} ${line.uri ?? ''}`} />,
    },
    {
      key: 'client',
      label: t('siteLog.client'),
      narrow: 'fact',
      cell: (line) => <span className="mono">{line.client ?? ''}</span>,
    },
    {
      key: 'size',
      label: t('siteLog.size'),
      numeric: true,
      cell: (line) => (typeof line.bytes === 'number' ? bytes(line.bytes) : ''),
    },
    {
      key: 'seconds',
      label: t('siteLog.seconds'),
      numeric: true,
      cell: (line) => (typeof line.seconds === 'number' ? t('siteLog.took', { seconds: number(line.seconds, 3) }) : ''),
    },
    {
      key: 'referrer',
      label: t('siteLog.referrer'),
      cell: (line) => <span className="mono log-words">{line.referrer ?? ''}</span>,
    },
    {
      key: 'agent',
      label: t('siteLog.agent'),
      cell: (line) => <span className="mono log-words">{line.agent ?? ''}</span>,
    },
  ]
}

function Files({ site, kind }: { site: Schemas['Site']; kind: 'access' | 'error' }) {
  const { t } = useTranslation()
  const read = useQuery(queries.siteLogFiles(site.id, kind))
  return (
    <section aria-labelledby="log-files">
      <Title order={2} id="log-files" mb={4}>
        {t('siteLog.files')}
      </Title>
      <Text c="dimmed" mb="xs">
        {t('siteLog.filesHelp')}
      </Text>
      <DataTable<LogFile>
        label={t('siteLog.files')}
        rows={read.data?.items}
        rowKey={(file) => file.name}
        error={read.error}
        onRetry={() => void read.refetch()}
        expected={3}
        empty={<EmptyState title={t('siteLog.noFiles')} />}
        columns={[
          {
            key: 'name',
            label: t('siteLog.file'),
            narrow: 'name',
            cell: (file) => <span className="mono">{file.name}</span>,
          },
          { key: 'size', label: t('siteLog.size'), numeric: true, narrow: 'side', cell: (file) => bytes(file.bytes) },
          {
            key: 'written',
            label: t('siteLog.written'),
            narrow: 'fact',
            cell: (file) => <Time at={file.modified_at} />,
          },
          {
            key: 'download',
            label: t('siteLog.download'),
            hidden: true,
            narrow: 'fact',
            cell: (file) => (
              <Button
                component="a"
                href={`/api/v1/sites/${encodeURIComponent(site.id)}/logs/files/${encodeURIComponent(file.id ?? file.name)}`}
                download
                variant="default"
                size="xs"
                leftSection={<IconDownload size={15} aria-hidden />}
                aria-label={t('siteLog.downloadOf', { name: file.name })}
              >
                {t('siteLog.download')}
              </Button>
            ),
          },
        ]}
      />
    </section>
  )
}

/** A site's log: filtered, followed, kept. The address says which log and which lines. */
export function SiteLogs({ site }: { site: Schemas['Site'] }) {
  const { t } = useTranslation()
  const [{ q, state, on }, setUrl] = useUrl()
  const kind = on === 'error' ? 'error' : 'access'
  const status = kind === 'access' && STATUSES.includes(state ?? '') ? state : undefined
  const [typed, setTyped] = useState(q ?? '')
  const [search] = useDebouncedValue(typed.trim().slice(0, 200), 300)
  const [isLive, setLive] = useState(false)
  useEffect(() => {
    if (search !== (q ?? '')) setUrl({ q: search || undefined }, true)
  }, [search, q, setUrl])
  const log = useSiteLog(site.id, { kind, search: search || undefined, status }, isLive)
  const { read, lines, link, stoppedEarly } = log
  const columns = useColumns(kind)
  const isNarrowed = search !== '' || status !== undefined
  const empty = () => {
    if (isNarrowed) return <EmptyState title={t('siteLog.nothing')}>{t('siteLog.nothingHelp')}</EmptyState>
    if (kind === 'error') return <EmptyState title={t('siteLog.emptyError')}>{t('siteLog.emptyErrorHelp')}</EmptyState>
    return <EmptyState title={t('siteLog.empty')}>{t('siteLog.emptyHelp')}</EmptyState>
  }
  const words = () => {
    if (!isLive || link === 'connecting') return ''
    if (link === 'refused') return t('siteLog.refused')
    return link === 'lost' ? t('siteLog.lost') : t('siteLog.isLive')
  }
  return (
    <Stack>
      <Group gap="sm" align="center">
        <SegmentedControl
          aria-label={t('siteLog.kind')}
          value={kind}
          onChange={(next) => setUrl({ on: next === 'error' ? 'error' : undefined }, true)}
          data={[
            { value: 'access', label: t('siteLog.access') },
            { value: 'error', label: t('siteLog.error') },
          ]}
        />
        <TextInput
          type="text"
          role="searchbox"
          aria-label={t('siteLog.search')}
          placeholder={t('siteLog.search')}
          maxLength={200}
          flex={1}
          miw={180}
          maw={360}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={typed && <CloseButton size="sm" aria-label={t('table.clear')} onClick={() => setTyped('')} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Select
          aria-label={t('siteLog.status')}
          w={140}
          disabled={kind === 'error'}
          allowDeselect={false}
          value={status ?? ''}
          onChange={(next) => setUrl({ state: next || undefined }, true)}
          data={[{ value: '', label: t('siteLog.anyStatus') }, ...STATUSES.map((value) => ({ value, label: value }))]}
        />
        <Switch label={t('siteLog.live')} checked={isLive} onChange={(event) => setLive(event.currentTarget.checked)} />
      </Group>
      <Text size="sm" c="dimmed" mih={20} role="status">
        {words()}
      </Text>
      {log.gap && (
        <Note tone="warning" title={t('siteLog.gap')}>
          {null}
        </Note>
      )}
      {read.error && lines && <ErrorState error={read.error} retry={() => void read.fetchNextPage()} />}
      <DataTable<SiteLogLine>
        label={kind === 'error' ? t('siteLog.error') : t('siteLog.access')}
        rows={lines}
        rowKey={(line) => line.id}
        error={read.error}
        onRetry={() => void read.refetch()}
        expected={20}
        empty={stoppedEarly ? <EmptyState title={t('siteLog.stopped')} /> : empty()}
        columns={columns}
      />
      {lines && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" role="status" className="num">
            {t('siteLog.shown', { count: lines.length })}
            {stoppedEarly && lines.length > 0 && <> · {t('siteLog.stopped')}</>}
            {!read.hasNextPage && lines.length > 0 && <> · {t('siteLog.all')}</>}
          </Text>
          {read.hasNextPage && (
            <Button
              variant="default"
              size="xs"
              loading={read.isFetchingNextPage}
              onClick={() => void read.fetchNextPage()}
            >
              {stoppedEarly ? t('siteLog.goOn') : t('siteLog.older')}
            </Button>
          )}
        </Group>
      )}
      <Files site={site} kind={kind} />
    </Stack>
  )
}
