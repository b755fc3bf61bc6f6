import type { TFunction } from 'i18next'
import type { Schemas } from '../../api/problem'
import { bytes, number } from '../../app/format'
import { said } from '../../app/i18n'

export type Setting = Schemas['PhpSetting']
export type Shown = Schemas['PhpSettings']

type GroupKey = 'amounts' | 'errors' | 'sessions' | 'speed' | 'workers' | 'language'

/** The settings in the order in which people look for them; one that is new to this page stands with the last. */
const GROUPS: [group: GroupKey, names: string[]][] = [
  [
    'amounts',
    ['memory_limit', 'upload_limit', 'max_execution_time', 'max_input_time', 'max_input_vars', 'max_file_uploads'],
  ],
  ['errors', ['display_errors', 'error_reporting', 'log_errors']],
  [
    'sessions',
    [
      'session_lifetime',
      'session_cookie_lifetime',
      'session_cookie_secure',
      'session_cookie_httponly',
      'session_cookie_samesite',
    ],
  ],
  [
    'speed',
    [
      'opcache',
      'opcache_memory',
      'opcache_validate_timestamps',
      'opcache_revalidate_freq',
      'realpath_cache_size',
      'realpath_cache_ttl',
    ],
  ],
  ['workers', ['workers', 'worker_requests', 'worker_idle_time']],
  ['language', []],
]

export type Group = { key: GroupKey; settings: Setting[] }

export function groupsOf(settings: Setting[]): Group[] {
  const known = new Set(GROUPS.flatMap(([, names]) => names))
  return GROUPS.map(([key, names]) => ({
    key,
    settings: settings.filter(({ name }) => (names.length ? names.includes(name) : !known.has(name))),
  })).filter((group) => group.settings.length > 0)
}

export const labelOf = ({ name, directive }: Setting) => said(`php.setting.${name}`) ?? directive

/** A value of a setting, as people read it. */
export function valueWords(setting: Setting, value: unknown, t: TFunction): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return t('table.none')
  if (Array.isArray(value)) return value.join(', ')
  if (setting.unit === 'flag') return t(value === true ? 'plan.on' : 'plan.off')
  if (setting.unit === 'choice') return said(`php.choice.${setting.name}.${String(value)}`) ?? String(value)
  if (setting.unit === 'seconds' && typeof value === 'number') return t('php.seconds', { count: value })
  return typeof value === 'number' ? number(value) : String(value)
}

/** From what to what may be chosen; none where it is no number. */
export function rangeWords(setting: Setting, t: TFunction): string | undefined {
  const { least, most, unit } = setting
  if (least == null || most == null) return undefined
  const words = unit === 'bytes' ? bytes : number
  return t('php.range', { least: words(least), most: words(most) })
}

/** What was chosen here, as a form holds it; empty is nothing. */
export function typedOf({ own, unit }: Setting): string | string[] {
  if (unit === 'functions') return Array.isArray(own) ? own.map(String) : []
  return own === null || own === undefined ? '' : String(own)
}

/** What was typed, as the API takes it: null is as it would be otherwise. What is no number is sent as it is, and refused there with a reason. */
export function valueFrom({ unit }: Setting, typed: string | string[]): unknown {
  if (Array.isArray(typed)) return typed.length ? typed : null
  const text = typed.trim()
  if (text === '') return null
  if (unit === 'flag') return text === 'true'
  if (unit === 'seconds' || unit === 'count') return /^-?\d+$/.test(text) ? Number(text) : text
  return text
}
