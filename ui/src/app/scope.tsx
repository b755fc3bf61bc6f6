import { createContext, type ReactNode, useContext, useState } from 'react'

const KEPT = 'scope'
const Context = createContext<{ account?: string; setAccount: (account?: string) => void }>({ setAccount: () => {} })

/** What is looked at: everything that the caller may see, or one account. Kept per window. */
export function ScopeProvider({ children }: { children: ReactNode }) {
  const [account, set] = useState(() => sessionStorage.getItem(KEPT) ?? undefined)
  const setAccount = (next?: string) => {
    if (next) sessionStorage.setItem(KEPT, next)
    else sessionStorage.removeItem(KEPT)
    set(next)
  }
  return <Context.Provider value={{ account, setAccount }}>{children}</Context.Provider>
}

export const useScope = () => useContext(Context)
