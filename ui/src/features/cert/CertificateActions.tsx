import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { ReplaceChain } from './CertificateForms'
import type { CertificateAct } from './CertificateMenu'
import { type Certificate, titleOf } from './words'

/** The dialog of an action. */
export function CertificateDialog({
  act,
  certificate,
  onClose,
  onGone,
}: {
  act: CertificateAct
  certificate: Certificate
  onClose: () => void
  /** Leaves the page of what is gone. */
  onGone?: () => Promise<void>
}) {
  const { t } = useTranslation()
  const path = { certificate: certificate.id }
  const name = titleOf(certificate)
  switch (act) {
    case 'renew':
      return (
        <DoChange
          words="certificate_renew"
          name={name}
          change={change('post', '/api/v1/certificates/{certificate}/renew', { path })}
          onClose={onClose}
        />
      )
    case 'replace':
      return <ReplaceChain certificate={certificate} onClose={onClose} />
    case 'retry':
      return (
        <DoChange
          words="certificate_retry"
          name={name}
          change={change('post', '/api/v1/certificates/{certificate}/retry', { path })}
          onClose={onClose}
        />
      )
    case 'delete':
      return (
        <ConfirmChange
          op="certificate_delete"
          // short enough to be typed
          name={certificate.names[0] ?? certificate.id}
          change={change('delete', '/api/v1/certificates/{certificate}', { path })}
          onClose={onClose}
          onGone={onGone}
        >
          {certificate.names.length > 1 && (
            <Text size="sm">{t('certificates.allNames', { names: certificate.names.join(', ') })}</Text>
          )}
        </ConfirmChange>
      )
  }
}
