import { useCallback, useEffect, useMemo, useRef, useState } from 'react'

/** What is kept of a chosen object: enough to name it and to ask for a change of it. */
export type Picked = { id: string; name: string; generation: number; suspended: boolean }

/** The keys between two of them, both among them; the second alone where the first is not in the list. */
export function between(keys: readonly string[], from: string | undefined, to: string): string[] {
  const end = keys.indexOf(to)
  const begin = from === undefined ? -1 : keys.indexOf(from)
  if (end < 0) return []
  if (begin < 0) return [to]
  return keys.slice(Math.min(begin, end), Math.max(begin, end) + 1)
}

export type Selection<T> = {
  picked: ReadonlyMap<string, Picked>
  has: (row: T) => boolean
  /** Chooses a row or lets it go; `range`: with all between it and the one chosen before. */
  toggle: (row: T, range: boolean) => void
  /** All rows of the page, or none of them. */
  page: (on: boolean) => void
  add: (rows: readonly T[]) => void
  keep: (ids: ReadonlySet<string>) => void
  clear: () => void
}

/**
 * Rows that are chosen, beyond the page that is shown. Other objects (`about`: the filter) begin with none: nothing is changed that nobody
 * sees any more.
 */
export function useSelection<T>(rows: T[] | undefined, pick: (row: T) => Picked, about: string): Selection<T> {
  const [picked, setPicked] = useState<ReadonlyMap<string, Picked>>(new Map())
  const anchor = useRef<string>(undefined)
  const take = useRef(pick)
  take.current = pick
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter lets all go
  useEffect(() => {
    anchor.current = undefined
    setPicked((before) => (before.size ? new Map() : before))
  }, [about])
  // a row that was read again may have another generation
  useEffect(() => {
    setPicked((before) => {
      const newer = (rows ?? []).map(take.current).filter(({ id, generation, suspended }) => {
        const old = before.get(id)
        return old && (old.generation !== generation || old.suspended !== suspended)
      })
      return newer.length ? new Map([...before, ...newer.map((item) => [item.id, item] as const)]) : before
    })
  }, [rows])

  const set = useCallback((items: readonly Picked[], on: boolean) => {
    setPicked((before) => {
      const next = new Map(before)
      for (const item of items) {
        if (on) next.set(item.id, item)
        else next.delete(item.id)
      }
      return next
    })
  }, [])
  return useMemo(() => {
    const items = (rows ?? []).map(take.current)
    return {
      picked,
      has: (row) => picked.has(take.current(row).id),
      toggle: (row, range) => {
        const { id } = take.current(row)
        const ids = range
          ? between(
              items.map((item) => item.id),
              anchor.current,
              id,
            )
          : [id]
        const on = range || !picked.has(id)
        set(
          items.filter((item) => ids.includes(item.id)),
          on,
        )
        if (!range || anchor.current === undefined) anchor.current = id
      },
      page: (on) => set(items, on),
      add: (more) => set(more.map(take.current), true),
      keep: (ids) => setPicked((before) => new Map([...before].filter(([id]) => ids.has(id)))),
      clear: () => setPicked(new Map()),
    }
  }, [rows, picked, set])
}
