import { type ComponentType, lazy, Suspense } from 'react'
import type { FormProps } from './ChangeDrawer'
import { useFocusBack } from './useFocusBack'

const Drawer = lazy(() => import('./layers').then((file) => ({ default: file.ChangeDrawer })))

/** A form above the page: its values are previewed, and exactly that is applied. */
export function ChangeForm<V extends Record<string, unknown>, T = unknown>(props: FormProps<V, T>) {
  useFocusBack()
  const Typed = Drawer as unknown as ComponentType<FormProps<V, T>>
  return (
    <Suspense>
      <Typed {...props} />
    </Suspense>
  )
}
