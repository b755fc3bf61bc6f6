import '@mantine/notifications/styles.css'
import { Notifications } from '@mantine/notifications'

/** The results of what was just done. Those that came before this was loaded are shown by it, too. */
export function Toasts() {
  return <Notifications position="bottom-right" autoClose={6000} />
}
