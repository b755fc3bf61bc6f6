import type { Schemas } from '../../../api/problem'
import { bytes, number, percent, rate } from '../../../app/format'

export type Metrics = Schemas['Metrics']
export type Series = Schemas['MetricSeries']

/** Times that can be looked at, in seconds. */
export const RANGES = { '1h': 3600, '24h': 86_400, '7d': 604_800, '90d': 7_776_000 } as const
export type RangeKey = keyof typeof RANGES
export const rangeOf = (text: string | undefined): RangeKey =>
  text && Object.hasOwn(RANGES, text) ? (text as RangeKey) : '24h'

/** So many points are asked for: about one for each three pixels. */
export const POINTS = 240

/** The charts of the page, in their order, and the figures of each. */
export const CHARTS = [
  { key: 'cpu', series: ['cpu'] },
  { key: 'load', series: ['load'] },
  { key: 'memory', series: ['memory', 'swap'] },
  { key: 'disk', series: ['disk'] },
  { key: 'network', series: ['network_in', 'network_out'] },
  { key: 'io', series: ['disk_read', 'disk_write'] },
] as const
export type ChartKey = (typeof CHARTS)[number]['key']

/** The time that is asked for: up to now, or around a moment, but not into the future. */
export function windowOf(range: RangeKey, at: string | undefined, now: number): { from: string; to: string } {
  const length = RANGES[range] * 1000
  const middle = at === undefined ? Number.NaN : Date.parse(at)
  const to = Number.isNaN(middle) ? now : Math.min(now, middle + length / 2)
  return { from: new Date(to - length).toISOString(), to: new Date(to).toISOString() }
}

/** A figure of a unit as text, with its unit. */
export function figure(value: number | null | undefined, unit: string): string | undefined {
  if (value === null || value === undefined) return undefined
  if (unit === 'ratio') return percent(value)
  if (unit === 'bytes') return bytes(value)
  if (unit === 'bytes_per_second') return rate(value)
  return number(value, 2)
}

export type Summary = {
  average: number
  highest: number
  highestAt: number
  last: number
  missing: number
}

/** What a figure did over the whole time: nothing where there is none. */
export function summary(series: Series): Summary | undefined {
  let sum = 0
  let count = 0
  let highest = Number.NEGATIVE_INFINITY
  let highestAt = 0
  let last = 0
  series.average.forEach((value, index) => {
    if (value === null) return
    const peak = series.peak[index] ?? value
    sum += value
    count += 1
    last = value
    if (peak > highest) {
      highest = peak
      highestAt = index
    }
  })
  if (count === 0) return undefined
  return { average: sum / count, highest, highestAt, last, missing: series.average.length - count }
}

/** Whether the highest values say more than the averages do. */
export const hasPeaks = (series: Series) =>
  series.peak.some((peak, index) => peak !== null && peak !== series.average[index])
