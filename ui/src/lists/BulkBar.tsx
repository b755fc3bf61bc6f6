import { Button, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePageActions } from '../app/actions'
import { number } from '../app/format'
import { ErrorState } from '../components/States'
import type { BulkAct } from './acts'
import { Progress } from './Progress'
import type { Picked, Selection } from './selection'
import { type ReadPage, walk } from './walk'

const BulkDialog = lazy(() => import('./BulkDialog').then((file) => ({ default: file.BulkDialog })))

type Props<T> = {
  selection: Selection<T>
  acts: BulkAct[]
  /** How many rows the page has, and how many fit the filter. */
  shown: number
  total?: number | null
  read: ReadPage<T>
}

/** What can be done to the rows that are chosen. */
export function BulkBar<T>({ selection, acts, shown, total, read }: Props<T>) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [act, setAct] = useState<{ act: BulkAct; items: Picked[] }>()
  const [walked, setWalked] = useState<number>()
  const [error, setError] = useState<unknown>()
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])
  const count = selection.picked.size

  const all = async () => {
    const mine = new AbortController()
    stop.current?.abort()
    stop.current = mine
    setError(undefined)
    setWalked(0)
    const rows: T[] = []
    try {
      for await (const page of walk(read, mine.signal)) {
        rows.push(...page)
        setWalked(rows.length)
      }
      if (!mine.signal.aborted) selection.add(rows)
    } catch (thrown) {
      setError(thrown)
    }
    if (stop.current === mine) setWalked(undefined)
  }
  const cancel = () => {
    stop.current?.abort()
    setWalked(undefined)
  }
  const begin = (act: BulkAct) => setAct({ act, items: [...selection.picked.values()] })
  usePageActions(
    count
      ? acts.map((act) => ({
          id: `bulk ${act.id}`,
          label: t('bulk.chosen', { what: act.label }),
          run: () => begin(act),
        }))
      : [],
  )
  if (count === 0 && walked === undefined && !act) return null
  const isWhole = typeof total === 'number' && count >= total
  return (
    <>
      <section className="bulk-bar no-print" aria-label={t('bulk.title')}>
        <Text fw={600} role="status" className="num">
          {t('bulk.count', { count, number: number(count) })}
        </Text>
        {walked === undefined ? (
          <>
            {!isWhole && (total ?? 0) > shown && (
              <Button variant="default" size="xs" onClick={() => void all()}>
                {t('bulk.all', { count: total ?? 0, total: number(total ?? 0) })}
              </Button>
            )}
            {acts.map((act) => (
              <Button key={act.id} variant="default" size="xs" onClick={() => begin(act)}>
                {act.label}
              </Button>
            ))}
            <Button variant="subtle" size="xs" onClick={selection.clear}>
              {t('bulk.none')}
            </Button>
          </>
        ) : (
          <>
            <Progress label={t('bulk.reading')} done={walked} of={total ?? undefined} />
            <Text className="num">{t('bulk.readSoFar', { rows: number(walked), total: number(total ?? walked) })}</Text>
            <Button variant="default" size="xs" onClick={cancel}>
              {t('common.cancel')}
            </Button>
          </>
        )}
      </section>
      {error !== undefined && <ErrorState error={error} retry={() => void all()} />}
      <Suspense>
        {act && (
          <BulkDialog
            act={act.act}
            items={act.items}
            onClose={(left) => {
              setAct(undefined)
              if (left) selection.keep(left)
              void client.invalidateQueries({
                predicate: ({ queryKey }) => ['account', 'site'].includes(String(queryKey[0])),
              })
            }}
          />
        )}
      </Suspense>
    </>
  )
}
