import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { queries } from '../api/queries'
import { mayCall, permissionsOf, type Session } from '../api/session'

type Me = {
  session: Session
  /** Whether the caller may call an operation on something, such as `POST /api/v1/sites`. */
  may: (operation: string) => boolean
}

const Context = createContext<Me | undefined>(undefined)

/** Who is signed in, for all below. The first answer is read before the page is drawn. */
export function SessionProvider({ first, children }: { first: Session; children: ReactNode }) {
  const { data } = useQuery({ ...queries.session(), initialData: first, staleTime: 60_000 })
  const me = useMemo(() => {
    const permissions = permissionsOf(data)
    return { session: data, may: (operation: string) => mayCall(operation, data, permissions) }
  }, [data])
  return <Context.Provider value={me}>{children}</Context.Provider>
}

export function useMe(): Me {
  const me = useContext(Context)
  if (!me) throw new Error('useMe is used outside of SessionProvider')
  return me
}
