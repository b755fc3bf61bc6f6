import { Button, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Change } from '../api/change'
import type { Schemas } from '../api/problem'
import { said } from '../app/i18n'
import { DoChange } from './DoChange'
import { Note } from './States'
import { conditionOf, mayRetry } from './StatusBadge'
import { Time } from './Time'

/** What came of trying again: nothing yet, or what the server says now. */
function Outcome({ condition }: { condition: string }) {
  const { t } = useTranslation()
  if (condition === 'failed' || condition === 'degraded') return <Text size="sm">{t('note.triedStill')}</Text>
  return condition === 'ready' ? null : <Text size="sm">{t('note.trying')}</Text>
}

/**
 * Why an object is not as it was asked for, in the server's words, when it is tried again, and what came of trying. Nothing where all is
 * well.
 */
export function ConditionNote({
  object,
  kind,
  retry,
}: {
  object: Schemas['Convergence'] & { id?: string; name?: string }
  kind: string
  /** What tries again now, for whoever may. */
  retry?: Change
}) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const [isTried, setTried] = useState(false)
  const { id } = object
  // biome-ignore lint/correctness/useExhaustiveDependencies: another object has not been tried
  useEffect(() => setTried(false), [id])
  const condition = conditionOf(object)
  if (condition === 'ready' && !isTried) return null
  const isBad = condition === 'failed' || condition === 'degraded'
  const reason = object.reason ? (said(`reason.${object.reason}`) ?? object.reason.replaceAll('_', ' ')) : undefined
  const words = said(`conditionWords.${condition}`, { kind: said(`kind.${kind}`) ?? kind })
  return (
    <Note
      tone={condition === 'failed' ? 'bad' : isBad ? 'warning' : 'info'}
      title={condition === 'ready' ? t('note.triedWell') : words}
      role="status"
    >
      {isTried && <Outcome condition={condition} />}
      {condition !== 'ready' && reason && <Text size="sm">{reason}</Text>}
      {condition !== 'ready' && object.message && <Text size="sm">{object.message}</Text>}
      {object.reason === 'edited' && (
        <Link className="go" to="/changes">
          {t('changes.decide')}
        </Link>
      )}
      {object.reason === 'behind' && (
        <Link className="go" to="/adoption">
          {t('adoption.decide')}
        </Link>
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
      {retry && mayRetry(object) && (
        <Group className="no-print">
          <Button size="xs" variant="default" onClick={() => setAsking(true)}>
            {t('common.retry')}
          </Button>
        </Group>
      )}
      {isAsking && retry && (
        <DoChange
          words={retry.id}
          name={object.name ?? said(`kind.${kind}`) ?? kind}
          change={retry}
          onClose={() => setAsking(false)}
          onDone={() => setTried(true)}
        />
      )}
    </Note>
  )
}
