import { IconEdit, IconPackage, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { useMe } from '../../app/session'
import { MenuItem } from '../../components/MenuItem'
import { mayRetry } from '../../components/StatusBadge'

type Account = Schemas['Account']

const ACTS = {
  edit: { words: 'common.edit', icon: IconEdit, needs: 'PATCH /api/v1/accounts/{account}' },
  sell: { words: 'accounts.sell', icon: IconPackage, needs: 'PATCH /api/v1/accounts/{account}/limits' },
  retry: { words: 'common.retry', icon: IconRefresh, needs: 'POST /api/v1/accounts/{account}/retry' },
  unsuspend: {
    words: 'common.unsuspend',
    icon: IconPlayerPlay,
    needs: 'POST /api/v1/accounts/{account}/unsuspend',
  },
  suspend: { words: 'common.suspend', icon: IconPlayerPause, needs: 'POST /api/v1/accounts/{account}/suspend' },
  delete: { words: 'common.delete', icon: IconTrash, needs: 'DELETE /api/v1/accounts/{account}' },
} as const

export type AccountAct = keyof typeof ACTS

/** An action that the address asks for, where it is one. */
export const accountAct = (open: string | undefined) => (open && open in ACTS ? (open as AccountAct) : undefined)

/** The actions that an account has now, for whoever may do them, in the order of its row and its page. */
export function actsOf(account: Account, may: (operation: string) => boolean): AccountAct[] {
  const isOff = account.suspended_by.includes('account') || account.suspended
  return (Object.keys(ACTS) as AccountAct[]).filter((act) => {
    if (!may(ACTS[act].needs)) return false
    if (act === 'retry') return mayRetry(account)
    if (act === 'suspend') return !isOff
    return act !== 'unsuspend' || isOff
  })
}

export function useAccountActs(account: Account | undefined) {
  const { t } = useTranslation()
  const { may } = useMe()
  return account ? actsOf(account, may).map((act) => ({ act, label: t(ACTS[act].words) })) : []
}

/** The actions of an account, in the same order in its row and on its page. */
export function AccountMenu({ account, onAct }: { account: Account; onAct: (act: AccountAct) => void }) {
  return useAccountActs(account).map(({ act, label }) => {
    const Icon = ACTS[act].icon
    return (
      <MenuItem
        key={act}
        color={act === 'delete' ? 'red' : undefined}
        leftSection={<Icon size={16} aria-hidden />}
        onClick={() => onAct(act)}
      >
        {label}
      </MenuItem>
    )
  })
}
