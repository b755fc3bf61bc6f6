import { IconCertificate, IconRefresh, IconReload, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../app/session'
import { MenuItem } from '../../components/MenuItem'
import { mayRetry } from '../../components/StatusBadge'
import type { Certificate } from './words'

const ACTS = {
  renew: {
    words: 'certificates.renew',
    icon: IconReload,
    needs: 'POST /api/v1/certificates/{certificate}/renew',
  },
  replace: {
    words: 'certificates.replace',
    icon: IconCertificate,
    needs: 'PUT /api/v1/certificates/{certificate}/chain',
  },
  retry: { words: 'common.retry', icon: IconRefresh, needs: 'POST /api/v1/certificates/{certificate}/retry' },
  delete: { words: 'common.delete', icon: IconTrash, needs: 'DELETE /api/v1/certificates/{certificate}' },
} as const

export type CertificateAct = keyof typeof ACTS

/** An action that the address asks for, where it is one. */
export const certificateAct = (open: string | undefined) =>
  open && open in ACTS ? (open as CertificateAct) : undefined

/**
 * The actions that a certificate has now, for whoever may do them, in the order of its row and its page. One that was made for a site goes
 * with the site, and is not deleted beside it.
 */
export function actsOf(certificate: Certificate, may: (operation: string) => boolean): CertificateAct[] {
  return (Object.keys(ACTS) as CertificateAct[]).filter((act) => {
    if (!may(ACTS[act].needs)) return false
    if (act === 'renew') return certificate.source === 'authority'
    if (act === 'replace') return certificate.source === 'brought'
    if (act === 'retry') return mayRetry(certificate)
    return !certificate.site
  })
}

export function useCertificateActs(certificate: Certificate | undefined) {
  const { t } = useTranslation()
  const { may } = useMe()
  return certificate ? actsOf(certificate, may).map((act) => ({ act, label: t(ACTS[act].words) })) : []
}

/** The actions of a certificate, in the same order in its row and on its page. */
export function CertificateMenu({
  certificate,
  onAct,
}: {
  certificate: Certificate
  onAct: (act: CertificateAct) => void
}) {
  return useCertificateActs(certificate).map(({ act, label }) => {
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
