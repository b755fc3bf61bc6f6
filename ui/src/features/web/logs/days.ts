import type { Schemas } from '../../../api/problem'

export type TrafficDay = Schemas['TrafficDay']

const DAY = 86_400_000

/** How far back one may look, in days. */
export const RANGES = ['30', '90', '365'] as const

/** Every day up to today (UTC), the oldest first: one without visitors had none. */
export function everyDay(items: readonly TrafficDay[], days: number, now: number): TrafficDay[] {
  const byDay = new Map(items.map((item) => [item.day, item]))
  const today = Math.floor(now / DAY)
  return Array.from({ length: days }, (_, index) => {
    const day = new Date((today - days + 1 + index) * DAY).toISOString().slice(0, 10)
    return byDay.get(day) ?? { day, requests: 0, bytes: 0 }
  })
}

/** The day with most of a figure. */
export const busiest = (days: readonly TrafficDay[], of: 'requests' | 'bytes') =>
  days.reduce<TrafficDay | undefined>((most, day) => (!most || day[of] > most[of] ? day : most), undefined)
