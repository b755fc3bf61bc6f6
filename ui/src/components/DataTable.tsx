import '../lists/lists.css'
import { Button, Group, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconSelector } from '@tabler/icons-react'
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { number } from '../app/format'
import { areSingleKeysOn, isTyping } from '../app/shortcuts'
import { useUrl } from '../app/url'
import type { Selection } from '../lists/selection'
import { ErrorState } from './States'
import { useDelayed } from './useDelayed'

export type Column<T> = {
  key: string
  label: string
  numeric?: boolean
  /** The label is for screen readers alone. */
  hidden?: boolean
  cell: (row: T) => ReactNode
  /** The name by which the panel sorts, where it does. */
  sort?: string
  /** Where it stands in a narrow window: the row's name, beside it, or below as a fact. Others are in the full table alone. */
  narrow?: 'name' | 'side' | 'fact'
  /** Its text in an export; without one it is not exported. */
  csv?: (row: T) => string
}

export type Paging = {
  isFirst: boolean
  next?: string | null
  page?: number
  onFirst: () => void
  onBack?: () => void
  onNext: (cursor: string) => void
}

/** Actions of a row that a key begins. */
export type RowKeys<T> = { edit?: (row: T) => void; remove?: (row: T) => void }

type Props<T> = {
  /** What the table is about. */
  label: string
  columns: Column<T>[]
  rows: T[] | undefined
  rowKey: (row: T) => string
  /** What a row is called. */
  rowName?: (row: T) => string
  error?: unknown
  onRetry?: () => void
  empty: ReactNode
  /** So many rows of the real height are shown while the first page loads. */
  expected?: number
  /** The row that was just made. */
  fresh?: string
  paging?: Paging
  /** How many there are in all, and how many a page has. */
  total?: number | null
  size?: number
  /** By what the panel sorts unless something else is asked for. */
  sorted?: string
  selection?: Selection<T>
  keys?: RowKeys<T>
}

/** The order after the next press on a column's head: first up, then down. */
export const turned = (now: string, column: string) => (now === column ? `-${column}` : column)

/** Which of all rows a page shows. */
export function rangeOf(page: number, size: number, shown: number, total: number) {
  const from = shown ? (page - 1) * size + 1 : 0
  return { from, to: Math.max(from, from + shown - 1), total: Math.max(total, shown) }
}

const rowsOf = (body: HTMLElement) => [...body.querySelectorAll<HTMLElement>('tr.row')]

/** j and k, or the arrows, go from row to row and x chooses one; with Shift, the rows gone over are chosen. Enter opens. */
function travel<T>(event: KeyboardEvent<HTMLTableSectionElement>, rows: T[], props: Props<T>) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !areSingleKeysOn()) return
  const trs = rowsOf(event.currentTarget)
  const here = trs.findIndex((row) => row.contains(event.target as Node))
  const row = rows[here]
  const done = () => {
    event.preventDefault()
    event.stopPropagation()
  }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key]
  if (step !== undefined) {
    const index = Math.max(0, Math.min(trs.length - 1, here + step))
    trs[index]?.querySelector<HTMLElement>('td a, td button')?.focus()
    const next = rows[index]
    if (event.shiftKey && row && next && props.selection) {
      if (props.selection.picked.size === 0 || !props.selection.has(row)) props.selection.toggle(row, false)
      props.selection.toggle(next, true)
    }
    return done()
  }
  if (!row) return
  if (event.key === 'x' && props.selection) {
    props.selection.toggle(row, false)
    return done()
  }
  if (event.key === '.') {
    trs[here]?.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click()
    return done()
  }
  if (event.key === 'e' && props.keys?.edit) {
    props.keys.edit(row)
    return done()
  }
  if (event.key === 'Delete' && props.keys?.remove) {
    props.keys.remove(row)
    return done()
  }
}

function Head<T>({ column, sorted, onSort }: { column: Column<T>; sorted: string; onSort: (by: string) => void }) {
  const { t } = useTranslation()
  const { sort, label } = column
  const way = sort === sorted ? 'ascending' : `-${sort}` === sorted ? 'descending' : undefined
  const className = column.numeric ? 'num' : undefined
  if (column.hidden || !sort) {
    return (
      <th scope="col" className={className}>
        {column.hidden ? <span className="sr">{label}</span> : label}
      </th>
    )
  }
  const Icon = way === 'ascending' ? IconArrowUp : way === 'descending' ? IconArrowDown : IconSelector
  return (
    <th scope="col" className={className} aria-sort={way ?? 'none'}>
      <span className="narrow-head">{label}</span>
      <button type="button" className="sort" title={t('list.sortBy', { what: label })} onClick={() => onSort(sort)}>
        {label} <Icon size={14} aria-hidden data-idle={way ? undefined : true} />
      </button>
    </th>
  )
}

function Check({
  label,
  checked,
  some,
  onChange,
}: {
  label: string
  checked: boolean
  some?: boolean
  onChange: (on: boolean, shift: boolean) => void
}) {
  return (
    <input
      type="checkbox"
      className="check"
      aria-label={label}
      checked={checked}
      ref={(input) => {
        if (input) input.indeterminate = !!some && !checked
      }}
      // a click tells of the Shift key, a change does not
      onClick={(event: MouseEvent<HTMLInputElement>) => onChange(event.currentTarget.checked, event.shiftKey)}
      onChange={() => {}}
    />
  )
}

function Footer({
  shown,
  paging,
  total,
  size = 50,
}: {
  shown: number
  paging?: Paging
  total?: number | null
  size?: number
}) {
  const { t } = useTranslation()
  const isPaged = paging && (!paging.isFirst || paging.next)
  if (!isPaged && typeof total !== 'number') return null
  const words = () => {
    if (typeof total === 'number') {
      const range = rangeOf(paging?.page ?? 1, size, shown, total)
      if (!isPaged) return t('list.total', { count: range.total, total: number(range.total) })
      return t('list.range', { from: number(range.from), to: number(range.to), total: number(range.total) })
    }
    return paging?.next ? t('table.more', { count: shown }) : t('table.last', { count: shown })
  }
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" c="dimmed" role="status" className="num">
        {words()}
      </Text>
      {isPaged && (
        <Group gap="xs" className="no-print" component="nav" aria-label={t('list.pages')}>
          {!paging.isFirst && (
            <Button variant="default" size="xs" onClick={paging.onFirst}>
              {t('table.first')}
            </Button>
          )}
          {paging.onBack && (
            <Button variant="default" size="xs" onClick={paging.onBack}>
              {t('list.back')}
            </Button>
          )}
          {paging.next && (
            <Button variant="default" size="xs" onClick={() => paging.onNext(paging.next as string)}>
              {t('table.next')}
            </Button>
          )}
        </Group>
      )}
    </Group>
  )
}

/**
 * One page of a list from the server. In a narrow window a row is two lines, where the columns say what stands there; the full table is a
 * press away, and its own region scrolls sideways.
 */
export function DataTable<T>(props: Props<T>) {
  const { t } = useTranslation()
  const [{ sort, view }, setUrl] = useUrl()
  const { columns, rows, paging, selection } = props
  const isLate = useDelayed(!rows && !props.error, 150)
  if (props.error && !rows) return <ErrorState error={props.error} retry={props.onRetry} />
  if (rows?.length === 0) {
    return (
      <div className="table-box">
        {props.empty}
        {paging && !paging.isFirst && (
          <Group justify="center" pb="md">
            <Button variant="default" size="xs" onClick={paging.onFirst}>
              {t('table.first')}
            </Button>
          </Group>
        )}
      </div>
    )
  }
  const sorted = sort ?? props.sorted ?? ''
  const onSort = (by: string) => {
    const next = turned(sorted, by)
    setUrl({ sort: next === props.sorted ? undefined : next, cursor: undefined })
  }
  const hasShort = columns.some((column) => column.narrow)
  const isShort = hasShort && view !== 'full'
  const chosen = selection && rows ? rows.filter(selection.has).length : 0
  const sortable = columns.filter((column) => column.sort)
  return (
    <>
      {hasShort && (
        <Group justify="space-between" gap="xs" className="narrow-only no-print">
          {sortable.length > 0 && isShort && (
            <select
              className="select"
              aria-label={t('list.sort')}
              value={sorted}
              onChange={(event) => {
                const next = event.currentTarget.value
                setUrl({ sort: next === props.sorted ? undefined : next, cursor: undefined })
              }}
            >
              {sortable.map(({ sort, label }) => [
                <option key={sort} value={sort}>
                  {t('list.upwards', { what: label })}
                </option>,
                <option key={`-${sort}`} value={`-${sort}`}>
                  {t('list.downwards', { what: label })}
                </option>,
              ])}
            </select>
          )}
          <Button
            variant="default"
            size="xs"
            aria-pressed={!isShort}
            onClick={() => setUrl({ view: isShort ? 'full' : undefined }, true)}
          >
            {t('list.full')}
          </Button>
        </Group>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-box" tabIndex={0} aria-label={props.label}>
        <table className={isShort ? 'table short' : 'table'} aria-busy={!rows}>
          <thead>
            <tr>
              {selection && (
                <th scope="col" className="pick no-print">
                  <span className="narrow-head">{t('list.selectPage')}</span>
                  <Check
                    label={t('list.selectPage')}
                    checked={!!rows && chosen === rows.length}
                    some={chosen > 0}
                    onChange={(on) => selection.page(on)}
                  />
                </th>
              )}
              {columns.map((column) => (
                <Head key={column.key} column={column} sorted={sorted} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody onKeyDown={(event) => rows && travel(event, rows, props)}>
            {rows
              ? rows.map((row) => {
                  const key = props.rowKey(row)
                  const isChosen = selection?.has(row)
                  return (
                    <tr
                      key={key}
                      className={key === props.fresh ? 'row fresh' : 'row'}
                      data-chosen={isChosen || undefined}
                    >
                      {selection && (
                        <td className="pick no-print">
                          <Check
                            label={t('list.select', { name: props.rowName?.(row) ?? key })}
                            checked={!!isChosen}
                            onChange={(_, shift) => selection.toggle(row, shift)}
                          />
                        </td>
                      )}
                      {columns.map((column) => (
                        <td
                          key={column.key}
                          className={column.hidden ? 'menu no-print' : column.numeric ? 'num' : undefined}
                          data-narrow={column.narrow}
                        >
                          {column.cell(row)}
                        </td>
                      ))}
                    </tr>
                  )
                })
              : Array.from({ length: props.expected ?? 5 }, (_, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                  <tr key={index} className="skel">
                    <td colSpan={columns.length + (selection ? 1 : 0)}>{isLate && <span />}</td>
                  </tr>
                ))}
          </tbody>
        </table>
      </section>
      {rows && <Footer shown={rows.length} paging={paging} total={props.total} size={props.size} />}
    </>
  )
}
