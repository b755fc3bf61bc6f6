import { lazy, Suspense } from 'react'
import type { ConfirmProps } from './ConfirmDialog'
import { useFocusBack } from './useFocusBack'

const Dialog = lazy(() => import('./layers').then((file) => ({ default: file.ConfirmDialog })))

/** Asks before something is taken away. */
export function ConfirmChange(props: ConfirmProps) {
  useFocusBack()
  return (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  )
}
