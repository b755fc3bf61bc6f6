import { UnstyledButton } from '@mantine/core'
import { IconSelector } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useScope } from './scope'

const ScopeSelect = lazy(() => import('./ScopeSelect').then((file) => ({ default: file.ScopeSelect })))

/** What lists are about. To choose something else loads the lists of organisations and accounts, and what shows them. */
export function ScopeSwitcher() {
  const { t } = useTranslation()
  const { account, organisation } = useScope()
  const [isLive, setLive] = useState(false)
  const shown = account ?? organisation ?? t('scope.all')
  const button = (
    <UnstyledButton
      className="scope"
      aria-label={`${t('scope.label')}: ${shown}`}
      aria-haspopup="listbox"
      onClick={() => setLive(true)}
    >
      <span>{shown}</span>
      <IconSelector size={14} stroke={1.6} aria-hidden />
    </UnstyledButton>
  )
  if (!isLive) return button
  return (
    <Suspense fallback={button}>
      <ScopeSelect />
    </Suspense>
  )
}
