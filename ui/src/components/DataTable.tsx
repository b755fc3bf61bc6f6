import { Button, Group, Text } from '@mantine/core'
import type { KeyboardEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ErrorState } from './States'
import { useDelayed } from './useDelayed'

export type Column<T> = {
  key: string
  label: string
  numeric?: boolean
  /** The label is for screen readers alone. */
  hidden?: boolean
  cell: (row: T) => ReactNode
}

type Props<T> = {
  /** What the table is about. */
  label: string
  columns: Column<T>[]
  rows: T[] | undefined
  rowKey: (row: T) => string
  error?: unknown
  onRetry?: () => void
  empty: ReactNode
  /** So many rows of the real height are shown while the first page loads. */
  expected?: number
  /** The row that was just made. */
  fresh?: string
  paging?: { isFirst: boolean; next?: string | null; onFirst: () => void; onNext: (cursor: string) => void }
}

/** j and k, or the arrows, go from row to row; Enter opens. */
function travel(event: KeyboardEvent<HTMLTableSectionElement>) {
  const isField = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key]
  if (isField || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('tr.row')]
  const here = rows.findIndex((row) => row.contains(document.activeElement))
  const next = rows[Math.max(0, Math.min(rows.length - 1, here + step))]
  const focus = next?.querySelector<HTMLElement>('a, button')
  if (focus) {
    event.preventDefault()
    focus.focus()
  }
}

/** One page of a list from the server. Its own region scrolls sideways where the window is narrow. */
export function DataTable<T>(props: Props<T>) {
  const { t } = useTranslation()
  const { columns, rows, paging } = props
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
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-box" tabIndex={0} aria-label={props.label}>
        <table className="table" aria-busy={!rows}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.key} scope="col" className={column.numeric ? 'num' : undefined}>
                  {column.hidden ? <span className="sr">{column.label}</span> : column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody onKeyDown={travel}>
            {rows
              ? rows.map((row) => {
                  const key = props.rowKey(row)
                  return (
                    <tr key={key} className={key === props.fresh ? 'row fresh' : 'row'}>
                      {columns.map((column) => (
                        <td key={column.key} className={column.hidden ? 'menu' : column.numeric ? 'num' : undefined}>
                          {column.cell(row)}
                        </td>
                      ))}
                    </tr>
                  )
                })
              : Array.from({ length: props.expected ?? 5 }, (_, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                  <tr key={index} className="skel">
                    <td colSpan={columns.length}>{isLate && <span />}</td>
                  </tr>
                ))}
          </tbody>
        </table>
      </section>
      {rows && paging && (!paging.isFirst || paging.next) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {paging.next ? t('table.more', { count: rows.length }) : t('table.last', { count: rows.length })}
          </Text>
          <Group gap="xs">
            {!paging.isFirst && (
              <Button variant="default" size="xs" onClick={paging.onFirst}>
                {t('table.first')}
              </Button>
            )}
            {paging.next && (
              <Button variant="default" size="xs" onClick={() => paging.onNext(paging.next as string)}>
                {t('table.next')}
              </Button>
            )}
          </Group>
        </Group>
      )}
    </>
  )
}
