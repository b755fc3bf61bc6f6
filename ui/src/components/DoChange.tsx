import { lazy, Suspense } from 'react'
import type { DoProps } from './DoDialog'
import { useFocusBack } from './useFocusBack'

const Dialog = lazy(() => import('./layers').then((file) => ({ default: file.DoDialog })))

/** Does what takes nothing away, once it was looked at. */
export function DoChange(props: DoProps) {
  useFocusBack()
  return (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  )
}
