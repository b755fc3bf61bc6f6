import { DirectionProvider, MantineProvider, useDirection } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem'
import type { Session } from '../api/session'
import { EventsProvider } from './events'
import { router } from './router'
import { SessionProvider } from './session'
import { cssVariablesResolver, theme } from './theme'

/** What is refused stays refused; an answer that did not come is asked for again. */
const retry = (failures: number, error: unknown) => {
  const { status } = asProblem(error).problem
  return failures < 2 && (status === 0 || status === 502 || status === 503 || status === 504)
}

const client = new QueryClient({ defaultOptions: { queries: { staleTime: 5000, retry, refetchOnWindowFocus: true } } })

function Direction() {
  const { i18n } = useTranslation()
  const { setDirection } = useDirection()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the language decides
  useEffect(() => setDirection(i18n.dir(i18n.language)), [i18n.language, setDirection])
  return null
}

const nonce = () => document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''

// Mantine's locks of scrolling take the nonce from here
setNonce(nonce())

/** All that pages stand on. */
export function Providers({ session }: { session: Session }) {
  return (
    <QueryClientProvider client={client}>
      <DirectionProvider initialDirection={document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'}>
        <MantineProvider
          getStyleNonce={nonce}
          theme={theme}
          cssVariablesResolver={cssVariablesResolver}
          defaultColorScheme="auto"
        >
          <Direction />
          <SessionProvider first={session}>
            <EventsProvider>
              <RouterProvider router={router} />
            </EventsProvider>
          </SessionProvider>
        </MantineProvider>
      </DirectionProvider>
    </QueryClientProvider>
  )
}
