import { useEffect, useState } from 'react'

/** The button of a menu that is open, or was until this very moment. */
let ofMenu: HTMLElement | null = null

/** Notes the button of the menu that opens; null: it has closed. What its item brings up is there by the next turn. */
export function noteMenu(button: HTMLElement | null) {
  if (button) ofMenu = button
  else setTimeout(() => (ofMenu = null))
}

/** What was pressed: where that was in a menu, which is gone by now, the button of the menu. */
const opener = () => ofMenu ?? (document.activeElement as HTMLElement | null)

/** Gives the focus back to what opened this layer, once it is gone; to the page, where that is gone, too. */
export function useFocusBack() {
  const [from] = useState(opener)
  useEffect(
    () => () => {
      const isLost = !document.activeElement || document.activeElement === document.body
      if (!isLost) return
      if (from?.isConnected && from !== document.body) from.focus()
      else document.getElementById('main')?.focus()
    },
    [from],
  )
}
