import { Select } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { readScope, scopeText, useScope } from './scope'
import { useMe } from './session'
import { isNamePart } from './url'

/** Chooses what lists are about: everything, an organisation with those below it, or an account. It was asked for, so it is open and takes the keys. */
export function ScopeSelect() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { account, organisation, setScope } = useScope()
  const [q, setQ] = useState('')
  const now = account ?? organisation
  const asked = { q: q && q !== now && isNamePart(q) ? q : undefined, limit: 20 }
  const more = { placeholderData: keepPreviousData }
  const accounts = useQuery({ ...queries.accounts(asked), ...more })
  const organisations = useQuery({
    ...queries.organisations(asked),
    ...more,
    enabled: may('GET /api/v1/organisations'),
  })
  const group = (kind: 'account' | 'organisation', items: { name: string }[] | undefined, chosen?: string) => {
    const names = (items ?? []).map((item) => item.name)
    if (chosen && !names.includes(chosen)) names.unshift(chosen)
    return names.map((name) => ({ value: scopeText({ [kind]: name }) ?? '', label: name }))
  }
  const groups = [
    { group: t('scope.organisations'), items: group('organisation', organisations.data?.items, organisation) },
    { group: t('scope.accounts'), items: group('account', accounts.data?.items, account) },
  ]
  return (
    <Select
      aria-label={t('scope.label')}
      data={[{ value: '', label: t('scope.all') }, ...groups.filter(({ items }) => items.length)]}
      value={scopeText({ account, organisation }) ?? ''}
      onChange={(next) => setScope(readScope(next || undefined))}
      searchable
      allowDeselect={false}
      nothingFoundMessage={t('palette.nothing')}
      onSearchChange={setQ}
      size="xs"
      w={{ base: '100%', sm: 190 }}
      autoFocus
      defaultDropdownOpened
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  )
}
