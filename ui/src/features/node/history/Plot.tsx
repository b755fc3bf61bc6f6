import { type KeyboardEvent, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import './plot.css'

export type Line = { label: string; values: (number | null)[]; hue: number; isPeak: boolean }

type Props = {
  scheme: 'light' | 'dark'
  /** What the chart shows, in words. */
  label: string
  /** Seconds since 1970. */
  times: number[]
  lines: Line[]
  /** The largest value that is possible, where there is one. */
  most?: number
  /** The scale counts in powers of two. */
  isBinary: boolean
  tick: (value: number) => string
  time: (seconds: number) => string
  /** A moment that is marked. */
  mark?: number
  /** The step under the crosshair; undefined: none. */
  onPoint: (index: number | undefined) => void
}

/** Two hues that are told apart in every kind of colour vision, and by their dashes. */
const COLOURS = {
  light: { lines: ['#3b5bdb', '#a34a00'], grid: '#e4e8ec', text: '#57606a', mark: '#a01f1f' },
  dark: { lines: ['#91a7ff', '#ffb86b'], grid: '#2b3036', text: '#a6adb5', mark: '#ffb3b3' },
} as const

const HEIGHT = 180
/** Round numbers of bytes: powers of two. */
const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power)
const FONT = '12px system-ui, sans-serif'

/** The crosshair of all charts of the page is one. */
const SYNC = uPlot.sync('history')

/** A day is named where it begins, and not once more at noon. */
const once = (texts: string[]) => texts.map((text, index) => (text === texts[index - 1] ? '' : text))

/** A value between two gaps makes no line: it is a dot. */
const lone = (values: ArrayLike<number | null | undefined>) =>
  Array.from(values, (_, index) => index).filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  )

function options(props: Props, scheme: 'light' | 'dark', width: number): uPlot.Options {
  const { lines, grid, text, mark } = COLOURS[scheme]
  const axis = {
    stroke: text,
    font: FONT,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: SYNC.key, setSeries: false }, drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: { time: true },
      y: { range: (_, __, high) => [0, props.most ?? Math.max(high * 1.05, Number.EPSILON)] },
    },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, splits) => once(splits.map(props.time)) },
      {
        ...axis,
        size: 74,
        space: 36,
        ...(props.isBinary ? { incrs: BINARY } : {}),
        values: (_, splits) => splits.map(props.tick),
      },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: lines[line.hue] ?? text,
        width: line.isPeak ? 1 : 1.5,
        points: { show: true, size: 4, filter: (plot: uPlot, index: number) => lone(plot.data[index] ?? []) },
        alpha: line.isPeak ? 0.8 : 1,
        dash: line.isPeak ? [2, 3] : line.hue > 0 ? [8, 4] : undefined,
      })),
    ],
    hooks: {
      draw: [
        (plot) => {
          if (props.mark === undefined) return
          const x = Math.round(plot.valToPos(props.mark, 'x', true))
          const { left, top, width, height } = plot.bbox
          if (x < left || x > left + width) return
          plot.ctx.save()
          plot.ctx.strokeStyle = mark
          plot.ctx.lineWidth = devicePixelRatio
          plot.ctx.beginPath()
          plot.ctx.moveTo(x, top)
          plot.ctx.lineTo(x, top + height)
          plot.ctx.stroke()
          plot.ctx.restore()
        },
      ],
      setCursor: [(plot) => props.onPoint(plot.cursor.idx ?? undefined)],
    },
  }
}

/** Lines over time. Its words are the label; the arrows move the crosshair of all charts. */
export default function Plot(props: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const { times, lines, label, mark, scheme } = props
  const latest = useRef(props)
  latest.current = props
  const shape = JSON.stringify(lines.map(({ label, hue, isPeak }) => [label, hue, isPeak]))

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is drawn anew where what is drawn is another
  useEffect(() => {
    const element = box.current
    if (!element) return
    const now = latest.current
    const data: uPlot.AlignedData = [now.times, ...now.lines.map((line) => line.values)]
    const held: Props = {
      ...now,
      onPoint: (index) => latest.current.onPoint(index),
      tick: (value) => latest.current.tick(value),
      time: (seconds) => latest.current.time(seconds),
    }
    const made = new uPlot(options(held, scheme, Math.max(element.clientWidth, 120)), data, element)
    plot.current = made
    SYNC.sub(made)
    const watch = new ResizeObserver(() => {
      const width = element.clientWidth
      if (width > 0 && width !== made.width) made.setSize({ width, height: HEIGHT })
    })
    watch.observe(element)
    return () => {
      watch.disconnect()
      SYNC.unsub(made)
      made.destroy()
      plot.current = null
    }
  }, [scheme, shape, props.most, props.isBinary, mark])

  useEffect(() => {
    plot.current?.setData([times, ...lines.map((line) => line.values)])
  }, [times, lines])

  const move = (event: KeyboardEvent) => {
    const made = plot.current
    const most = times.length - 1
    if (!made || most < 0) return
    if (event.key === 'Escape') {
      for (const chart of SYNC.plots) chart.setCursor({ left: -10, top: -10 })
      return
    }
    const here = made.cursor.idx ?? most
    const steps: Record<string, number> = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      PageUp: here - 10,
      PageDown: here + 10,
      Home: 0,
      End: most,
    }
    const next = steps[event.key]
    if (next === undefined) return
    event.preventDefault()
    const index = Math.max(0, Math.min(most, next))
    for (const chart of SYNC.plots) chart.setCursor({ left: chart.valToPos(times[index] ?? 0, 'x'), top: 0 })
  }

  return (
    <div
      ref={box}
      className="plot"
      dir="ltr"
      role="img"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrows move the crosshair
      tabIndex={0}
      onKeyDown={move}
    />
  )
}
