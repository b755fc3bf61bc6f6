import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useReducer, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { number } from '../app/format'
import { said } from '../app/i18n'
import { OptionalSelect } from '../components/OptionalSelect'
import { Impact, PlanDiff } from '../components/PlanDiff'
import { Note, useProblemWords } from '../components/States'
import { useFocusBack } from '../components/useFocusBack'
import type { BulkAct, Given } from './acts'
import { AT_ONCE, apply, inParallel, look, type Row, sumOf } from './bulk'
import { Progress } from './Progress'
import type { Picked } from './selection'

/** Of so many objects the whole plan is kept and listed; of all others what it adds up to. */
const LISTED = 100
/** The page is drawn again at most this often while many requests come back. */
const DRAW = 150

type Phase = 'form' | 'looking' | 'looked' | 'applying' | 'ended'

const isLeft = ({ state }: Row) => state === 'failed' || state === 'moved' || state === 'refused'

/** What the plans of all come to. */
function Total({ rows }: { rows: Row[] }) {
  const { t } = useTranslation()
  const sum = sumOf(rows)
  return (
    <section aria-label={t('plan.title')}>
      <Text fw={600}>{t('bulk.objects', { count: sum.objects, number: number(sum.objects) })}</Text>
      <ul className="steps">
        <li>{t('bulk.steps', { count: sum.steps, number: number(sum.steps) })}</li>
        {sum.reloads > 0 && (
          <li>
            {t('bulk.of', { count: sum.reloads, number: number(sum.reloads) })} <Impact impact="reload" />
          </li>
        )}
        {sum.restarts > 0 && (
          <li>
            {t('bulk.of', { count: sum.restarts, number: number(sum.restarts) })} <Impact impact="restart" />
          </li>
        )}
        {sum.goes.length > 0 && (
          <li>
            {t('bulk.goes', { count: sum.goes.length, number: number(sum.goes.length) })} <Impact impact="data_loss" />
            <ul>
              {sum.goes.slice(0, LISTED).map((what, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same may go twice
                <li key={index}>{what}</li>
              ))}
            </ul>
          </li>
        )}
        {sum.over > 0 && <li>{t('bulk.over', { count: sum.over, number: number(sum.over) })}</li>}
        {sum.still > 0 && <li>{t('bulk.still', { count: sum.still, number: number(sum.still) })}</li>}
        {sum.refused > 0 && <li>{t('bulk.refused', { count: sum.refused, number: number(sum.refused) })}</li>}
      </ul>
    </section>
  )
}

function RowLine({ row, onRetry }: { row: Row; onRetry?: () => void }) {
  const { t } = useTranslation()
  const wordsOf = useProblemWords()
  const words = row.error && wordsOf(row.error)
  const plan = row.looked?.plan
  const head = (
    <>
      <strong>{row.item.name}</strong> {row.state === 'done' && t('bulk.asked')}
      {row.state !== 'done' && row.looked && !row.error && (
        <>
          {t('bulk.stepsOfOne', { count: row.looked.steps })}{' '}
          {row.looked.impact !== 'none' && <Impact impact={row.looked.impact} />}
        </>
      )}
    </>
  )
  return (
    <li data-state={row.state}>
      {plan && plan.objects.length > 0 && row.state !== 'done' ? (
        <details open={row.state === 'moved'}>
          <summary>{head}</summary>
          <PlanDiff plan={plan} />
        </details>
      ) : (
        head
      )}
      {words && (
        <Text size="sm" c="dimmed">
          {row.state === 'moved' ? t('plan.moved') : [words.title, words.detail].filter(Boolean).join(' ')}
          {(words.problem.errors ?? []).map((error) => ` ${error.reason}`)}
        </Text>
      )}
      {onRetry && isLeft(row) && (
        <Button variant="default" size="xs" mt={4} onClick={onRetry}>
          {row.state === 'moved' ? t('bulk.doNow') : t('common.retry')}
        </Button>
      )}
    </li>
  )
}

function PackageField({ value, onChange }: { value: string; onChange: (next: string) => void }) {
  const { t } = useTranslation()
  const packages = useQuery(queries.packages({ limit: 200 }))
  return (
    <OptionalSelect
      label={t('accounts.package')}
      description={t('bulk.packageHelp')}
      data={[...new Set((packages.data?.items ?? []).map((item) => item.name))]}
      value={value}
      onChange={onChange}
    />
  )
}

/**
 * One change for many objects. First each is rehearsed, and what all would do is added up; then each is made, and only if it would still do
 * that. What did not work stays listed, with its reason, and can be tried again.
 */
export function BulkDialog({
  act,
  items,
  onClose,
}: {
  act: BulkAct
  items: Picked[]
  /** What is left over: the objects that were not changed; nothing where nothing was begun. */
  onClose: (left?: ReadonlySet<string>) => void
}) {
  useFocusBack()
  const { t } = useTranslation()
  const words = (part: string) => said(`bulkAct.${act.id}.${part}`) ?? ''
  const [phase, setPhase] = useState<Phase>(act.wants === 'package' ? 'form' : 'looking')
  const [given, setGiven] = useState<Given>({ reason: '', package: '' })
  const [isStopping, setStopping] = useState(false)
  const [, draw] = useReducer((turn: number) => turn + 1, 0)
  const rows = useRef<Row[]>(items.map((item) => ({ item, state: 'waits' })))
  const stop = useRef(new AbortController())
  const begun = useRef(false)
  const all = rows.current

  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    stop.current = new AbortController()
    if (phase === 'looking') void rehearse()
    return () => stop.current.abort()
  }, [])
  useEffect(() => {
    if (phase !== 'looking' && phase !== 'applying') return
    const timer = setInterval(draw, DRAW)
    return () => clearInterval(timer)
  }, [phase])

  async function rehearse() {
    const { signal } = stop.current
    setPhase('looking')
    let kept = 0
    const work = async (row: Row) => {
      kept += 1
      await look(row, act.of(row.item, given), kept <= LISTED, signal)
    }
    await inParallel(all, AT_ONCE, work, signal)
    if (!signal.aborted) setPhase('looked')
  }

  async function make(which: Row[]) {
    const { signal } = stop.current
    begun.current = true
    setPhase('applying')
    await inParallel(which, AT_ONCE, (row) => apply(row, act.of(row.item, given), signal), signal)
    setStopping(false)
    setPhase('ended')
    draw()
  }

  /** One or all of those that did not work: looked at again, and made where they would still do the same. */
  async function again(which: Row[]) {
    const { signal } = stop.current
    begun.current = true
    setPhase('applying')
    const work = async (row: Row) => {
      const before = row.looked?.shape
      const isAgreed = row.state === 'moved'
      if (!isAgreed) {
        if (row.error?.problem.status === 412) row.item = await act.read(row.item.id).catch(() => row.item)
        await look(row, act.of(row.item, given), true, signal)
        if (row.error) return
        // what nobody has seen yet is shown first
        if (row.looked?.shape !== before) {
          row.state = 'moved'
          return
        }
      }
      await apply(row, act.of(row.item, given), signal)
    }
    await inParallel(which, AT_ONCE, work, signal)
    setStopping(false)
    setPhase('ended')
    draw()
  }

  const halt = () => {
    setStopping(true)
    stop.current.abort()
    stop.current = new AbortController()
  }
  const close = () => {
    stop.current.abort()
    const left = new Set(all.filter((row) => row.state !== 'done').map((row) => row.item.id))
    onClose(begun.current ? left : undefined)
  }
  const looked = all.filter(({ state }) => state !== 'waits' && state !== 'looks').length
  const ready = all.filter(({ state }) => state === 'looked')
  const done = all.filter(({ state }) => state === 'done').length
  const left = all.filter(isLeft)
  const isBusy = phase === 'looking' || phase === 'applying'
  const shown = phase === 'looked' ? [...all.filter(isLeft), ...ready] : left
  return (
    <Modal
      opened
      onClose={close}
      title={words('title')}
      size="xl"
      closeOnClickOutside={!isBusy}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (phase === 'form' && given.package) void rehearse()
          else if (phase === 'looked' && ready.length) void make(ready)
        }}
      >
        <Stack>
          <Text>{words('body')}</Text>
          {phase === 'form' && (
            <PackageField value={given.package} onChange={(next) => setGiven({ ...given, package: next })} />
          )}
          {act.wants === 'reason' && phase !== 'applying' && phase !== 'ended' && (
            <TextInput
              label={t('common.reason')}
              description={t('accounts.reasonHelp')}
              value={given.reason}
              onChange={(event) => setGiven({ ...given, reason: event.currentTarget.value })}
            />
          )}
          {phase === 'looking' && (
            <>
              <Progress label={t('bulk.looking')} done={looked} of={all.length} />
              <Text className="num" ta="start">
                {t('bulk.lookedAt', { done: number(looked), total: number(all.length) })}
              </Text>
            </>
          )}
          {phase === 'looked' && <Total rows={all} />}
          {(phase === 'applying' || phase === 'ended') && (
            <>
              <Progress label={words('title')} done={done + left.length} of={all.length} />
              <Text role="status" className="num" ta="start">
                {t('bulk.done', { done: number(done), total: number(all.length) })}{' '}
                {left.length > 0 && t('bulk.failed', { count: left.length, number: number(left.length) })}
              </Text>
              {phase === 'ended' && done > 0 && <Text c="dimmed">{t('bulk.converges')}</Text>}
            </>
          )}
          {shown.length > 0 && phase !== 'looking' && (
            <section aria-label={phase === 'looked' ? t('bulk.each') : t('bulk.left')}>
              {phase !== 'looked' && <Note tone="warning" title={t('bulk.left')} role="alert" />}
              <ul className="steps">
                {shown.slice(0, LISTED).map((row) => (
                  <RowLine
                    key={row.item.id}
                    row={row}
                    onRetry={phase === 'ended' ? () => void again([row]) : undefined}
                  />
                ))}
              </ul>
              {shown.length > LISTED && <Text c="dimmed">{t('plan.leftOut', { count: shown.length - LISTED })}</Text>}
            </section>
          )}
          <Group justify="flex-end" gap="xs">
            {phase === 'applying' ? (
              <Button variant="default" onClick={halt} loading={isStopping}>
                {t('bulk.stop')}
              </Button>
            ) : (
              <Button variant="default" onClick={close} data-autofocus>
                {phase === 'ended' ? t('common.close') : t('common.cancel')}
              </Button>
            )}
            {phase === 'form' && (
              <Button type="submit" disabled={!given.package}>
                {t('plan.preview')}
              </Button>
            )}
            {(phase === 'looking' || phase === 'looked') && (
              <Button
                type="submit"
                color={act.takes ? 'red' : undefined}
                disabled={phase !== 'looked' || ready.length === 0}
              >
                {t('bulk.button', { what: act.label, count: ready.length, number: number(ready.length) })}
              </Button>
            )}
            {phase === 'ended' && ready.length > 0 && (
              <Button color={act.takes ? 'red' : undefined} onClick={() => void make(ready)}>
                {t('bulk.goOn', { count: ready.length, number: number(ready.length) })}
              </Button>
            )}
            {phase === 'ended' && left.length > 1 && (
              <Button onClick={() => void again(left)}>{t('bulk.againAll')}</Button>
            )}
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
