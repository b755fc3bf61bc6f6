import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { Note } from '../../components/States'

/** Says that nobody issues certificates, to whoever may see that, and where to mend it. Nothing where somebody does. */
export function NoAuthority() {
  const { t } = useTranslation()
  const { may } = useMe()
  const list = useQuery({ ...queries.authorities(), enabled: may('GET /api/v1/authorities') })
  if (!list.data || list.data.items.some((authority) => authority.default)) return null
  return (
    <Note tone="warning" title={t('certificates.noAuthority')} role="status">
      <Text size="sm">{t('certificates.noAuthorityHelp')}</Text>
      <Link className="go" to="/settings" search={{ tab: 'authorities' }}>
        {t('authorities.title')}
      </Link>
    </Note>
  )
}
