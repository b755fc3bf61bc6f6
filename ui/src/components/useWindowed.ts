import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'

/** The height of a line that is not wrapped, in pixels. */
export const ROW = 20
/** So many lines are drawn above and below what is in sight. */
const BEYOND = 8
/** What stands at both sides of a line, and between its time and its text. */
const SIDES = 24
const GAP = 12

type Line = { seq: number; text: string }
type How = { wraps: boolean; hasTimes: boolean; follows: boolean }

const NOTHING = { columns: 0, heights: new Map<number, number>() }

/** The first line that ends below `y`, of lines that begin at `tops`. */
export function lineAt(tops: Float64Array, y: number): number {
  let low = 0
  let high = tops.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((tops[middle] ?? 0) <= y) low = middle
    else high = middle - 1
  }
  return Math.max(0, low)
}

/** Where each line begins, and where the last one ends. */
export function topsOf(heights: number[]): Float64Array {
  const tops = new Float64Array(heights.length + 1)
  for (let index = 0; index < heights.length; index += 1) tops[index + 1] = (tops[index] ?? 0) + (heights[index] ?? 0)
  return tops
}

/**
 * Which of many lines are drawn: those in sight and a few around them. A wrapped line's height is reckoned from its letters, which are all
 * equally wide, and put right where it was drawn and is another one.
 */
export function useWindowed(box: RefObject<HTMLElement | null>, lines: Line[], { wraps, hasTimes, follows }: How) {
  const [view, setView] = useState({ top: 0, height: 0, width: 0, letter: 0 })
  const [measured, setMeasured] = useState<{ columns: number; heights: ReadonlyMap<number, number> }>(NOTHING)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const look = () => {
      const probe = document.createElement('span')
      probe.className = 'log-probe'
      probe.textContent = '0'.repeat(100)
      element.append(probe)
      const letter = probe.getBoundingClientRect().width / 100
      probe.remove()
      const { clientHeight: height, clientWidth: width } = element
      setView((before) => ({ ...before, height, width, letter }))
    }
    look()
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [box])

  // what was drawn counts for this width alone
  const room = view.width - SIDES - (hasTimes ? view.letter * 8 + GAP : 0)
  const columns = wraps && view.letter > 0 ? Math.max(1, Math.floor(room / view.letter)) : Number.POSITIVE_INFINITY
  const drawn = measured.columns === columns ? measured.heights : NOTHING.heights

  const tops = useMemo(
    () => topsOf(lines.map((line) => drawn.get(line.seq) ?? Math.max(1, Math.ceil(line.text.length / columns)) * ROW)),
    [lines, drawn, columns],
  )
  const total = tops[lines.length] ?? 0
  const from = follows ? Math.max(0, total - view.height) : Math.min(view.top, Math.max(0, total - view.height))
  const start = Math.max(0, lineAt(tops, from) - BEYOND)
  const end = Math.min(lines.length, lineAt(tops, from + view.height) + 1 + BEYOND)

  // the end moves with what is there
  useLayoutEffect(() => {
    const element = box.current
    if (follows && element && total >= 0) element.scrollTop = element.scrollHeight
  }, [box, follows, total])

  const onScroll = useCallback(() => {
    const top = box.current?.scrollTop ?? 0
    setView((before) => (before.top === top ? before : { ...before, top }))
  }, [box])

  /** Brings a line to the middle of what is in sight. */
  const latest = useRef(tops)
  latest.current = tops
  const goTo = useCallback(
    (index: number) => {
      const element = box.current
      if (!element) return
      element.scrollTop = (latest.current[index] ?? 0) - element.clientHeight / 2 + ROW / 2
      onScroll()
    },
    [box, onScroll],
  )

  /** Takes the heights of what was drawn. */
  const measure = (area: HTMLElement | null) => {
    if (!area || !wraps) return
    let next: Map<number, number> | undefined
    for (const [place, row] of [...area.children].entries()) {
      const line = lines[start + place]
      const { height } = row.getBoundingClientRect()
      const reckoned = (tops[start + place + 1] ?? 0) - (tops[start + place] ?? 0)
      if (!line || height === 0 || Math.abs(height - reckoned) < 0.5) continue
      next ??= new Map(drawn)
      next.set(line.seq, height)
    }
    if (next) setMeasured({ columns, heights: next })
  }
  return { total, top: tops[start] ?? 0, start, end, onScroll, goTo, measure }
}
