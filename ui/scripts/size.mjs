// Holds the build to its budget: what every page needs first, what a page adds, and what opens above pages. Bytes are those of the .gz
// beside each file.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const dist = process.argv[2] ?? new URL('../dist', import.meta.url).pathname
const LIMITS = { shell: 225_000, css: 40_000, layers: 75_000, page: 45_000, cold: 320_000 }
const START = 'src/app/start.tsx'
const LAYERS = 'src/components/layers.ts'
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

const size = (file) => {
  const gz = join(dist, `${file}.gz`)
  try {
    return statSync(gz).size
  } catch {
    return statSync(join(dist, file)).size
  }
}
const sum = (files) => [...files].reduce((total, file) => total + size(file), 0)

/** A chunk and all that it imports at once. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}
const js = (keys) => new Set([...keys].map((key) => manifest[key].file))
const css = (keys) => new Set([...keys].flatMap((key) => manifest[key].css ?? []))
const without = (all, gone) => new Set([...all].filter((one) => !gone.has(one)))

const results = []
const put = (name, bytes, limit) => results.push([name, bytes, limit])

// What is there before a page is drawn: the entry, the application that it begins, and the texts of one language (the longest is counted).
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const shell = closure(START, closure(entry))
const texts = readdirSync(new URL('../src/locales', import.meta.url))
  .filter((name) => name !== 'en-XA.json')
  .map((name) => size(manifest[`src/locales/${name}`].file))
const first = sum(js(shell)) + size('boot.js') + Math.max(...texts)
put('shell JS', first, LIMITS.shell)
put('shell CSS', sum(css(shell)), LIMITS.css)

// Dialogs, menus and drawers: loaded when the page is there, or with the first page that has inputs, which stand on the same code.
const layers = closure(LAYERS, new Set(shell))
put('layers, after the page', sum(without(js(layers), js(shell))), LIMITS.layers)

// A page, opened from another one: what it adds. Opened first, it needs the shell and what it stands on of the layers, too.
const isPage = (key) => key.includes('/features/')
for (const key of manifest[START].dynamicImports.filter(isPage)) {
  const all = closure(key, new Set(shell))
  const added = sum(without(js(all), js(layers))) + sum(without(css(all), css(layers)))
  put(key.replace('src/features/', ''), added, LIMITS.page)
  put('  opened first, in all', first + sum(without(js(all), js(shell))), LIMITS.cold)
}

// What comes with an act: a form, a tab, the palette.
const late = new Set(Object.values(manifest).flatMap((chunk) => chunk.dynamicImports ?? []))
for (const key of late) {
  if (manifest[START].dynamicImports.some((page) => page === key && isPage(page))) continue
  if (key === LAYERS || key === START || key.includes('/locales/')) continue
  put(`later: ${key.replace('src/', '')}`, sum(without(js(closure(key)), js(layers))), LIMITS.page)
}

let isOver = false
for (const [name, bytes, limit] of results) {
  const mark = bytes > limit ? ' TOO LARGE' : ''
  isOver ||= bytes > limit
  console.log(`${name.padEnd(40)} ${(bytes / 1000).toFixed(1).padStart(7)} kB of ${limit / 1000} kB${mark}`)
}
const of = (fits) => results.filter(([name]) => fits(name))
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
const most = (rows) => Math.max(...rows.map(([, bytes]) => bytes))
const part = (id, title, rows, figure) => ({ id, title, ok: rows.every(([, bytes, limit]) => bytes <= limit), figure })
const [shellRows, pageRows] = [
  of((name) => name.startsWith('shell')),
  of((name) => name.endsWith('.tsx') && !name.startsWith('later')),
]
const cold = of((name) => name.startsWith('  opened'))
const kept = new URL('../node_modules/.cache/bar/', import.meta.url).pathname
mkdirSync(kept, { recursive: true })
writeFileSync(
  join(kept, 'size.json'),
  JSON.stringify([
    part('P1', 'shell', shellRows, `${shellRows.map(([, bytes]) => kB(bytes)).join(' / ')}`),
    part(
      'P2',
      'pages',
      pageRows,
      `at most ${kB(most(pageRows))}; opened first, with the shell, at most ${kB(most(cold))}`,
    ),
  ]),
)
process.exit(isOver ? 1 : 0)
