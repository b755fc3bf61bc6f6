import { useEffect, useRef, useSyncExternalStore } from 'react'

/** Something that can be done on the page that is shown. */
export type PageAction = {
  id: string
  label: string
  /** The key that does it. */
  key?: 'e' | 'c' | 'Delete'
  run: () => void
}

const sets = new Map<symbol, () => PageAction[]>()
const listeners = new Set<() => void>()
let version = 0

function changed() {
  version += 1
  for (const listener of listeners) listener()
}

/** What can be done on this page: the palette offers it first, and keys do it. */
export function usePageActions(actions: PageAction[]) {
  const now = useRef(actions)
  now.current = actions
  const names = actions.map(({ id, label }) => `${id} ${label}`).join('\n')
  useEffect(() => {
    const mine = Symbol(names)
    sets.set(mine, () => now.current)
    changed()
    return () => {
      sets.delete(mine)
      changed()
    }
  }, [names])
}

const all = () => [...sets.values()].flatMap((set) => set())

export function usePageActionList(): PageAction[] {
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => version,
  )
  return all()
}

/** The action that a key does here. */
export const actionOf = (key: string) => all().find((action) => action.key === key)
