import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { Badge } from '../../components/StatusBadge'

/** Whether people can sign in by a provider, and why not. */
export function ProviderState({ provider }: { provider: Schemas['IdentityProvider'] }) {
  const { t } = useTranslation()
  if (!provider.enabled) return <Badge tone="off">{t('plan.off')}</Badge>
  if (!provider.redirect_uri) return <Badge tone="warning">{t('identity.noRedirect')}</Badge>
  if (provider.mappings.some((mapping) => !mapping.in_force)) {
    return <Badge tone="warning">{t('identity.notInForce')}</Badge>
  }
  return (
    <Badge tone="good" quiet>
      {t('plan.on')}
    </Badge>
  )
}
