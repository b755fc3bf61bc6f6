import { useEffect } from 'react'
import { actionOf } from './actions'
import { PAGES, type PagePath } from './navigation'
import { closePalette, openPalette } from './palette'

const KEPT = 'single-keys'

/** Keys without Ctrl can be switched off: speech input and a cat on the keyboard press them by accident. */
export const areSingleKeysOn = () => localStorage.getItem(KEPT) !== 'off'
export const setSingleKeys = (on: boolean) => localStorage.setItem(KEPT, on ? 'on' : 'off')

/** Whether keys make text there. A checkbox takes none but the space bar. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(target.type)))

/** The dialogs, drawers and the palette that are open, the top one last. */
const layers = () =>
  [...document.querySelectorAll<HTMLElement>('[role=dialog]')].filter((layer) => layer.checkVisibility?.() ?? true)

/** Sends the form of the top layer, or that in which somebody types; false where there is none. */
export function submit(target: EventTarget | null): boolean {
  const top = layers().at(-1)
  const near = target instanceof HTMLElement ? target.closest('form') : null
  const form = near && (!top || top.contains(near)) ? near : top?.querySelector('form')
  if (form) form.requestSubmit()
  else {
    const button = top?.querySelector<HTMLButtonElement>('[data-submit]')
    if (!button) return false
    button.click()
  }
  return true
}

/**
 * Escape closes one layer. Each listens for itself, so where several are open the others are not told, and the top one is closed by its own
 * button, which asks first where something would be lost.
 */
function closeTop(event: KeyboardEvent) {
  if (event.key !== 'Escape' || event.isComposing) return
  const open = layers()
  const top = open.at(-1)
  const isOwn = event.target instanceof Element && event.target.closest('[data-mantine-stop-propagation=true]')
  if (open.length < 2 || !top || isOwn) return
  event.preventDefault()
  event.stopImmediatePropagation()
  if (top.querySelector('[data-palette]')) closePalette()
  else top.querySelector<HTMLElement>('.mantine-Modal-close, .mantine-Drawer-close')?.click()
}

// before any layer listens
if (typeof window !== 'undefined') addEventListener('keydown', closeTop, true)

/** Goes to the tab beside the chosen one, round and round. */
function turnTab(step: number): boolean {
  const tabs = [...document.querySelectorAll<HTMLElement>('main [role=tab]')]
  const here = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true')
  const next = tabs[(here + step + tabs.length) % tabs.length]
  if (!next || here < 0) return false
  next.click()
  next.focus()
  return true
}

/** What a key without Ctrl does; false where it does nothing here. */
function single(event: KeyboardEvent, on: On): boolean {
  switch (event.key) {
    case '?':
      on.sheet()
      return true
    case '/': {
      const filter = document.querySelector<HTMLInputElement>('[data-filter]')
      if (filter) filter.focus()
      else openPalette()
      return true
    }
    case '[':
      return turnTab(-1)
    case ']':
      return turnTab(1)
    case '.': {
      const menu = document.querySelector<HTMLElement>('.page-head [aria-haspopup=menu]')
      menu?.click()
      return !!menu
    }
    default: {
      const action = actionOf(event.key)
      const create = event.key === 'c' && !action ? document.querySelector<HTMLElement>('[data-create]') : null
      action?.run()
      create?.click()
      return !!(action ?? create)
    }
  }
}

type On = { go: (to: PagePath) => void; drawer: () => void; sheet: () => void }

/** The whole keyboard map but for the rows of a list, which have theirs. `g` and a letter within a second goes to a page. */
export function useShortcuts({ go, drawer, sheet }: On) {
  useEffect(() => {
    let isGoing: ReturnType<typeof setTimeout> | undefined
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase()
      const isControl = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey
      if (isControl && (key === 'k' || key === 'j')) {
        event.preventDefault()
        if (key === 'k') openPalette()
        else drawer()
        return
      }
      if (isControl && (key === 's' || key === 'enter')) {
        if (submit(event.target)) event.preventDefault()
        return
      }
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
      const isBelow = document.querySelector('[role=dialog], [role=menu]') !== null
      if (event.defaultPrevented || !isPlain || isBelow || isTyping(event.target) || !areSingleKeysOn()) return
      if (isGoing) {
        clearTimeout(isGoing)
        isGoing = undefined
        const page = PAGES.find((item) => item.letter === key)
        if (page) {
          event.preventDefault()
          go(page.to)
        }
        return
      }
      if (key === 'g') {
        isGoing = setTimeout(() => {
          isGoing = undefined
        }, 1000)
      } else if (single(event, { go, drawer, sheet })) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => {
      clearTimeout(isGoing)
      removeEventListener('keydown', onKey)
    }
  }, [go, drawer, sheet])
}
