import { Menu } from '@mantine/core'
import { IconEdit, IconPackage, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { useMe } from '../../app/session'

type Account = Schemas['Account']
export type AccountAct = 'edit' | 'sell' | 'suspend' | 'unsuspend' | 'delete'

/** The actions of an account, in the same order in its row and on its page. */
export function AccountMenu({ account, onAct }: { account: Account; onAct: (act: AccountAct) => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <>
      {may('PATCH /api/v1/accounts/{account}') && (
        <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => onAct('edit')}>
          {t('common.edit')}
        </Menu.Item>
      )}
      {may('PATCH /api/v1/accounts/{account}/limits') && (
        <Menu.Item leftSection={<IconPackage {...icon} />} onClick={() => onAct('sell')}>
          {t('accounts.sell')}
        </Menu.Item>
      )}
      {may('POST /api/v1/accounts/{account}/suspend') &&
        (account.suspended_by.includes('account') || account.suspended ? (
          <Menu.Item leftSection={<IconPlayerPlay {...icon} />} onClick={() => onAct('unsuspend')}>
            {t('common.unsuspend')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconPlayerPause {...icon} />} onClick={() => onAct('suspend')}>
            {t('common.suspend')}
          </Menu.Item>
        ))}
      {may('DELETE /api/v1/accounts/{account}') && (
        <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={() => onAct('delete')}>
          {t('common.delete')}
        </Menu.Item>
      )}
    </>
  )
}
