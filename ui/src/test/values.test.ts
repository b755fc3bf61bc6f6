import { expect, test } from 'vitest'
import { bytes, duration, relative, wholes } from '../app/format'
import { readSearch } from '../app/url'
import { conditionOf } from '../components/StatusBadge'
import { amountFrom, amountText } from '../features/package/Amounts'
import { settingText, settingValue } from '../features/setting/Settings'

test('an amount is read as it is written, and what is none is left for the panel to refuse', () => {
  for (const [text, unit, value] of [
    ['', 'count', null],
    ['5', 'count', 5],
    ['unlimited', 'count', 'unlimited'],
    ['10G', 'bytes', 10 * 2 ** 30],
    ['1.5 GiB', 'bytes', 1.5 * 2 ** 30],
    ['10G', 'count', '10G'],
    ['-1', 'count', '-1'],
    ['many', 'bytes', 'many'],
  ] as const) {
    expect([text, amountFrom(text, unit)]).toEqual([text, value])
  }
  for (const value of [0, 1, 1000, 2 ** 20, 3 * 2 ** 30, 'unlimited', null]) {
    expect(amountFrom(amountText(value, 'bytes'), 'bytes')).toBe(value)
  }
})

test('a setting keeps its type', () => {
  expect(settingValue(settingText(['a', 'b']), [])).toEqual(['a', 'b'])
  expect(settingValue('12', 5)).toBe(12)
  expect(settingValue('twelve', 5)).toBe('twelve')
  expect(settingValue(' ', null)).toBe(null)
})

test('S3 nothing is ready before it was observed', () => {
  expect(conditionOf({ condition: 'ready', generation: 2, observed_generation: 1 })).toBe('converging')
  expect(conditionOf({ condition: 'ready', generation: 2, observed_generation: 2 })).toBe('ready')
  expect(conditionOf({ condition: 'failed', generation: 2, observed_generation: 1 })).toBe('failed')
})

test('the address holds what a page knows and nothing else', () => {
  expect(readSearch({ q: 'a', cursor: '', evil: 'x', tab: 3 })).toEqual({ q: 'a', tab: '3' })
})

test('figures are for people', () => {
  expect(bytes(0)).toBe('0 B')
  expect(bytes(1536)).toBe('1.5 KiB')
  expect(bytes(24 * 2 ** 30)).toBe('24 GiB')
  expect(duration(3 * 86_400 + 7200 + 59)).toBe('3 days 2 hr')
  expect(duration(0)).toBe('0 sec')
  expect([3600, 86_400, 604_800, 15_552_000, 31_536_000, 63_072_000, 90].map(wholes)).toEqual([
    '1 hour',
    '1 day',
    '7 days',
    '6 months',
    '1 year',
    '2 years',
    '90 seconds',
  ])
  expect(relative('2026-01-01T00:00:00Z', Date.parse('2026-01-01T02:30:00Z'))).toBe('2 hours ago')
})
