import { useNavigate, useSearch } from '@tanstack/react-router'

/** All that a page keeps in its address: what is filtered, which page of a list, which tab, and which drawer is open. */
const NAMES = [
  'q',
  'cursor',
  'tab',
  'open',
  'fresh',
  'account',
  'actor',
  'action',
  'outcome',
  'state',
  'range',
  'at',
  'sort',
] as const

export type Search = Partial<Record<(typeof NAMES)[number], string>>

export function readSearch(search: Record<string, unknown>): Search {
  const known = NAMES.flatMap((name) => {
    const value = search[name]
    return value === undefined || value === null || value === '' ? [] : [[name, String(value)]]
  })
  return Object.fromEntries(known)
}

/** What the address says, and how to make it say something else. */
export function useUrl() {
  const search = useSearch({ from: '__root__' })
  const navigate = useNavigate()
  const set = (next: Search, replace = false) =>
    void navigate({ to: '.', search: (before: Search) => readSearch({ ...before, ...next }), replace })
  return [search, set] as const
}

/** Whether names can hold it: the panel refuses to look for anything else. */
export const isNamePart = (text: string) => /^[a-z0-9.-]*$/i.test(text)
