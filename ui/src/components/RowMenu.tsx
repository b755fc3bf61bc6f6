import { IconDots } from '@tabler/icons-react'
import { lazy, type ReactNode, type Ref, Suspense, useState } from 'react'

const LiveMenu = lazy(() => import('./layers').then((file) => ({ default: file.LiveMenu })))

/** A row's actions. The real menu is mounted on first use: fifty idle menus cost more than the rest of a table. */
export function RowMenu({ label, children }: { label: string; children: () => ReactNode }) {
  const [isLive, setLive] = useState(false)
  const button = (ref?: Ref<HTMLButtonElement>) => (
    <button
      ref={ref}
      type="button"
      className="icon-btn"
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={isLive ? undefined : () => setLive(true)}
    >
      <IconDots size={16} aria-hidden />
    </button>
  )
  if (!isLive) return button()
  return (
    <Suspense fallback={button()}>
      <LiveMenu button={button}>{children()}</LiveMenu>
    </Suspense>
  )
}
