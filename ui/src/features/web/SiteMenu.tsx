import { IconCheck, IconEdit, IconExternalLink, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { useMe } from '../../app/session'
import { MenuItem } from '../../components/MenuItem'

type Site = Schemas['Site']
export type SiteAct = 'edit' | 'suspend' | 'unsuspend' | 'approve' | 'delete'

/** The actions of a site, in the same order in its row and on its page. */
export function SiteMenu({ site, onAct }: { site: Site; onAct: (act: SiteAct) => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const icon = { size: 16, 'aria-hidden': true } as const
  return (
    <>
      <MenuItem
        component="a"
        href={`http://${site.name}/`}
        target="_blank"
        rel="noreferrer"
        leftSection={<IconExternalLink {...icon} />}
      >
        {t('sites.open')}
      </MenuItem>
      {may('PATCH /api/v1/sites/{site}') && (
        <MenuItem leftSection={<IconEdit {...icon} />} onClick={() => onAct('edit')}>
          {t('common.edit')}
        </MenuItem>
      )}
      {site.pending_names.length > 0 && may('POST /api/v1/sites/{site}/approve') && (
        <MenuItem leftSection={<IconCheck {...icon} />} onClick={() => onAct('approve')}>
          {t('sites.approve')}
        </MenuItem>
      )}
      {may('POST /api/v1/sites/{site}/suspend') &&
        (site.suspended ? (
          <MenuItem leftSection={<IconPlayerPlay {...icon} />} onClick={() => onAct('unsuspend')}>
            {t('common.unsuspend')}
          </MenuItem>
        ) : (
          <MenuItem leftSection={<IconPlayerPause {...icon} />} onClick={() => onAct('suspend')}>
            {t('common.suspend')}
          </MenuItem>
        ))}
      {may('DELETE /api/v1/sites/{site}') && (
        <MenuItem color="red" leftSection={<IconTrash {...icon} />} onClick={() => onAct('delete')}>
          {t('common.delete')}
        </MenuItem>
      )}
    </>
  )
}
