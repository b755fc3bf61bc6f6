import { Tooltip } from '@mantine/core'
import type { ReactElement } from 'react'

/** A tooltip, shown or not as it is told. It stays within the page's landmarks. */
export function Tip({ label, isOpen, children }: { label: string; isOpen: boolean; children: ReactElement }) {
  return (
    <Tooltip label={label} opened={isOpen} withinPortal={false} floatingStrategy="fixed">
      {children}
    </Tooltip>
  )
}
