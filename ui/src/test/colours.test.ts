import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { theme, tokens } from '../app/theme'

/** Relative luminance of WCAG. */
function luminance(hex: string) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
  const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string) {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const css = readFileSync(join(import.meta.dirname, '../app/app.css'), 'utf8')
const PAIR = /light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/

/** A variable of the style sheet, or a token of the theme, in one of the schemes. */
function named(name: string, scheme: 'light' | 'dark') {
  const found = new RegExp(`${name}: ${PAIR.source}`).exec(css)
  if (found) return (scheme === 'light' ? found[1] : found[2]) as string
  return (tokens[scheme] as Record<string, string>)[`--mantine-color-${name}`] as string
}

/** Every rule of the style sheet that sets a colour and its ground. */
const rules = [...css.matchAll(/([^{}]+)\{([^{}]+)\}/g)].flatMap(([, selector = '', body = '']) => {
  const color = new RegExp(`(?:^|\\s)color: ${PAIR.source}`).exec(body)
  const ground = new RegExp(`background: ${PAIR.source}`).exec(body)
  return color && ground ? [{ selector: selector.trim(), color, ground }] : []
})

test.each(['light', 'dark'] as const)('A5 texts of %s are readable on the page and on wells', (scheme) => {
  for (const ground of ['body', '--well']) {
    for (const name of ['text', 'dimmed', 'error', 'anchor']) {
      expect(contrast(named(name, scheme), named(ground, scheme)), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5)
    }
  }
  // fields stand on the page alone
  expect(contrast(named('placeholder', scheme), named('body', scheme))).toBeGreaterThanOrEqual(4.5)
})

test.each(['light', 'dark'] as const)('A5 badges, bars and lines of a diff are readable in %s', (scheme) => {
  expect(rules.length).toBeGreaterThanOrEqual(8)
  const at = scheme === 'light' ? 1 : 2
  for (const { selector, color, ground } of rules) {
    expect(contrast(color[at] ?? '', ground[at] ?? ''), selector).toBeGreaterThanOrEqual(4.5)
  }
})

test.each(['light', 'dark'] as const)('A5 the focus and what is chosen stand out in %s', (scheme) => {
  for (const ground of ['body', '--well']) {
    expect(contrast(named('--accent', scheme), named(ground, scheme)), ground).toBeGreaterThanOrEqual(3)
  }
})

test('A5 white is readable on the button', () => {
  // indigo 8, in both schemes
  expect(theme.primaryShade).toEqual({ light: 8, dark: 8 })
  expect(contrast('#ffffff', '#3b5bdb')).toBeGreaterThanOrEqual(4.5)
})
