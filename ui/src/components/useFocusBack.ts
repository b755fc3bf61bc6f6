import { useEffect, useState } from 'react'

/** What was pressed: where that was in a menu, which is gone by now, the button of the menu. */
function opener(): HTMLElement | null {
  const focused = document.activeElement
  const menu = focused?.closest('[role=menu]')
  return menu ? document.querySelector(`[aria-controls="${menu.id}"]`) : (focused as HTMLElement | null)
}

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
