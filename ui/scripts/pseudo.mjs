// Generates src/locales/en-XA.json from en.json: accents, brackets, and 40 % more length show what is not translated and what clips.
// `--check` fails where the committed file is stale.
import { readFileSync, writeFileSync } from 'node:fs'

const source = new URL('../src/locales/en.json', import.meta.url)
const target = new URL('../src/locales/en-XA.json', import.meta.url)
const ACCENTS = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú', n: 'ñ', c: 'ç' }

function pseudo(text) {
  const accented = text
    .split(/(\{\{[^}]*\}\}|<[^>]*>)/)
    .map((part, index) => (index % 2 ? part : part.replace(/[aeiouAEIOUnc]/g, (letter) => ACCENTS[letter])))
    .join('')
  return `［${accented}${'·'.repeat(Math.ceil(text.length * 0.4))}］`
}

function walk(value) {
  if (typeof value === 'string') return pseudo(value)
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, walk(child)]))
}

const text = `${JSON.stringify(walk(JSON.parse(readFileSync(source, 'utf8'))), null, 2)}\n`
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/locales/en-XA.json is stale: run `npm run gen`')
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
