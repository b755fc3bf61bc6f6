/* What opens above a page. It stands on dialogs and menus, which no page needs before somebody presses something: so it is one file, loaded
   when the page is there. */
export { ChangeDrawer } from './ChangeDrawer'
export { ConfirmDialog } from './ConfirmDialog'
export { DoDialog } from './DoDialog'
export { LiveMenu } from './LiveMenu'
export { OnceDialog } from './OnceDialog'
export { Tip } from './Tip'
