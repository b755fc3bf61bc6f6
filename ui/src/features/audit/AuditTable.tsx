import { Button, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { DataTable } from '../../components/DataTable'
import { Facts } from '../../components/Page'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'

type Entry = Schemas['AuditView']

function actor(entry: Entry, t: (key: 'audit.via', values: { name: string; via: string }) => string) {
  return entry.via
    ? t('audit.via', { name: entry.actor_name, via: said(`via.${entry.via}`) ?? entry.via })
    : entry.actor_name
}

/** The object's name, where the entry holds it. */
function nameIn(entry: Entry): string | undefined {
  const held = { ...(entry.before as object | null), ...(entry.after as object | null) } as {
    name?: unknown
    login?: unknown
  }
  return [held.name, held.login].find((value): value is string => typeof value === 'string')
}

function Details({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { t } = useTranslation()
  const json = (value: unknown) =>
    value === null || value === undefined ? undefined : (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      <pre className="diff" tabIndex={0} style={{ paddingInline: 12 }}>
        {JSON.stringify(value, null, 2)}
      </pre>
    )
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('audit.entry', { seq: entry.seq })}
      size="xl"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Facts
        rows={[
          [t('audit.when'), <Time key="at" at={entry.at} />],
          [t('audit.who'), actor(entry, t)],
          [
            t('audit.from'),
            <span key="from" className="mono">
              {entry.origin}
            </span>,
          ],
          [
            t('audit.what'),
            <span key="what" className="mono">
              {entry.action}
            </span>,
          ],
          [t('audit.object'), `${said(`kind.${entry.object_kind}`) ?? entry.object_kind} ${entry.object_id ?? ''}`],
          [t('audit.account'), entry.account],
          [t('audit.plan'), entry.plan_hash && <span className="mono">{entry.plan_hash}</span>],
          [
            t('audit.request'),
            <span key="request" className="mono">
              {entry.request_id}
            </span>,
          ],
          [t('audit.before'), json(entry.before)],
          [t('audit.after'), json(entry.after)],
        ]}
      />
    </Modal>
  )
}

/** Entries of the audit, each with all that it holds a click away. */
export function AuditTable(props: {
  label: string
  rows: Entry[] | undefined
  error?: unknown
  onRetry?: () => void
  paging?: { isFirst: boolean; next?: string | null; onFirst: () => void; onNext: (cursor: string) => void }
}) {
  const { t } = useTranslation()
  const [shown, setShown] = useState<Entry>()
  return (
    <Stack>
      <DataTable<Entry>
        {...props}
        rowKey={(entry) => entry.id}
        empty={<EmptyState title={t('audit.empty')} />}
        columns={[
          { key: 'at', label: t('audit.when'), cell: (entry) => <Time at={entry.at} /> },
          { key: 'who', label: t('audit.who'), cell: (entry) => actor(entry, t) },
          {
            key: 'what',
            label: t('audit.what'),
            cell: (entry) => (
              <Button
                variant="transparent"
                size="compact-sm"
                px={0}
                fw={500}
                className="mono"
                onClick={() => setShown(entry)}
              >
                {entry.action}
              </Button>
            ),
          },
          {
            key: 'object',
            label: t('audit.object'),
            cell: (entry) => `${said(`kind.${entry.object_kind}`) ?? entry.object_kind} ${nameIn(entry) ?? ''}`,
          },
          {
            key: 'outcome',
            label: t('audit.outcome'),
            cell: (entry) =>
              entry.outcome === 'refused' ? <Badge tone="warning">{t('audit.refused')}</Badge> : t('audit.done'),
          },
        ]}
      />
      {shown && <Details entry={shown} onClose={() => setShown(undefined)} />}
    </Stack>
  )
}
