import i18n from './i18n'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** As people write it where the browser is from, in the language of the panel: 24 hours in Britain, 12 in America. */
const regional = (language: string) =>
  navigator.languages.find((one) => one === language || one.startsWith(`${language}-`)) ?? language

/** The language for numbers and times: `ar` keeps Latin digits, the pseudo-language is English. */
const locale = () =>
  i18n.language === 'ar' ? 'ar-u-nu-latn' : regional(i18n.language === 'en-XA' ? 'en' : i18n.language)

export const number = (value: number, digits = 0) =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value)

/** Bytes in the largest unit of 1024 that leaves at least 1. */
export function bytes(value: number): string {
  let index = 0
  let rest = value
  while (rest >= 1024 && index < UNITS.length - 1) {
    rest /= 1024
    index += 1
  }
  return `${number(rest, rest < 10 && index > 0 ? 1 : 0)} ${UNITS[index]}`
}

/** A part of 1 as per cent. */
export const percent = (value: number) =>
  new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: value < 0.1 ? 1 : 0 }).format(value)

/** Bytes a second. */
export const rate = (value: number) => `${bytes(value)}/s`

/** A moment on an axis: its time of day, or its day. */
export const moment = (time: number, part: 'time' | 'day') =>
  new Intl.DateTimeFormat(
    locale(),
    part === 'time' ? { hour: 'numeric', minute: '2-digit' } : { day: 'numeric', month: 'short' },
  ).format(time)

/** The zone that times are shown in. */
export const zone = () =>
  new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' })
    .formatToParts()
    .find((part) => part.type === 'timeZoneName')?.value ?? ''

/** The exact time, with its zone. */
export const exact = (time: string) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(time))

/** The day alone. */
export const day = (time: string) => new Intl.DateTimeFormat(locale(), { dateStyle: 'full' }).format(new Date(time))

/** The time of day alone. */
export const clock = (time: string) =>
  new Intl.DateTimeFormat(locale(), { timeStyle: 'medium', hourCycle: 'h23' }).format(new Date(time))

/** How long ago, or in how long. */
export function relative(time: string, now = Date.now()): string {
  const seconds = (new Date(time).getTime() - now) / 1000
  const [unit, span] = SPANS.find(([, span]) => Math.abs(seconds) >= span) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.trunc(seconds / span), unit)
}

const amount = (count: number, unit: string) =>
  new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short' }).format(count)

/** A length of time in the largest unit of which it is whole ones, such as a year; a month has 30 days. */
export function wholes(seconds: number): string {
  const [unit, span] = SPANS.find(([, span]) => seconds >= span && seconds % span === 0) ?? ['second', 1]
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / span)
}

/** A length of time in its two largest parts. */
export function duration(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [unit, span] of SPANS.slice(2)) {
    const count = Math.floor(rest / span)
    rest -= count * span
    if (count > 0 && parts.length < 2) parts.push(amount(count, unit))
  }
  return parts.join(' ') || amount(0, 'second')
}
