import { type Change, change } from '../../api/change'
import type { Schemas } from '../../api/problem'

export type Item = Schemas['AdoptionView']

/** What the server does not know of an account that is taken over. */
export type Besides = { email?: string; organisation?: string; package?: string }

/** A decision about one object; only an account is given what the server does not know. */
export function decision(item: Item, choice: string, besides: Besides = {}): Change {
  const rebuilt = item.kind === 'account' && choice === 'take_over'
  const known = Object.entries(besides).filter(([, value]) => value)
  return change('post', '/api/v1/adoption/decisions', {
    body: { kind: item.kind, id: item.id, decision: choice, ...(rebuilt ? Object.fromEntries(known) : {}) },
  })
}

/** Which words say why an object waits: one that the server was told to remove is behind in another way. */
export const whyOf = (item: Item) => (item.why === 'behind' && item.host_absent ? 'absent' : item.why)

/** Which words say what a choice does to this object. */
export function effectOf(item: Item, choice: string): string {
  if (!item.host_absent) return choice
  if (choice === 'panel') return item.kind === 'account' ? 'panelAccountAgain' : 'panelAgain'
  return choice === 'host' ? 'hostAbsent' : choice
}

/** Objects that wait for the same reason, in the order in which the panel names them. */
export function groupsOf(items: Item[]): { why: string; items: Item[] }[] {
  const order = ['absent', 'behind', 'unknown', 'removing', 'kept']
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(whyOf(item), [...(groups.get(whyOf(item)) ?? []), item])
  const place = (why: string) => (order.indexOf(why) + order.length + 1) % (order.length + 1)
  return [...groups].map(([why, items]) => ({ why, items })).sort((a, b) => place(a.why) - place(b.why))
}

const CHOICES = ['host', 'panel', 'take_over', 'keep', 'remove']

/** What can be decided, with what takes something away last. */
export const choicesOf = (item: Item) => [...item.choices].sort((a, b) => CHOICES.indexOf(a) - CHOICES.indexOf(b))

/** What can be decided about every one of them. */
export const commonChoices = (items: Item[]) =>
  (items[0] ? choicesOf(items[0]) : []).filter((choice) => items.every((item) => item.choices.includes(choice)))

/** What others stand on comes first, and goes last; what goes makes room for what comes. */
export const inOrder = (items: Item[], choice: string) => {
  const goes = (item: Item) => choice === 'remove' || (choice === 'host' && item.host_absent)
  return [...items.filter(goes).reverse(), ...items.filter((item) => !goes(item))]
}

/** A value of a field as text; nothing where there is none. */
export function fieldText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, typeof value === 'object' ? 1 : undefined)
}
