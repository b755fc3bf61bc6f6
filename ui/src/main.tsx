import '@mantine/core/styles.css'
import './app/app.css'
import { preferredLanguage, textsOf } from './app/locales'

const RELOADED = 'reloaded-at'
const AGAIN = 5000

// a page's code that is gone: the panel was upgraded under this window, and its new files are taken, once
addEventListener('vite:preloadError', (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < 60_000) return
  event.preventDefault()
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
})

/** Code and texts did not come: index.html has the words for that, and the page is tried again. */
function away() {
  document.getElementById('away')?.removeAttribute('hidden')
  setTimeout(() => location.reload(), AGAIN)
}

/** Who is signed in, the texts of one language, and the code are asked for at once. */
async function begin() {
  const session = fetch('/api/v1/me', { headers: { Accept: 'application/json' } }).catch(() => undefined)
  const [{ start }] = await Promise.all([import('./app/start'), textsOf(preferredLanguage())])
  await start(document.getElementById('root') as HTMLElement, session)
}

begin().catch(away)
