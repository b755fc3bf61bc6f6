import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { useScope } from './scope'

/** Chooses the account that lists are about. It was asked for, so it is open and takes the keys. */
export function ScopeSelect() {
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
      autoFocus
      defaultDropdownOpened
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
