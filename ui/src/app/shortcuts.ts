import { useEffect } from 'react'
import { PAGES, type PagePath } from './navigation'
import { openPalette } from './palette'

const KEPT = 'single-keys'

/** Keys without Ctrl can be switched off: speech input and a cat on the keyboard press them by accident. */
export const areSingleKeysOn = () => localStorage.getItem(KEPT) !== 'off'
export const setSingleKeys = (on: boolean) => localStorage.setItem(KEPT, on ? 'on' : 'off')

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

type On = { go: (to: PagePath) => void; drawer: () => void; sheet: () => void }

/** The whole keyboard map. `g` and a letter within a second goes to a page. */
export function useShortcuts({ go, drawer, sheet }: On) {
  useEffect(() => {
    let isGoing: ReturnType<typeof setTimeout> | undefined
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase()
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && (key === 'k' || key === 'j')) {
        event.preventDefault()
        if (key === 'k') openPalette()
        else drawer()
        return
      }
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
      const isBelow = document.querySelector('[role=dialog]') !== null
      if (!isPlain || isBelow || isTyping(event.target) || !areSingleKeysOn()) return
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
      } else if (event.key === '?') sheet()
      else if (event.key === '/') {
        event.preventDefault()
        const filter = document.querySelector<HTMLInputElement>('[data-filter]')
        if (filter) filter.focus()
        else openPalette()
      } else if (key === 'c') {
        const create = document.querySelector<HTMLElement>('[data-create]')
        if (create) {
          event.preventDefault()
          create.click()
        }
      }
    }
    addEventListener('keydown', onKey)
    return () => {
      clearTimeout(isGoing)
      removeEventListener('keydown', onKey)
    }
  }, [go, drawer, sheet])
}
