import { Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem'
import { said } from '../app/i18n'

/** A note in a page: what is so, in words, and what can be done. */
export function Note({
  tone = 'info',
  title,
  children,
  role,
}: {
  tone?: 'info' | 'warning' | 'bad'
  title?: ReactNode
  children?: ReactNode
  role?: 'alert' | 'status'
}) {
  const Icon = { info: IconInfoCircle, warning: IconAlertCircle, bad: IconAlertTriangle }[tone]
  return (
    <div className="note" data-tone={tone} role={role}>
      <Icon size={18} stroke={1.6} aria-hidden />
      <Stack gap={6} align="flex-start" miw={0} flex={1}>
        {title && <div className="note-title">{title}</div>}
        {children}
      </Stack>
    </div>
  )
}

/** What went wrong, in the panel's own words for each kind of answer; the server's words come first where it has some. */
export function useProblemWords() {
  const { t } = useTranslation()
  return (error: unknown) => {
    const { problem, retryAfter } = asProblem(error)
    const kind = said(`problem.${problem.code}`) ?? said(`problem.status_${problem.status}`) ?? t('problem.other')
    const title = problem.title || kind
    const detail = problem.detail || (problem.title ? '' : t('problem.noDetail', { status: problem.status }))
    return { title, detail, kind, retryAfter, requestId: problem.request_id, problem }
  }
}

/** What failed, why, and what now. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation()
  const { title, detail, retryAfter, requestId, problem } = useProblemWords()(error)
  const errors = problem.errors ?? []
  return (
    <Note tone="bad" title={title} role="alert">
      {detail && <Text size="sm">{detail}</Text>}
      {errors.length > 0 && (
        <ul style={{ margin: 0, paddingInlineStart: 18 }}>
          {errors.map((error) => (
            <li key={error.pointer + error.code}>
              <span className="mono">{error.pointer}</span> {error.reason} {error.remedy}
            </li>
          ))}
        </ul>
      )}
      {problem.status === 403 && <Text size="sm">{t('problem.whoGrants')}</Text>}
      {retryAfter && <Text size="sm">{t('problem.retryAfter', { seconds: retryAfter })}</Text>}
      <Group gap="sm">
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('common.retry')}
          </Button>
        )}
        {requestId && (
          <Text size="xs" c="dimmed">
            {t('problem.request')} <span className="mono">{requestId}</span>
          </Text>
        )}
      </Group>
    </Note>
  )
}

/** Nothing is there yet, and the one thing to do about it. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py={32} px="md" ta="center">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text c="dimmed" size="sm" maw={480}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  )
}
