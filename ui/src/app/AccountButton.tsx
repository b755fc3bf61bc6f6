import { ActionIcon } from '@mantine/core'
import { IconUserCircle } from '@tabler/icons-react'
import { lazy, type Ref, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../api/client'
import { useMe } from './session'

const AccountMenu = lazy(() => import('./AccountMenu').then((file) => ({ default: file.AccountMenu })))

export async function signOut() {
  await api.DELETE('/api/v1/session')
  location.assign('/login')
}

/** The signed-in person's menu; its code comes when it is opened. */
export function AccountButton() {
  const { t } = useTranslation()
  const { session } = useMe()
  const [isLive, setLive] = useState(false)
  const button = (ref?: Ref<HTMLButtonElement>) => (
    <ActionIcon
      ref={ref}
      variant="subtle"
      color="slate"
      size={36}
      aria-label={t('shell.account', { login: session.login })}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={isLive ? undefined : () => setLive(true)}
    >
      <IconUserCircle size={20} stroke={1.6} />
    </ActionIcon>
  )
  if (!isLive) return button()
  return (
    <Suspense fallback={button()}>
      <AccountMenu button={button} login={session.login} signOut={signOut} />
    </Suspense>
  )
}
