import { useEffect, useState } from 'react'

/** The page comes first; what it does not need waits so long at least. */
const AFTER = 500

/** True once the page stands and the browser has nothing to do: the time for what will be wanted soon. */
export function useIdle(): boolean {
  const [isIdle, setIdle] = useState(false)
  useEffect(() => {
    let idle: number | undefined
    const timer = setTimeout(() => {
      // Safari does without
      if ('requestIdleCallback' in window) idle = requestIdleCallback(() => setIdle(true), { timeout: 2000 })
      else setIdle(true)
    }, AFTER)
    return () => {
      clearTimeout(timer)
      if (idle !== undefined) cancelIdleCallback(idle)
    }
  }, [])
  return isIdle
}
