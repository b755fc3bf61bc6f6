import { lazy, Suspense } from 'react'
import type { OnceProps } from './OnceDialog'
import { useFocusBack } from './useFocusBack'

const Dialog = lazy(() => import('./layers').then((file) => ({ default: file.OnceDialog })))

/** Shows a secret, once. */
export function Once(props: OnceProps) {
  useFocusBack()
  return (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  )
}
