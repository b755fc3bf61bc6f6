import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const locales = join(import.meta.dirname, '../locales')
const source = join(import.meta.dirname, '..')

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, before = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(before + key, value)
    else for (const pair of flat(value, `${before}${key}.`)) found.set(...pair)
  }
  return found
}

const load = (name: string) => flat(JSON.parse(readFileSync(join(locales, name), 'utf8')))
const en = load('en.json')
const plain = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '')
const files = readdirSync(source, { recursive: true })
  .map(String)
  .filter((name) => /\.tsx?$/.test(name) && !name.includes('test'))
const text = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n')

/** Groups whose keys are made at run time, of a code that the panel sends or an operation's name. */
const MADE =
  /^(act|adoption\.(badge|choice|effect|state|why)|bulkAct|certificates\.(because|left|source|state)|health\.profile|history\.(chart|ranges|series)|notices\.words|services\.(active|what)|condition|conditionWords|deliveryState|destroy|event|feature|impact|jobKind|jobState|jobStep|jobVia|kind|limit|limitFrom|memberState|nav|organisationKind|permission|problem|reason|role|serverRole|setting|severity|suspendedBy|synonyms|unit|via)\./

/** The same of the first run's steps. */
const OF_STEP = /^start\.\w+\.(short|title|about)$/

test.each(['de.json', 'en-XA.json'])('I1 %s has the keys of en.json, and their values in braces', (name) => {
  const other = load(name)
  const forms = (keys: Iterable<string>) => [...new Set([...keys].map(plain))].sort()
  expect(forms(other.keys())).toEqual(forms(en.keys()))
  const braces = (value: string) => [...value.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()
  for (const [key, value] of other) expect([key, braces(value)]).toEqual([key, braces(en.get(key) ?? '')])
})

test('I1 German is German: no text of any length is the English one', () => {
  const de = load('de.json')
  const same = [...en].filter(([key, value]) => de.get(key) === value && value.split(' ').length > 3)
  expect(same).toEqual([])
})

test('I1 languages with one and many have both', () => {
  for (const name of ['en.json', 'de.json']) {
    const keys = load(name)
    for (const key of keys.keys()) {
      if (key.endsWith('_one')) expect(keys.has(`${plain(key)}_other`), key).toBe(true)
    }
  }
})

test('I1 every key that the source names is there', () => {
  const used = [...text.matchAll(/\bt\(\s*'([a-z]\w*\.[\w.]+)'/gi)].map((match) => match[1] ?? '')
  expect(used.length).toBeGreaterThan(300)
  const known = new Set([...en.keys()].map(plain))
  expect(used.filter((key) => !known.has(key))).toEqual([])
})

test('I1 no text is left over', () => {
  const unused = [...en.keys()].filter((key) => !MADE.test(key) && !OF_STEP.test(key) && !text.includes(plain(key)))
  expect(unused).toEqual([])
})
