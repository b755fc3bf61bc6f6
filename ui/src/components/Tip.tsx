import { Tooltip } from '@mantine/core'
import type { ReactElement } from 'react'

/** A tooltip, shown or not as it is told. */
export function Tip({ label, isOpen, children }: { label: string; isOpen: boolean; children: ReactElement }) {
  return (
    <Tooltip label={label} opened={isOpen}>
      {children}
    </Tooltip>
  )
}
