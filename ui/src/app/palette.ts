import { useSyncExternalStore } from 'react'

/**
 * The door of the palette. Its code comes after the page's own; what is typed before it is there waits here, so no key is lost.
 */
/** After so long, what closed the palette has put the focus where it wants it. */
const BACK = 30

let isOpen = false
let isWanted = false
let typed = ''
let from: HTMLElement | null = null
const listeners = new Set<() => void>()

function set(next: boolean) {
  isOpen = next
  for (const listener of listeners) listener()
}

function gather(event: KeyboardEvent) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'Escape') closePalette()
  else if (event.key === 'Backspace') typed = typed.slice(0, -1)
  else if (event.key.length === 1) typed += event.key
  else return
  event.preventDefault()
  event.stopImmediatePropagation()
}

export function openPalette() {
  if (isOpen) return
  typed = ''
  from = document.activeElement as HTMLElement | null
  isWanted = true
  addEventListener('keydown', gather, true)
  set(true)
}

export function closePalette() {
  removeEventListener('keydown', gather, true)
  if (!isOpen) return
  set(false)
  // what had the focus before has it again, unless something else took it
  setTimeout(() => {
    if (document.activeElement === document.body && from?.isConnected) from.focus()
  }, BACK)
}

/** What was typed until now; from now on the palette's own field has the keys. */
export function takeTyped(): string {
  removeEventListener('keydown', gather, true)
  const text = typed
  typed = ''
  return text
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whether somebody has asked for the palette. */
export const usePaletteWanted = () => useSyncExternalStore(subscribe, () => isWanted)

export const useIsPaletteOpen = () => useSyncExternalStore(subscribe, () => isOpen)
