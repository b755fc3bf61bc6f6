import { Button, Group, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useUrl } from '../../app/url'
import { NoticeLine } from './NoticeLine'
import { forHome } from './notices'
import './notice.css'

/** So many are shown; the bell has them all. */
const MOST = 3

/** The unread notices that Home does not show by the objects themselves. Nothing where there is none. */
export function HomeNotices() {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  const { data } = useQuery(queries.notices())
  const items = forHome(data?.items ?? [])
  if (items.length === 0) return null
  return (
    <section aria-label={t('notices.title')}>
      <Group justify="space-between">
        <Title order={2}>{t('notices.title')}</Title>
        <Button variant="default" size="xs" onClick={() => setUrl({ open: 'notices' })}>
          {t('notices.all')}
        </Button>
      </Group>
      <ul className="steps">
        {items.slice(0, MOST).map((notice) => (
          <NoticeLine key={notice.id} notice={notice} />
        ))}
      </ul>
    </section>
  )
}
