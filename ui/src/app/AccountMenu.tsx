import { Menu } from '@mantine/core'
import { IconLogout, IconUserCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactElement, Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { LiveMenu } from '../components/LiveMenu'

/** What the signed-in person may do about themselves. */
export function AccountMenu({
  button,
  login,
  signOut,
}: {
  button: (ref: Ref<HTMLButtonElement>) => ReactElement
  login: string
  signOut: () => Promise<void>
}) {
  const { t } = useTranslation()
  return (
    <LiveMenu button={button}>
      <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={16} aria-hidden />}>
        {t('shell.profile', { login })}
      </Menu.Item>
      <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
        {t('shell.signOut')}
      </Menu.Item>
    </LiveMenu>
  )
}
