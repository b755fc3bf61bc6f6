import { Button, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change, perform } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { EmptyState, ErrorState } from '../../components/States'
import { NoticeLine } from './NoticeLine'

/** What calls for somebody: it came by itself, and is gathered by what it is about. */
export function NoticeDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const client = useQueryClient()
  const read = useQuery(queries.notices())
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const notices = read.data
  const markRead = async () => {
    if (!notices) return
    setBusy(true)
    setError(undefined)
    try {
      const { data } = await perform(change('post', '/api/v1/notices/read', { body: { until: notices.until } }))
      client.setQueryData(queries.notices().queryKey, data as Schemas['Notices'])
    } catch (thrown) {
      setError(thrown)
    }
    setBusy(false)
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      title={t('notices.title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        {notices && notices.items.length > 0 && (
          <Group justify="space-between">
            <Text>{t('notices.unread', { count: notices.unread })}</Text>
            {may('POST /api/v1/notices/read') && (
              <Button
                variant="default"
                size="xs"
                disabled={notices.unread === 0}
                loading={isBusy}
                onClick={() => void markRead()}
              >
                {t('notices.markRead')}
              </Button>
            )}
          </Group>
        )}
        {error !== undefined && <ErrorState error={error} retry={() => void markRead()} />}
        {read.error && !notices && <ErrorState error={read.error} retry={() => void read.refetch()} />}
        {!notices && !read.error && <Skeleton h={120} />}
        {notices?.items.length === 0 && <EmptyState title={t('notices.empty')}>{t('notices.emptyHelp')}</EmptyState>}
        {notices && notices.items.length > 0 && (
          <ul className="steps">
            {notices.items.map((notice) => (
              <NoticeLine key={notice.id} notice={notice} />
            ))}
          </ul>
        )}
        {may('GET /api/v1/webhooks') && (
          <Text size="sm" c="dimmed">
            {t('notices.elsewhere')}{' '}
            <Link className="go" to="/webhooks">
              {t('nav.webhooks')}
            </Link>
          </Text>
        )}
      </Stack>
    </Drawer>
  )
}
