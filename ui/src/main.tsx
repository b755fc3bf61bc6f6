import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/app.css'
import { createRoot } from 'react-dom/client'
import { preferredLanguage, setLanguage } from './app/i18n'
import { Providers } from './app/Providers'
import { Unreachable } from './app/Unreachable'

const RELOADED = 'reloaded-at'

// a page's code that is gone: the panel was upgraded under this window, and its new files are taken, once
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 60_000) return
  event.preventDefault()
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
})

/** Who is signed in decides what is drawn; nobody is led to the sign-in. */
async function begin() {
  const root = createRoot(document.getElementById('root') as HTMLElement)
  await setLanguage(preferredLanguage())
  const answer = await fetch('/api/v1/session', { headers: { Accept: 'application/json' } }).catch(() => undefined)
  if (answer?.status === 401) location.replace(`/login?to=${location.pathname}${location.search}`)
  else if (answer?.ok) root.render(<Providers session={await answer.json()} />)
  else root.render(<Unreachable />)
}

void begin()
