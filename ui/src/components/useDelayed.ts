import { useEffect, useState } from 'react'

/** True once `is` has been true for so long: what comes at once needs no sign that it is on its way. */
export function useDelayed(is: boolean, after: number): boolean {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    if (!is) {
      setLate(false)
      return
    }
    const timer = setTimeout(() => setLate(true), after)
    return () => clearTimeout(timer)
  }, [is, after])
  return isLate
}
