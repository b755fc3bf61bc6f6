import { Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'

/** A row's actions. The real menu is mounted on first use: fifty idle menus cost more than the rest of a table. */
export function RowMenu({ label, children }: { label: string; children: () => ReactNode }) {
  const [isLive, setLive] = useState(false)
  const [isOpen, setOpen] = useState(false)
  const begin = () => {
    setLive(true)
    setOpen(true)
  }
  const button = (
    <button
      type="button"
      className="icon-btn"
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      onClick={isLive ? undefined : begin}
    >
      <IconDots size={16} aria-hidden />
    </button>
  )
  if (!isLive) return button
  return (
    <Menu position="bottom-end" opened={isOpen} onChange={setOpen} transitionProps={{ duration: 0 }}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>{children()}</Menu.Dropdown>
    </Menu>
  )
}
