import { UnstyledButton } from '@mantine/core'
import { IconSelector } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useScope } from './scope'

const ScopeSelect = lazy(() => import('./ScopeSelect').then((file) => ({ default: file.ScopeSelect })))

/** The account that lists are about. To choose another one loads the list of accounts, and what shows it. */
export function ScopeSwitcher() {
  const { t } = useTranslation()
  const { account } = useScope()
  const [isLive, setLive] = useState(false)
  const shown = account ?? t('scope.all')
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
