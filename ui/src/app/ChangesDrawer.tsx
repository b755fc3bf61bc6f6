import { Drawer, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { EventLine } from '../components/EventLine'
import { EmptyState, ErrorState } from '../components/States'
import { useFocusBack } from '../components/useFocusBack'
import { JobList } from '../features/job/JobList'
import { underWay, useEvents } from './events'
import { useMe } from './session'

/** Jobs, what is under way on the server, and what happened last. It opens by itself alone where a job of one's own failed. */
export function ChangesDrawer({ onClose }: { onClose: () => void }) {
  useFocusBack()
  const { t } = useTranslation()
  const { may } = useMe()
  const { events, error, link } = useEvents()
  const running = underWay(events)
  return (
    <Drawer
      opened
      onClose={onClose}
      title={t('drawer.title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack>
        {may('GET /api/v1/jobs') && <JobList onGo={onClose} />}
        <section aria-label={t('drawer.underWay')}>
          <Title order={2}>{t('drawer.underWay')}</Title>
          {running.length ? (
            <ul className="steps">
              {running.map((event) => (
                <EventLine key={event.cursor} event={event} />
              ))}
            </ul>
          ) : (
            <Text c="dimmed">{t('drawer.nothing')}</Text>
          )}
        </section>
        <section aria-label={t('drawer.latest')}>
          <Title order={2}>{t('drawer.latest')}</Title>
          {error ? <ErrorState error={error} /> : null}
          {!error && events.length === 0 && (
            <EmptyState title={t('drawer.empty')}>{link === 'refused' ? t('drawer.refused') : undefined}</EmptyState>
          )}
          <ul className="steps">
            {events.slice(0, 50).map((event) => (
              <EventLine key={event.cursor} event={event} />
            ))}
          </ul>
        </section>
      </Stack>
    </Drawer>
  )
}
