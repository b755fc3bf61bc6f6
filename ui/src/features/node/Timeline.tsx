import { Button, Group, Select, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { pages, queries } from '../../api/queries'
import { clock, day, exact, number, zone } from '../../app/format'
import { said } from '../../app/i18n'
import { useUrl } from '../../app/url'
import type { Column } from '../../components/DataTable'
import { pageOf } from '../../components/EventLine'
import { Facts } from '../../components/Page'
import { Impact, StepRow } from '../../components/PlanDiff'
import { EmptyState, ErrorState } from '../../components/States'
import { Badge, ConditionBadge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { ListTools } from '../../lists/ListTools'
import { AroundThis } from './AroundThis'

type Change = Schemas['ChangeView']

const BY = ['panel', 'agent', 'outside'] as const
/** What the agent is told of a change that no person asked for. */
const SYSTEM = 'system'

/** Who made a change, in words. */
function who(change: Change, t: TFunction): string {
  if (change.by === 'outside') return t('timeline.byHand')
  if (change.by === 'agent') return t('timeline.byAgent')
  return change.actor && change.actor !== SYSTEM ? change.actor : t('timeline.system')
}

/** One change with its steps and what they made different; read when it is opened. */
function Steps({ seq }: { seq: number }) {
  const { t } = useTranslation()
  const read = useQuery(queries.hostChange(seq))
  const change = read.data
  if (read.error && !change) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!change) return <Skeleton h={80} />
  const page = change.removal ? undefined : pageOf(change.kind, change.name, change.id)
  const isByHand = change.by === 'outside'
  const rows: [string, ReactNode][] = [
    [
      t('timeline.object'),
      page ? (
        <Link key="object" {...page}>
          {change.name}
        </Link>
      ) : (
        change.name
      ),
    ],
    [
      t('timeline.by'),
      change.actor && change.actor !== SYSTEM ? (
        <Link key="by" to="/audit" search={{ actor: change.actor }}>
          {change.actor}
        </Link>
      ) : (
        who(change, t)
      ),
    ],
    [
      isByHand ? t('timeline.noticed') : t('timeline.done'),
      <span key="at">
        <Time at={change.at} /> {change.at && <AroundThis at={change.at} />}
      </span>,
    ],
  ]
  if (change.edited_at) rows.push([t('timeline.edited'), <Time key="edited" at={change.edited_at} />])
  if (!isByHand) {
    const words = t('timeline.takenOf', { taken: number(change.taken), of: number(change.of) })
    rows.push([t('timeline.taken'), words])
  }
  if (change.message) rows.push([t('timeline.after'), change.message])
  return (
    <Stack gap="xs" py="xs">
      <Facts rows={rows} />
      <ul className="steps">
        {change.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and no name
          <StepRow key={index} step={step} isOpen={change.steps.length === 1} />
        ))}
      </ul>
    </Stack>
  )
}

function Line({ change, isOpen, onToggle }: { change: Change; isOpen: boolean; onToggle: (isOpen: boolean) => void }) {
  const { t } = useTranslation()
  const first = change.steps[0]?.summary ?? ''
  const kind = said(`kind.${change.kind}`) ?? change.kind
  return (
    <li>
      <details open={isOpen} onToggle={(event) => onToggle(event.currentTarget.open)}>
        <summary>
          <time className="clock" dateTime={change.at ?? undefined} title={change.at ? exact(change.at) : undefined}>
            {change.at && clock(change.at)}
          </time>{' '}
          <strong>
            {kind} <span data-server>{change.name}</span>
          </strong>{' '}
          {change.by === 'outside' ? (
            <Badge tone="warning">{who(change, t)}</Badge>
          ) : (
            <span className="dim">{who(change, t)}</span>
          )}{' '}
          {change.impact !== 'none' && change.by !== 'outside' && <Impact impact={change.impact} />}{' '}
          {change.condition !== 'ready' && <ConditionBadge condition={change.condition} />}
          <Text size="sm" c="dimmed" data-server>
            {change.of > 1 ? t('timeline.more', { first, count: change.of - 1 }) : first}
          </Text>
        </summary>
        {isOpen && <Steps seq={change.seq} />}
      </details>
    </li>
  )
}

/** What a change is in a file; the panel's words stand there as they are. */
function useColumns(): Column<Change>[] {
  const { t } = useTranslation()
  const column = (key: string, label: string, csv: (change: Change) => string): Column<Change> => ({
    key,
    label,
    cell: csv,
    csv,
  })
  return [
    column('at', t('timeline.done'), (change) => change.at ?? ''),
    column('by', t('timeline.by'), (change) => change.by),
    column('actor', t('timeline.actor'), (change) => change.actor ?? ''),
    column('kind', t('timeline.kind'), (change) => change.kind),
    column('object', t('timeline.object'), (change) => change.name),
    column('steps', t('timeline.taken'), (change) => change.steps.map((step) => step.summary).join('; ')),
    column('of', t('timeline.stepCount'), (change) => `${change.taken}/${change.of}`),
    column('after', t('timeline.after'), (change) => change.condition),
    column('request', t('timeline.request'), (change) => change.request_id ?? ''),
  ]
}

/** What was done on this server, day by day: asked for, put back, or done by hand; each with what it made different. */
export function Timeline() {
  const { t } = useTranslation()
  const [url, setUrl] = useUrl()
  const search = useDebouncedCallback((q: string) => setUrl({ q, cursor: undefined }, true), 200)
  const by = BY.find((word) => word === url.state)
  const query = { by, path: url.q, actor: url.actor }
  const columns = useColumns()
  const read = useQuery({
    ...queries.hostChanges({ ...query, cursor: url.cursor }),
    placeholderData: keepPreviousData,
  })
  const items = read.data?.items
  const days = new Map<string, Change[]>()
  for (const change of items ?? []) {
    const date = change.at ? day(change.at) : ''
    days.set(date, [...(days.get(date) ?? []), change])
  }
  return (
    <Stack>
      <ListTools<Change>
        name="changes"
        columns={columns}
        read={(cursor, limit) => pages.hostChanges({ ...query, cursor, limit })}
      >
        <Select
          aria-label={t('timeline.which')}
          value={by ?? ''}
          onChange={(state) => setUrl({ state: state || undefined, cursor: undefined })}
          allowDeselect={false}
          data={[
            { value: '', label: t('timeline.all') },
            { value: 'panel', label: t('timeline.asked') },
            { value: 'agent', label: t('timeline.putBack') },
            { value: 'outside', label: t('timeline.byHand') },
          ]}
        />
        <TextInput
          aria-label={t('timeline.filter')}
          placeholder={t('timeline.filter')}
          leftSection={<IconSearch size={16} aria-hidden />}
          defaultValue={url.q}
          onChange={(event) => search(event.currentTarget.value)}
          data-filter
          w={280}
        />
        {url.actor && (
          <Button variant="default" onClick={() => setUrl({ actor: undefined })}>
            {t('timeline.onlyBy', { actor: url.actor })}
          </Button>
        )}
      </ListTools>
      {read.error && !items && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {!items && !read.error && <Skeleton h={240} />}
      {items?.length === 0 && <EmptyState title={t('timeline.nothing')}>{t('timeline.nothingHelp')}</EmptyState>}
      {[...days].map(([date, changes]) => (
        <section key={date} aria-label={date}>
          <Title order={2}>
            <time title={`${date} ${zone()}`}>{date}</time>
          </Title>
          <ul className="steps">
            {changes.map((change) => (
              <Line
                key={change.seq}
                change={change}
                isOpen={url.open === String(change.seq)}
                onToggle={(isOpen) => {
                  if (isOpen !== (url.open === String(change.seq))) {
                    setUrl({ open: isOpen ? String(change.seq) : undefined }, true)
                  }
                }}
              />
            ))}
          </ul>
        </section>
      ))}
      <Group justify="flex-end" gap="xs">
        {url.cursor && (
          <Button variant="default" size="xs" onClick={() => setUrl({ cursor: undefined })}>
            {t('timeline.newest')}
          </Button>
        )}
        {read.data?.next_cursor && (
          <Button variant="default" size="xs" onClick={() => setUrl({ cursor: read.data?.next_cursor ?? undefined })}>
            {t('timeline.older')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
