import './lists.css'
import { Button, Group, Select } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { usePageActions } from '../app/actions'
import { said } from '../app/i18n'
import { isNamePart, type Search, useUrl } from '../app/url'
import type { Column } from '../components/DataTable'
import type { ReadPage } from './walk'

const ExportDialog = lazy(() => import('./ExportDialog').then((file) => ({ default: file.ExportDialog })))

/** What a list is narrowed to is in its address, and a change of it begins at the first page. */
type Narrows = 'condition' | 'suspended' | 'organisation' | 'package'
const useNarrow = (name: Narrows) => {
  const [url, setUrl] = useUrl()
  return [url[name], (next?: string) => setUrl({ [name]: next, cursor: undefined, fresh: undefined })] as const
}

function Choice({ name, label, options }: { name: Narrows; label: string; options: [string, string][] }) {
  const [value, set] = useNarrow(name)
  return (
    <select
      className="select"
      aria-label={label}
      value={value ?? ''}
      data-set={value ? true : undefined}
      onChange={(event) => set(event.currentTarget.value || undefined)}
    >
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  )
}

const CONDITIONS = ['pending', 'converging', 'ready', 'degraded', 'failed', 'deleting'] as const

/** How objects stand: `unwell` is what does not serve as asked. */
export function ConditionFilter() {
  const { t } = useTranslation()
  return (
    <Choice
      name="condition"
      label={t('list.condition')}
      options={[
        ['', t('list.anyCondition')],
        ['unwell', t('list.unwell')],
        ...CONDITIONS.map((name): [string, string] => [name, said(`condition.${name}`) ?? name]),
      ]}
    />
  )
}

export function SuspendedFilter() {
  const { t } = useTranslation()
  return (
    <Choice
      name="suspended"
      label={t('list.suspended')}
      options={[
        ['', t('list.suspendedOrNot')],
        ['true', t('list.onlySuspended')],
        ['false', t('list.notSuspended')],
      ]}
    />
  )
}

/** A name out of many: the panel is asked for those that fit what is typed. */
function NameFilter({
  name,
  label,
  names,
  onAsk,
}: {
  name: Narrows
  label: string
  names: string[]
  onAsk: (q: string) => void
}) {
  const { t } = useTranslation()
  const [value, set] = useNarrow(name)
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={[...new Set([...(value ? [value] : []), ...names])]}
      value={value ?? null}
      onChange={(next) => set(next ?? undefined)}
      onSearchChange={(next) => isNamePart(next) && onAsk(next === value ? '' : next)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('table.clear') }}
      nothingFoundMessage={t('palette.nothing')}
      comboboxProps={{ transitionProps: { duration: 0 } }}
      size="xs"
      w={170}
    />
  )
}

export function OrganisationFilter() {
  const { t } = useTranslation()
  const [q, setQ] = useState('')
  const found = useQuery({
    ...queries.organisations({ q: q || undefined, limit: 20 }),
    placeholderData: keepPreviousData,
  })
  const names = (found.data?.items ?? []).map((item) => item.name)
  return <NameFilter name="organisation" label={t('accounts.organisation')} names={names} onAsk={setQ} />
}

export function PackageFilter() {
  const { t } = useTranslation()
  const [q, setQ] = useState('')
  const found = useQuery({ ...queries.packages({ q: q || undefined, limit: 20 }), placeholderData: keepPreviousData })
  const names = (found.data?.items ?? []).map((item) => item.name)
  return <NameFilter name="package" label={t('accounts.package')} names={names} onAsk={setQ} />
}

/** What of the address narrows a list, as a query has it. */
export function narrowed({ q, sort, condition, suspended, organisation, package: sold }: Search) {
  return {
    q,
    sort,
    condition,
    suspended: suspended === 'true' ? true : suspended === 'false' ? false : undefined,
    organisation,
    package: sold,
  }
}

/** Whether a list is narrowed to anything at all. */
export const isNarrowed = (url: Search) =>
  !!(url.q || url.condition || url.suspended || url.organisation || url.package)

/** Lets all filters go. */
export function ShowAll() {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  return (
    <Button
      variant="default"
      size="xs"
      onClick={() =>
        setUrl({
          q: undefined,
          condition: undefined,
          suspended: undefined,
          organisation: undefined,
          package: undefined,
          cursor: undefined,
        })
      }
    >
      {t('list.showAll')}
    </Button>
  )
}

/** What narrows a list, and its export beside it. */
export function ListTools<T>({
  name,
  columns,
  read,
  total,
  children,
}: {
  /** What the file is called. */
  name: string
  columns: Column<T>[]
  /** The same list as is shown, from its beginning. */
  read: ReadPage<T>
  total?: number | null
  children: ReactNode
}) {
  const { t } = useTranslation()
  const [isExporting, setExporting] = useState(false)
  usePageActions([{ id: 'export', label: t('csv.export'), run: () => setExporting(true) }])
  return (
    <Group justify="space-between" align="flex-start" gap="xs" className="no-print">
      <div className="list-tools">{children}</div>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() => setExporting(true)}
      >
        {t('csv.export')}
      </Button>
      <Suspense>
        {isExporting && (
          <ExportDialog
            name={name}
            columns={columns as Column<unknown>[]}
            read={read as ReadPage<unknown>}
            total={total}
            onClose={() => setExporting(false)}
          />
        )}
      </Suspense>
    </Group>
  )
}
