// Holds the build to its budget: what a page needs first, and what each route adds. Bytes are those of the .gz beside each file.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const dist = process.argv[2] ?? new URL('../dist', import.meta.url).pathname
const LIMITS = { shell: 250_000, css: 40_000, route: 45_000 }
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

const size = (file) => {
  const gz = join(dist, `${file}.gz`)
  try {
    return statSync(gz).size
  } catch {
    return statSync(join(dist, file)).size
  }
}

/** A chunk and all that it imports at once. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const shell = closure(entry)
const sum = (keys) => [...keys].reduce((total, key) => total + size(manifest[key].file), 0)
const css = new Set([...shell].flatMap((key) => manifest[key].css ?? []))
const results = [
  ['shell JS', sum(shell), LIMITS.shell],
  ['shell CSS', [...css].reduce((total, file) => total + size(file), 0), LIMITS.css],
]
for (const key of manifest[entry].dynamicImports ?? []) {
  if (!key.includes('features/')) continue
  const own = [...closure(key)].filter((part) => !shell.has(part))
  results.push([key.replace('src/features/', ''), sum(own), LIMITS.route])
}
let isOver = false
for (const [name, bytes, limit] of results) {
  const mark = bytes > limit ? 'TOO LARGE' : ''
  isOver ||= bytes > limit
  console.log(`${name.padEnd(32)} ${(bytes / 1000).toFixed(1).padStart(7)} kB of ${limit / 1000} kB ${mark}`)
}
process.exit(isOver ? 1 : 0)
