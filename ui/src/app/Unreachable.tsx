import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

const AGAIN = 5000

/** The panel gave the page and nothing else: it is starting anew. The page tries again by itself. */
export function Unreachable() {
  const { t } = useTranslation()
  useEffect(() => {
    const timer = setInterval(async () => {
      const answer = await fetch('/api/v1/health').catch(() => undefined)
      if (answer?.ok) location.reload()
    }, AGAIN)
    return () => clearInterval(timer)
  }, [])
  return (
    <main style={{ padding: 24 }} role="alert">
      <h1>{t('problem.offline')}</h1>
      <p>{t('shell.again')}</p>
    </main>
  )
}
