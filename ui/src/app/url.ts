import { useNavigate, useSearch } from '@tanstack/react-router'

/**
 * All that a page keeps in its address: what is filtered, sorted, which page of a list, which tab, which drawer is open and about what, and
 * what part of the installation is looked at.
 */
const NAMES = [
  'q',
  'sort',
  'cursor',
  'page',
  'tab',
  'open',
  'on',
  'fresh',
  'view',
  'scope',
  'account',
  'actor',
  'action',
  'outcome',
  'state',
  'step',
  'roles',
  'condition',
  'suspended',
  'organisation',
  'package',
  'range',
  'at',
] as const

export type Search = Partial<Record<(typeof NAMES)[number], string>>

declare module '@tanstack/history' {
  interface HistoryState {
    /** The cursors of the pages of a list that were gone through, the first of them empty. */
    trail?: string[]
  }
}

export function readSearch(search: Record<string, unknown>): Search {
  const known = NAMES.flatMap((name) => {
    const value = search[name]
    return value === undefined || value === null || value === '' ? [] : [[name, String(value)]]
  })
  return Object.fromEntries(known)
}

/** What is looked at stays so from page to page, until somebody looks at something else. */
export function keepScope({ search, next }: { search: Search; next: (search: Search) => Search }): Search {
  const result = next(search)
  return 'scope' in result || !search.scope ? result : { ...result, scope: search.scope }
}

/** What the address says, and how to make it say something else. */
export function useUrl() {
  const search = useSearch({ from: '__root__' })
  const navigate = useNavigate()
  const set = (next: Search, replace = false, trail?: string[]) =>
    void navigate({
      to: '.',
      // the first page has no number
      search: (before: Search) => readSearch({ ...before, ...(next.cursor ? {} : wholeList(next)), ...next }),
      // a drawer that opens and closes leaves the pages that were gone through as they are
      state: trail ? { trail } : 'cursor' in next ? undefined : true,
      replace,
    })
  return [search, set] as const
}

const wholeList = (next: Search) => ('cursor' in next ? { page: undefined } : {})

/** Whether names can hold it: the panel refuses to look for anything else. */
export const isNamePart = (text: string) => /^[a-z0-9.-]*$/i.test(text)

/** A dialog about one of a page's objects, which the address names: a reload opens it again, and Back closes it. */
export function useOpenOf<T>(what: string, items: readonly T[] | undefined, key: (item: T) => string) {
  const [{ open, on }, setUrl] = useUrl()
  const item = open === what && on !== undefined ? items?.find((item) => key(item) === on) : undefined
  const set = (next?: T) => setUrl({ open: next && what, on: next && key(next) })
  return [item, set] as const
}

/** An action on the object whose page this is, which the address names. */
export function useOpenAct<A extends string>(acts: readonly A[]) {
  const [{ open, on }, setUrl] = useUrl()
  const act = on === undefined ? acts.find((act) => act === open) : undefined
  const set = (next?: A) => setUrl({ open: next, on: undefined })
  return [act, set] as const
}
