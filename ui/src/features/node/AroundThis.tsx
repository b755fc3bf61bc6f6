import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../app/session'

/** Leads to how the server fared at a moment. */
export function AroundThis({ at }: { at: string }) {
  const { t } = useTranslation()
  const { may } = useMe()
  if (!may('GET /api/v1/node/metrics')) return null
  return (
    <Link to="/health" search={{ tab: 'history', range: '1h', at }}>
      {t('history.aroundThis')}
    </Link>
  )
}
