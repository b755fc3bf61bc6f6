import { spotlight } from '@mantine/spotlight'
import { useSyncExternalStore } from 'react'

/*
 * The palette's code comes after the page. It may be asked for before: then it opens as soon as it is there, and what is typed meanwhile is
 * kept for it. So no key is lost after Ctrl K, however slow the line is.
 */
/** After so long, what closed the palette has put the focus where it wants it. */
const BACK = 30

let isWanted = false
let isThere = false
let typed = ''
let from: HTMLElement | null = null
const listeners = new Set<() => void>()

function keep(event: KeyboardEvent) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Tab') return
  if (event.key === 'Backspace') typed = typed.slice(0, -1)
  else if (event.key.length === 1) typed += event.key
  event.preventDefault()
  event.stopPropagation()
}

export function openPalette() {
  from = document.activeElement as HTMLElement | null
  if (isThere) {
    spotlight.open()
    return
  }
  isWanted = true
  addEventListener('keydown', keep, true)
  for (const listener of listeners) listener()
}

/** The palette stands in the page: from now on it opens at once. Says whether it was waited for. */
export function palettePresent(): boolean {
  isThere = true
  return isWanted
}

/** What was typed before there was a field for it. The field takes the keys from now on. */
export function takeTyped(): string {
  removeEventListener('keydown', keep, true)
  const text = typed
  typed = ''
  return text
}

/** The palette is closed: what had the focus before has it again, unless something else took it. */
export function giveFocusBack() {
  setTimeout(() => {
    if (document.activeElement === document.body && from?.isConnected) from.focus()
  }, BACK)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether somebody has asked for the palette. */
export const usePaletteWanted = () => useSyncExternalStore(subscribe, () => isWanted)
