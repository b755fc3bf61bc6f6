import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useScope } from '../../app/scope'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { CreateButton, Page } from '../../components/Page'
import { SiteTable } from './SiteTable'

const CreateSite = lazy(() => import('./SiteForms').then((file) => ({ default: file.CreateSite })))

export function Sites() {
  const { t } = useTranslation()
  const { may } = useMe()
  const { account, organisation } = useScope()
  const [{ open }, setUrl] = useUrl()
  const mayCreate = may('POST /api/v1/sites')
  return (
    <Page title={t('nav.sites')} action={mayCreate ? <CreateButton>{t('sites.add')}</CreateButton> : undefined}>
      <SiteTable account={account} organisation={organisation} isWhole />
      <Suspense>{open === 'new' && mayCreate && <CreateSite onClose={() => setUrl({ open: undefined })} />}</Suspense>
    </Page>
  )
}
