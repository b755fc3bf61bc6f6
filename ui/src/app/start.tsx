import { createRoot } from 'react-dom/client'
import { setLanguage } from './i18n'
import { preferredLanguage } from './locales'
import { Providers } from './Providers'
import { Unreachable } from './Unreachable'

/** Who is signed in decides what is drawn; nobody is led to the sign-in. */
export async function start(root: HTMLElement, asked: Promise<Response | undefined>) {
  const [answer] = await Promise.all([asked, setLanguage(preferredLanguage())])
  if (answer?.status === 401) location.replace(`/login?to=${location.pathname}${location.search}`)
  else if (answer?.ok) createRoot(root).render(<Providers session={await answer.json()} />)
  else createRoot(root).render(<Unreachable />)
}
