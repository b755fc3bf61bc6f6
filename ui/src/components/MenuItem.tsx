import type { MenuItemProps } from '@mantine/core'
import { type ComponentType, createContext, useContext } from 'react'

type Props = MenuItemProps & { onClick?: () => void; component?: 'a'; href?: string; target?: string; rel?: string }

/** What draws an item: the open menu knows it. A list of objects has the items' words with it, and not what draws them. */
export const ItemContext = createContext<ComponentType<Props> | undefined>(undefined)

/** One action of a menu that is loaded when it is opened: of `RowMenu` and `ObjectMenu`. */
export function MenuItem(props: Props) {
  const Item = useContext(ItemContext)
  if (!Item) throw new Error('MenuItem is used outside of RowMenu and ObjectMenu')
  return <Item {...props} />
}
