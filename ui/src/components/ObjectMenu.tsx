import { Button } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { lazy, type ReactNode, type Ref, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'

const LiveMenu = lazy(() => import('./layers').then((file) => ({ default: file.LiveMenu })))

/** The actions of the object whose page this is; the same as in its row. */
export function ObjectMenu({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [isLive, setLive] = useState(false)
  const button = (ref?: Ref<HTMLButtonElement>) => (
    <Button
      ref={ref}
      variant="default"
      rightSection={<IconChevronDown size={16} aria-hidden />}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={isLive ? undefined : () => setLive(true)}
    >
      {t('table.actions')}
    </Button>
  )
  if (!isLive) return button()
  return (
    <Suspense fallback={button()}>
      <LiveMenu button={button}>{children}</LiveMenu>
    </Suspense>
  )
}
