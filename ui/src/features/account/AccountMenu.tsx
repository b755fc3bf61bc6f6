import { IconEdit, IconPackage, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { useMe } from '../../app/session'
import { MenuItem } from '../../components/MenuItem'

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
        <MenuItem leftSection={<IconEdit {...icon} />} onClick={() => onAct('edit')}>
          {t('common.edit')}
        </MenuItem>
      )}
      {may('PATCH /api/v1/accounts/{account}/limits') && (
        <MenuItem leftSection={<IconPackage {...icon} />} onClick={() => onAct('sell')}>
          {t('accounts.sell')}
        </MenuItem>
      )}
      {may('POST /api/v1/accounts/{account}/suspend') &&
        (account.suspended_by.includes('account') || account.suspended ? (
          <MenuItem leftSection={<IconPlayerPlay {...icon} />} onClick={() => onAct('unsuspend')}>
            {t('common.unsuspend')}
          </MenuItem>
        ) : (
          <MenuItem leftSection={<IconPlayerPause {...icon} />} onClick={() => onAct('suspend')}>
            {t('common.suspend')}
          </MenuItem>
        ))}
      {may('DELETE /api/v1/accounts/{account}') && (
        <MenuItem color="red" leftSection={<IconTrash {...icon} />} onClick={() => onAct('delete')}>
          {t('common.delete')}
        </MenuItem>
      )}
    </>
  )
}
