import type { Schemas } from '../../../api/problem'
import { said } from '../../../app/i18n'

/** A rule as the API has it: an object with one field, its kind. */
export type Rule = Schemas['SiteRule']

/** What a field of a rule holds, and so how it is typed. */
export type Holds = 'text' | 'number' | 'switch' | 'list' | 'people' | readonly string[]

type Field = { name: string; holds: Holds; optional?: boolean; usual?: string }

const path: Field = { name: 'path', holds: 'text', optional: true }
const METHODS = 'GET, POST'

/** Every kind with its fields, in the order in which they are asked for. `usual` is what a new rule begins with. */
export const KINDS = {
  redirect: [
    { name: 'from', holds: 'text', usual: '/' },
    { name: 'to', holds: 'text', usual: '/' },
    { name: 'code', holds: ['301', '302', '307', '308'], usual: '301' },
    { name: 'keep_query', holds: 'switch' },
  ],
  rewrite: [
    { name: 'from', holds: 'text', usual: '/' },
    { name: 'to', holds: 'text', usual: '/' },
  ],
  front_controller: [path, { name: 'to', holds: 'text', usual: '/index.php' }],
  deny: [{ name: 'path', holds: 'text', usual: '/' }],
  addresses: [path, { name: 'networks', holds: 'list' }, { name: 'others', holds: ['deny', 'allow'], usual: 'deny' }],
  password: [path, { name: 'realm', holds: 'text' }, { name: 'users', holds: 'people' }],
  set_header: [path, { name: 'name', holds: 'text' }, { name: 'value', holds: 'text' }],
  remove_header: [path, { name: 'name', holds: 'text' }],
  cache: [path, { name: 'endings', holds: 'list', optional: true }, { name: 'seconds', holds: 'number', usual: '86400' }],
  cors: [
    path,
    { name: 'origins', holds: 'list' },
    { name: 'methods', holds: 'list', usual: METHODS },
    { name: 'headers', holds: 'list', optional: true },
    { name: 'credentials', holds: 'switch' },
    { name: 'preflight', holds: 'number', optional: true },
  ],
  hotlink: [
    { name: 'endings', holds: 'list', usual: 'jpg, jpeg, png, gif, webp' },
    { name: 'referers', holds: 'list', optional: true },
    { name: 'strict', holds: 'switch' },
  ],
  rate_limit: [
    path,
    { name: 'requests', holds: 'number', usual: '30' },
    { name: 'per', holds: ['second', 'minute'], usual: 'minute' },
    { name: 'burst', holds: 'number', usual: '30' },
  ],
  connection_limit: [path, { name: 'connections', holds: 'number', usual: '10' }],
  body_size: [{ name: 'size', holds: 'text', usual: '64M' }],
  error_page: [
    {
      name: 'status',
      holds: ['401', '403', '404', '405', '410', '413', '429', '500', '502', '504'],
      usual: '404',
    },
    { name: 'page', holds: 'text', usual: '/404.html' },
  ],
  index: [{ name: 'files', holds: 'list', usual: 'index.php, index.html' }],
  listing: [{ name: 'path', holds: 'text', usual: '/' }],
} as const satisfies Record<string, readonly Field[]>

export type Kind = keyof typeof KINDS

/** All kinds, in the order in which they are offered. */
export const ALL = Object.keys(KINDS) as Kind[]

/** The fields of a kind. */
export const fieldsOf = (kind: Kind): readonly Field[] => KINDS[kind]

/** Somebody who may enter a directory; an empty password: the one that there is. */
export type Person = { name: string; password: string }

/** A rule that is being typed: everything is text, but what is yes or no and who may enter. */
export type Draft = {
  /** Tells the rules of a list apart while they are moved. */
  id: string
  kind: Kind
  values: Record<string, string | boolean | Person[]>
}

let made = 0
const newId = () => `rule-${++made}`

/** Selects send numbers for these. */
const isNumeric = ({ name, holds }: Field) => holds === 'number' || name === 'code' || name === 'status'

function typed({ holds, usual = '' }: Field): string | boolean | Person[] {
  if (holds === 'switch') return false
  if (holds === 'people') return [{ name: '', password: '' }]
  return usual
}

/** A new rule. */
export const newDraft = (kind: Kind): Draft => ({
  id: newId(),
  kind,
  values: Object.fromEntries(fieldsOf(kind).map((field) => [field.name, typed(field)])),
})

/** The kind of a rule; none where this page is older than the panel. */
export function kindOf(rule: Rule): Kind | undefined {
  const kind = Object.keys(rule)[0]
  return ALL.find((known) => known === kind)
}

const contentOf = (rule: Rule) => Object.values(rule)[0] as Record<string, unknown>

/** A text of rules, by a word that the API has; the word itself where there is none. */
export const textOf = (part: 'kinds' | 'about' | 'fields' | 'choices' | 'per' | 'presets', word: string) =>
  said(`rules.${part}.${word}`) ?? word

/** A rule of the site, to be typed in. */
export function draftOf(rule: Rule): Draft | undefined {
  const kind = kindOf(rule)
  if (!kind) return undefined
  const content = contentOf(rule)
  const values = fieldsOf(kind).map((field) => {
    const there = content[field.name]
    if (field.holds === 'switch') return [field.name, there === true]
    if (field.holds === 'people') {
      return [field.name, (there as { name: string }[]).map(({ name }) => ({ name, password: '' }))]
    }
    return [field.name, Array.isArray(there) ? there.join(', ') : String(there ?? '')]
  })
  return { id: newId(), kind, values: Object.fromEntries(values) }
}

const listOf = (text: string) =>
  text
    .split(/[\s,]+/)
    .map((word) => word.trim())
    .filter(Boolean)

/** What is sent of what was typed. What is no number is sent as it is, and refused at its field. */
export function ruleOf({ kind, values }: Draft): Rule {
  const fields = fieldsOf(kind).flatMap((field): [string, unknown][] => {
    const value = values[field.name]
    if (field.holds === 'switch') return [[field.name, value === true]]
    if (field.holds === 'people') {
      const people = value as Person[]
      return [[field.name, people.map(({ name, password }) => (password ? { name, password } : { name }))]]
    }
    const text = String(value).trim()
    if (field.optional && !text) return []
    if (field.holds === 'list') return [[field.name, listOf(text)]]
    if (isNumeric(field)) return [[field.name, /^\d+$/.test(text) ? Number(text) : text]]
    return [[field.name, text]]
  })
  return { [kind]: Object.fromEntries(fields) } as unknown as Rule
}

/** A rule in a few words: what it is for, then the rest. */
export function wordsOfRule(rule: Rule): string {
  const kind = kindOf(rule)
  if (!kind) return ''
  const content = contentOf(rule)
  const words = fieldsOf(kind).flatMap(({ name, holds }) => {
    const value = content[name]
    if (value === undefined || value === false) return []
    if (value === true) return [textOf('fields', name)]
    if (holds === 'people') return [(value as { name: string }[]).map((person) => person.name).join(', ')]
    if (name === 'others') return [textOf('choices', String(value))]
    if (name === 'per') return [textOf('per', String(value))]
    return [Array.isArray(value) ? value.join(', ') : String(value)]
  })
  return words.join(kind === 'redirect' || kind === 'rewrite' ? ' → ' : ' · ')
}

/** The list with one of its entries at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list]
  const [one] = next.splice(from, 1)
  if (one === undefined) return next
  next.splice(Math.max(0, Math.min(to, next.length)), 0, one)
  return next
}
