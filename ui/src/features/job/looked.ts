import { useSyncExternalStore } from 'react'

const KEPT = 'jobs-looked-at'
/** So many are remembered; the drawer has the latest alone. */
const MOST = 200

const listeners = new Set<() => void>()
const read = () => localStorage.getItem(KEPT) ?? ''

/** The jobs are over and were seen in this browser: the drawer no longer puts them first. */
export function lookedAt(jobs: string[]) {
  const known = read().split(' ').filter(Boolean)
  const fresh = jobs.filter((job) => !known.includes(job))
  if (fresh.length === 0) return
  localStorage.setItem(KEPT, [...known, ...fresh].slice(-MOST).join(' '))
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    removeEventListener('storage', listener)
  }
}

/** Which jobs were looked at; another window counts, too. */
export function useLooked(): ReadonlySet<string> {
  return new Set(useSyncExternalStore(subscribe, read).split(' '))
}
