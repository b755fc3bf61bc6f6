import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useScope } from '../../app/scope'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { CreateButton, Page } from '../../components/Page'
import { CertificateTable } from './CertificateTable'
import { NoAuthority } from './NoAuthority'

const CreateCertificate = lazy(() => import('./CertificateForms').then((file) => ({ default: file.CreateCertificate })))

/** Certificates: those that sites have of their own, those that were brought, and those that were asked for. */
export function Certificates() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { account, organisation } = useScope()
  const [{ open }, setUrl] = useUrl()
  const mayCreate = may('POST /api/v1/certificates')
  return (
    <Page
      title={t('nav.certificates')}
      action={mayCreate ? <CreateButton>{t('certificates.add')}</CreateButton> : undefined}
    >
      <NoAuthority />
      <CertificateTable account={account} organisation={organisation} isWhole />
      <Suspense>
        {open === 'new' && mayCreate && <CreateCertificate onClose={() => setUrl({ open: undefined })} />}
      </Suspense>
    </Page>
  )
}
