import { Menu } from '@mantine/core'
import {
  type ComponentProps,
  type ComponentType,
  type ReactElement,
  type ReactNode,
  type Ref,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { ItemContext, type MenuItem } from './MenuItem'
import { noteMenu } from './useFocusBack'

const Item = Menu.Item as ComponentType<ComponentProps<typeof MenuItem>>

/**
 * A menu that is mounted when its button is pressed for the first time, and opens then. The button that was pressed stood where this one
 * stands: it takes the focus, so that closing the menu gives it back.
 */
export function LiveMenu({
  button,
  children,
}: {
  button: (ref: Ref<HTMLButtonElement>) => ReactElement
  children: ReactNode
}) {
  const [isOpen, setOpen] = useState(false)
  const target = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    target.current?.focus()
    setOpen(true)
  }, [])
  useLayoutEffect(() => {
    if (!isOpen) return
    noteMenu(target.current)
    return () => noteMenu(null)
  }, [isOpen])
  return (
    <Menu position="bottom-end" opened={isOpen} onChange={setOpen} transitionProps={{ duration: 0 }}>
      <Menu.Target>{button(target)}</Menu.Target>
      <Menu.Dropdown>
        <ItemContext.Provider value={Item}>{children}</ItemContext.Provider>
      </Menu.Dropdown>
    </Menu>
  )
}
