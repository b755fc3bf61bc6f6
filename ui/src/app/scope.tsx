import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'

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

/** Chooses the account that lists are about. */
export function ScopeSwitcher() {
  const { t } = useTranslation()
  const { account, setAccount } = useScope()
  const [q, setQ] = useState('')
  const found = useQuery(queries.accounts({ q: q && q !== account ? q : undefined, limit: 20 }))
  const names = (found.data?.items ?? []).map((item) => item.name)
  if (account && !names.includes(account)) names.unshift(account)
  return (
    <Select
      aria-label={t('scope.label')}
      placeholder={t('scope.all')}
      data={names}
      value={account ?? null}
      onChange={(next) => setAccount(next ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('scope.clear') }}
      nothingFoundMessage={t('palette.nothing')}
      onSearchChange={setQ}
      size="xs"
      w={{ base: '100%', sm: 180 }}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  )
}
