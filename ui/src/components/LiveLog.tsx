import { ActionIcon, Button, CloseButton, Group, Text, TextInput, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import {
  IconArrowDown,
  IconCheck,
  IconChevronDown,
  IconChevronUp,
  IconClock,
  IconCopy,
  IconDownload,
  IconSearch,
  IconTextWrap,
} from '@tabler/icons-react'
import { type KeyboardEvent, memo, type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { clock, number } from '../app/format'
import { save } from '../app/save'
import './log.css'
import { ROW, useWindowed } from './useWindowed'

export type LogLine = { seq: number; at: string; text: string }

/** The places where a text has what is looked for, small or capital. */
export function pieces(text: string, wanted: string): { text: string; found: boolean }[] {
  if (!wanted) return [{ text, found: false }]
  const parts: { text: string; found: boolean }[] = []
  const low = text.toLowerCase()
  // a capital that is longer than its small letter shifts every place: such a line is marked as a whole
  if (low.length !== text.length) return [{ text, found: low.includes(wanted) }]
  let from = 0
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), found: false })
    from = at + wanted.length
    parts.push({ text: text.slice(at, from), found: true })
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), found: false })
  return parts
}

const asText = (lines: LogLine[]) => lines.map((line) => `${line.at} ${line.text}\n`).join('')

function Toggle({
  label,
  on,
  onChange,
  icon,
}: {
  label: string
  on: boolean
  onChange: (on: boolean) => void
  icon: ReactNode
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={on ? 'light' : 'default'}
        size={36}
        aria-label={label}
        aria-pressed={on}
        onClick={() => onChange(!on)}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}

type RowProps = { line: LogLine; wanted: string; hasTime: boolean; isMarked: boolean; isHere: boolean }

/** One line; drawn once, as long as nothing else is looked for. */
const Row = memo(function Row({ line, wanted, hasTime, isMarked, isHere }: RowProps) {
  return (
    <div
      className="log-line"
      data-seq={line.seq}
      data-mark={isMarked || undefined}
      data-here={isHere || undefined}
      style={{ minHeight: ROW }}
    >
      {hasTime && <span className="log-at">{clock(line.at)}</span>}
      <span className="log-text">
        {pieces(line.text, wanted).map((piece, index) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have an order and no name
          piece.found ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </span>
    </div>
  )
})

type Props = {
  /** What the log is of. */
  label: string
  lines: LogLine[]
  /** The name of the file that it is downloaded as. */
  file: string
  /** The number of the line that is to be seen first, such as the one that tells of a failure. */
  marked?: number
  /** Said below the log: that it is live, or has ended. */
  note?: ReactNode
}

/**
 * A log that may be long and may still grow: what is in sight alone is in the page. It follows its end until somebody scrolls up, by the
 * direction of the scrolling and not by the distance, or a burst of lines would leave the reader behind.
 */
export function LiveLog({ label, lines, file, marked, note }: Props) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const clipboard = useClipboard({ timeout: 1500 })
  const [follows, setFollows] = useState(true)
  const [seen, setSeen] = useState(0)
  const [wraps, setWraps] = useState(false)
  const [hasTimes, setTimes] = useState(false)
  const [q, setQ] = useState('')
  const wanted = useDeferredValue(q.trim().toLowerCase())
  const [here, setHere] = useState(0)

  const rows = useWindowed(box, lines, { wraps, hasTimes, follows })
  const { total, top, goTo: scrollTo } = rows

  useEffect(() => {
    if (follows) setSeen(lines.length)
  }, [follows, lines.length])

  // what the person scrolls: a box that became shorter moves by itself, and that is not meant
  const before = useRef({ top: 0, height: 0 })
  const onScroll = () => {
    const element = box.current
    if (!element) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const isUp = scrollTop < before.current.top - 1 && scrollHeight >= before.current.height
    const isDown = scrollTop > before.current.top
    before.current = { top: scrollTop, height: scrollHeight }
    rows.onScroll()
    if (isUp) setFollows(false)
    else if (isDown && scrollTop + clientHeight >= scrollHeight - 2) setFollows(true)
  }

  const goTo = (index: number) => {
    setFollows(false)
    scrollTo(index)
  }

  // a failure is opened where it says so
  const shown = useRef<number>(undefined)
  useEffect(() => {
    if (marked === undefined) shown.current = undefined
    const index = lines.findIndex((line) => line.seq === marked)
    if (index < 0 || shown.current === marked) return
    shown.current = marked
    setFollows(false)
    scrollTo(index)
  }, [marked, lines, scrollTo])

  const found = useMemo(
    () => (wanted ? lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : [])) : []),
    [lines, wanted],
  )
  const at = found.length ? Math.min(here, found.length - 1) : -1
  const step = (by: number) => {
    if (!found.length) return
    const next = (at + by + found.length) % found.length
    setHere(next)
    goTo(found[next] ?? 0)
  }
  const search = (next: string) => {
    setQ(next)
    const text = next.trim().toLowerCase()
    const first = text ? lines.findIndex((line) => line.text.toLowerCase().includes(text)) : -1
    setHere(0)
    if (first >= 0) goTo(first)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    step(event.shiftKey ? -1 : 1)
  }
  const fresh = lines.length - seen
  return (
    <section aria-label={label}>
      <div className="log-tools">
        <TextInput
          type="text"
          role="searchbox"
          aria-label={t('log.search')}
          placeholder={t('log.search')}
          size="xs"
          flex={1}
          miw={160}
          maw={320}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={q && <CloseButton size="sm" aria-label={t('table.clear')} onClick={() => search('')} />}
          value={q}
          onChange={(event) => search(event.currentTarget.value)}
          onKeyDown={onKey}
        />
        {wanted && (
          <Group gap={4} wrap="nowrap">
            <Text size="xs" c="dimmed" role="status">
              {found.length ? t('log.found', { at: number(at + 1), count: found.length }) : t('log.notFound')}
            </Text>
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('log.before')}
              disabled={!found.length}
              onClick={() => step(-1)}
            >
              <IconChevronUp size={16} />
            </ActionIcon>
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('log.next')}
              disabled={!found.length}
              onClick={() => step(1)}
            >
              <IconChevronDown size={16} />
            </ActionIcon>
          </Group>
        )}
        <Group gap={4} ms="auto" wrap="nowrap">
          <Toggle label={t('log.wrap')} on={wraps} onChange={setWraps} icon={<IconTextWrap size={16} />} />
          <Toggle label={t('log.times')} on={hasTimes} onChange={setTimes} icon={<IconClock size={16} />} />
          <Tooltip label={clipboard.copied ? t('copy.copied') : t('log.copy')}>
            <ActionIcon
              variant="default"
              size={36}
              aria-label={clipboard.copied ? t('copy.copied') : t('log.copy')}
              disabled={!lines.length}
              onClick={() => clipboard.copy(asText(lines))}
            >
              {clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('log.download')}>
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('log.download')}
              disabled={!lines.length}
              onClick={() => save(file, asText(lines))}
            >
              <IconDownload size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </div>
      <div className="log-box">
        <div
          ref={box}
          className="log"
          role="log"
          aria-live="off"
          aria-label={label}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          data-wrap={wraps || undefined}
          onScroll={onScroll}
        >
          <div className="log-lines" style={{ height: total, paddingTop: top }}>
            <div className="log-window" ref={rows.measure}>
              {lines.slice(rows.start, rows.end).map((line, place) => (
                <Row
                  key={line.seq}
                  line={line}
                  wanted={wanted}
                  hasTime={hasTimes}
                  isMarked={line.seq === marked}
                  isHere={at >= 0 && found[at] === rows.start + place}
                />
              ))}
            </div>
          </div>
        </div>
        {!follows && lines.length > 0 && (
          <div className="log-pill">
            <Button
              size="xs"
              leftSection={<IconArrowDown size={14} aria-hidden />}
              onClick={() => {
                setFollows(true)
                box.current?.focus()
              }}
            >
              {fresh > 0 ? t('log.fresh', { count: fresh }) : t('log.toEnd')}
            </Button>
          </div>
        )}
      </div>
      <Text size="xs" c="dimmed" mt={4}>
        {t('log.lines', { count: lines.length })}
        {note && <> · {note}</>}
      </Text>
    </section>
  )
}
