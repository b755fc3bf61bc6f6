import {
  IconCheck,
  IconEdit,
  IconExternalLink,
  IconLock,
  IconPlayerPause,
  IconPlayerPlay,
  IconPower,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { useMe } from '../../app/session'
import { MenuItem } from '../../components/MenuItem'
import { mayRetry } from '../../components/StatusBadge'

type Site = Schemas['Site']

const ACTS = {
  edit: { words: 'common.edit', icon: IconEdit, needs: 'PATCH /api/v1/sites/{site}' },
  https: { words: 'https.title', icon: IconLock, needs: 'PATCH /api/v1/sites/{site}' },
  approve: { words: 'sites.approve', icon: IconCheck, needs: 'POST /api/v1/sites/{site}/approve' },
  retry: { words: 'common.retry', icon: IconRefresh, needs: 'POST /api/v1/sites/{site}/retry' },
  enable: { words: 'sites.enable', icon: IconPower, needs: 'POST /api/v1/sites/{site}/enable' },
  disable: { words: 'sites.disable', icon: IconPower, needs: 'POST /api/v1/sites/{site}/disable' },
  unsuspend: { words: 'common.unsuspend', icon: IconPlayerPlay, needs: 'POST /api/v1/sites/{site}/unsuspend' },
  suspend: { words: 'common.suspend', icon: IconPlayerPause, needs: 'POST /api/v1/sites/{site}/suspend' },
  delete: { words: 'common.delete', icon: IconTrash, needs: 'DELETE /api/v1/sites/{site}' },
} as const

export type SiteAct = keyof typeof ACTS

/** An action that the address asks for, where it is one. */
export const siteAct = (open: string | undefined) => (open && open in ACTS ? (open as SiteAct) : undefined)

/** The actions that a site has now, for whoever may do them, in the order of its row and its page. */
export function actsOf(site: Site, may: (operation: string) => boolean): SiteAct[] {
  return (Object.keys(ACTS) as SiteAct[]).filter((act) => {
    if (!may(ACTS[act].needs)) return false
    if (act === 'approve') return site.pending_names.length > 0
    if (act === 'retry') return mayRetry(site)
    if (act === 'suspend') return !site.suspended
    if (act === 'disable') return !site.disabled
    if (act === 'enable') return site.disabled
    return act !== 'unsuspend' || site.suspended
  })
}

export function useSiteActs(site: Site | undefined) {
  const { t } = useTranslation()
  const { may } = useMe()
  return site ? actsOf(site, may).map((act) => ({ act, label: t(ACTS[act].words) })) : []
}

/** The actions of a site, in the same order in its row and on its page. */
export function SiteMenu({ site, onAct }: { site: Site; onAct: (act: SiteAct) => void }) {
  const { t } = useTranslation()
  return (
    <>
      <MenuItem
        component="a"
        // one that sends its visitors on anyway is opened where they end
        href={`${site.https?.force ? 'https' : 'http'}://${site.name}/`}
        target="_blank"
        rel="noreferrer"
        leftSection={<IconExternalLink size={16} aria-hidden />}
      >
        {t('sites.open')}
      </MenuItem>
      {useSiteActs(site).map(({ act, label }) => {
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
      })}
    </>
  )
}
