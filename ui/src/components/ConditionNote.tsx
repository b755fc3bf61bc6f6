import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../api/problem'
import { said } from '../app/i18n'
import { Note } from './States'
import { conditionOf } from './StatusBadge'
import { Time } from './Time'

/** Why an object is not as it was asked for, in the server's words, and when it is tried again. Nothing where all is well. */
export function ConditionNote({ object, kind }: { object: Schemas['Convergence']; kind: string }) {
  const { t } = useTranslation()
  const condition = conditionOf(object)
  if (condition === 'ready') return null
  const isBad = condition === 'failed' || condition === 'degraded'
  const reason = object.reason ? (said(`reason.${object.reason}`) ?? object.reason.replaceAll('_', ' ')) : undefined
  return (
    <Note
      tone={condition === 'failed' ? 'bad' : isBad ? 'warning' : 'info'}
      title={said(`conditionWords.${condition}`, { kind: said(`kind.${kind}`) ?? kind })}
      role="status"
    >
      {reason && <Text size="sm">{reason}</Text>}
      {object.message && <Text size="sm">{object.message}</Text>}
      {object.reason === 'edited' && (
        <Anchor component={Link} to="/changes" size="sm">
          {t('changes.decide')}
        </Anchor>
      )}
      {object.reason === 'behind' && (
        <Anchor component={Link} to="/adoption" size="sm">
          {t('adoption.decide')}
        </Anchor>
      )}
      <Text size="sm" c="dimmed">
        {t('note.since')} <Time at={object.since} />
        {object.attempts > 0 && <> · {t('note.attempts', { count: object.attempts })}</>}
        {object.next_attempt_at && (
          <>
            {' · '}
            {t('note.next')} <Time at={object.next_attempt_at} />
          </>
        )}
      </Text>
    </Note>
  )
}
