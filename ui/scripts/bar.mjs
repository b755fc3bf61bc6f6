// The table of the quality bar, of what the last runs found: `npm run check` and `npm run e2e` leave it in node_modules/.cache/bar.
// Writes docs/dev/quality-bar.md, or prints with --print. Fails where a rule is not kept; what was not run is said to be so.
import { readFileSync, writeFileSync } from 'node:fs'

const KEPT = new URL('../node_modules/.cache/bar/', import.meta.url).pathname
const TARGET = new URL('../../docs/dev/quality-bar.md', import.meta.url).pathname

/** Every rule: id, what it asks, its threshold. */
const RULES = [
  [
    'A1',
    'axe: WCAG 2.0 to 2.2 A and AA and good practice; every page, light and dark, loaded, empty, broken, loading; every dialog, drawer, menu, refused form',
    '0 violations',
  ],
  [
    'A2',
    'By keyboard alone: add an account and a site, edit, put an edit by hand back, suspend, delete; the focus is seen',
    'passes',
  ],
  ['A3', 'Every dialog, drawer and menu: named, keeps the focus, Escape closes it, the focus goes back', 'all'],
  ['A4', 'Targets of 24 pixels, 44 on a phone', '0 below'],
  ['A5', 'Contrast of the colours', '4.5:1 texts, 3:1 the rest'],
  ['A6', 'With reduced motion nothing moves, and nothing is lost', '0.01 s'],
  ['A7', 'Zoomed to 200 and 400 per cent: nothing is lost, and it scrolls one way', 'every page'],
  [
    'C1',
    'Errors and warnings on the console, errors of the page, calls that the API does not have; in every test',
    '0',
  ],
  ['C2', 'Violations of the content policy, in every test', '0'],
  ['C3', 'Requests to anybody else, in every test', '0'],
  ['P1', 'Shell, gzipped: JS with the texts of one language / CSS', '225 kB / 40 kB'],
  ['P2', 'What a page adds, gzipped', '45 kB'],
  ['P3', 'Cold load: first paint / usable / blocked, median of 5', '0.8 s / 1.0 s / 150 ms'],
  ['P4', 'The same, processor four times slower', '2.0 s / 2.5 s / 1,000 ms'],
  ['P5', 'Layout shift', '0.05'],
  ['P6', 'From page to page, its code fetched for the first time', '500 ms'],
  ['P7', 'Sort, page and filter at 10,000 rows', '300 ms'],
  ['P8', 'Live log of 5,000 lines: rows in the page / frame / longest job', '80 / 50 ms / 50 ms'],
  ['P9', 'Memory after 200 navigations', '1.3 x'],
  ['T1', 'Tables of 10,000 rows: paging, sorting, filter, everything that fits', 'passes'],
  ['T2', 'CSV: what is filtered, RFC 4180, formulas escaped', 'passes'],
  ['T3', 'Print: the whole table, no chrome', 'passes'],
  ['F1', 'Every form: what is wrong is said at the field, aria-invalid and described, focus on the first', 'all'],
  ['F2', 'Each refused value is at its field or in the list of others; none is lost', 'all forms'],
  ['F3', 'Pressed twice, sent once, with its Idempotency-Key', 'all forms, questions and acts'],
  ['F4', 'What is typed is not left without a question', 'all forms'],
  ['D1', 'Everything that takes something away asks first, and names it', 'all operations'],
  ['D2', 'What cannot be undone is typed; the focus is not on the red button', 'all'],
  ['S1', 'A session that ends in mid-form: sign in above it, same values, sent again', 'all forms'],
  [
    'S2',
    '401, 403, 404, 409, 422, 429, 500, 502, 503, no network, slow: words of their own, Try again where it helps',
    'all',
  ],
  ['S3', 'Never ready before it was observed; Converging after a 202; a failure shows the fact again', '200 ms'],
  ['S4', 'A job survives a reload, a second window and a restart of the panel', 'passes'],
  ['S5', 'The palette loses no key, at 0 to 40 ms a key, and before its code is there', '0'],
  ['U1', 'The address holds page, tab, filter and drawer; Back undoes one step', 'passes'],
  ['U2', 'A phone of 360 x 740: no scrolling sideways', 'every page'],
  ['I1', 'Languages: same keys, plurals, none unused or missing', 'all'],
  ['I2', 'Pseudo-language: nothing untranslated, and 40 per cent longer texts are not cut', 'every page'],
  ['I3', 'Right to left: mirrored and whole', 'passes'],
  ['I4', 'Times and numbers as people write them, with the time zone', 'every page'],
  ['V1', 'Pictures of the pages in light, dark and on a phone are as before', '0.1 %'],
  ['X1', 'The first session, from the one-time link to a site that is served and gone again', 'measured'],
  ['B1', 'Two builds are the same', 'to the last byte'],
  ['B2', 'No source map, no address of a test, no secret in the build', '0'],
]

function read(name) {
  try {
    return JSON.parse(readFileSync(KEPT + name, 'utf8'))
  } catch {
    return undefined
  }
}

/** @type {Map<string, { ok: boolean, tests: number, figures: { name: string, value: number, unit: string }[], said: string[] }>} */
const found = new Map()
const of = (id) => {
  if (!found.has(id)) found.set(id, { ok: true, tests: 0, figures: [], said: [] })
  return found.get(id)
}

for (const name of ['size.json', 'bundle.json']) {
  for (const { id, ok, figure } of read(name) ?? []) {
    const rule = of(id)
    rule.ok &&= ok
    rule.tests += 1
    rule.said.push(figure)
  }
}
for (const { assertionResults } of read('unit.json')?.testResults ?? []) {
  for (const { title, status } of assertionResults) {
    for (const [, id] of title.matchAll(/\b([A-Z]\d{1,2})\b/g)) {
      const rule = of(id)
      rule.ok &&= status === 'passed'
      rule.tests += 1
    }
  }
}
for (const { found: tests, figures } of Object.values(read('browser.json') ?? {})) {
  for (const { id, ok } of tests) {
    const rule = of(id)
    rule.ok &&= ok
    rule.tests += 1
  }
  for (const { id, name, value, unit, limit } of figures) {
    const rule = of(id)
    rule.ok &&= limit === undefined || value <= limit
    if (/^C\d$/.test(id)) rule.tests += 1
    const known = rule.figures.find((one) => one.name === name)
    if (known) known.value = Math.max(known.value, value)
    else rule.figures.push({ name, value, unit })
  }
}

const number = (value, unit) =>
  `${Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(3)}${unit ? ` ${unit}` : ''}`

/** The figures of a rule; many of them, such as one for each page, by their range. */
function measured(rule) {
  if (rule.figures.length > 8) {
    const values = rule.figures.map((one) => one.value)
    return `${number(Math.min(...values), '')} to ${number(Math.max(...values), rule.figures[0].unit)}`
  }
  return [...rule.said, ...rule.figures.map((one) => `${one.name} ${number(one.value, one.unit)}`)].join('; ')
}

const rows = RULES.map(([id, what, threshold]) => {
  const rule = found.get(id)
  if (!rule) return [id, what, threshold, '', 'not run']
  const tests = `${rule.tests} ${rule.tests === 1 ? 'test' : 'tests'}`
  return [id, what, threshold, measured(rule) || tests, rule.ok ? 'kept' : '**broken**']
})
const unknown = [...found.keys()].filter((id) => !RULES.some(([known]) => known === id))
const table = [
  '# The quality bar of the browser panel',
  '',
  'What the panel must keep, and what the last run found. Made by `npm run bar` in `ui/` of the results of `npm run check` and `npm run e2e`; not to be',
  'edited. The figures are those of one machine and one run: to be compared with themselves alone. Every test names the rules that it is about in its',
  'title, so `npx playwright test --grep A3` runs those of one.',
  '',
  '| | Rule | Threshold | Measured | |',
  '| --- | --- | --- | --- | --- |',
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
].join('\n')
if (process.argv.includes('--print')) console.log(table)
else writeFileSync(TARGET, table)
for (const [id, , , figures, how] of rows)
  console.log(`${id.padEnd(3)} ${how.replaceAll('*', '').padEnd(8)} ${figures}`)
if (unknown.length > 0) console.log(`rules that scripts/bar.mjs does not know: ${unknown.join(', ')}`)
process.exit(rows.some(([, , , , how]) => how.includes('broken')) ? 1 : 0)
