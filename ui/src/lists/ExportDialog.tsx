import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { number } from '../app/format'
import type { Column } from '../components/DataTable'
import { ErrorState } from '../components/States'
import { useFocusBack } from '../components/useFocusBack'
import { csvFile, csvLine } from './csv'
import { Progress } from './Progress'
import { type ReadPage, walk } from './walk'

/** Hands a file to the browser. */
function save(parts: string[], name: string) {
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** Reads a list to its end, and makes a file of it. What was read already is kept where a page does not come. */
export function ExportDialog({
  name,
  columns,
  read,
  total,
  onClose,
}: {
  name: string
  columns: Column<unknown>[]
  read: ReadPage<unknown>
  total?: number | null
  onClose: () => void
}) {
  useFocusBack()
  const { t } = useTranslation()
  const [count, setCount] = useState(0)
  const [error, setError] = useState<unknown>()
  const [isDone, setDone] = useState(false)
  const [turn, setTurn] = useState(0)
  const given = useRef({ columns, read, name })

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` begins anew
  useEffect(() => {
    const stop = new AbortController()
    const { columns, read, name } = given.current
    const shown = columns.filter((column) => column.csv)
    const lines: string[] = []
    const work = async () => {
      for await (const rows of walk(read, stop.signal)) {
        lines.push(rows.map((row) => csvLine(shown.map((column) => column.csv?.(row) ?? ''))).join(''))
        setCount((before) => before + rows.length)
      }
      if (stop.signal.aborted) return
      const head = shown.map((column) => column.label)
      save(csvFile(head, lines), `${name}-${new Date().toISOString().slice(0, 10)}.csv`)
      setDone(true)
    }
    setCount(0)
    setError(undefined)
    work().catch((thrown: unknown) => !stop.signal.aborted && setError(thrown))
    return () => stop.abort()
  }, [turn])

  return (
    <Modal opened onClose={onClose} title={t('csv.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text>{t('csv.about')}</Text>
        <Progress label={t('csv.title')} done={count} of={isDone ? count : (total ?? undefined)} />
        <Text role="status" className="num" ta="start">
          {isDone
            ? t('csv.done', { count, rows: number(count) })
            : typeof total === 'number'
              ? t('csv.readOf', { rows: number(count), total: number(total) })
              : t('csv.read', { count, rows: number(count) })}
        </Text>
        {error !== undefined && <ErrorState error={error} retry={() => setTurn(turn + 1)} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {isDone ? t('common.close') : t('common.cancel')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
