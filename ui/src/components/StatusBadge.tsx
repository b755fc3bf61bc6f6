import {
  IconAlertCircle,
  IconAlertTriangle,
  IconCircleCheck,
  IconClockHour4,
  IconPlayerPause,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { said } from '../app/i18n'

export type Tone = 'good' | 'moving' | 'warning' | 'bad' | 'off'

const ICONS = {
  good: IconCircleCheck,
  moving: IconRefresh,
  warning: IconAlertCircle,
  bad: IconAlertTriangle,
  off: IconPlayerPause,
}

/** Icon, word and colour. `quiet` leaves the ground out: where all is well, a list stays nearly colourless. */
export function Badge({
  tone,
  children,
  icon,
  quiet,
  bare,
}: {
  tone: Tone
  children: ReactNode
  icon?: ReactNode
  quiet?: boolean
  /** No icon: the words stand beside what has one. */
  bare?: boolean
}) {
  const Icon = ICONS[tone]
  return (
    <span className="badge" data-tone={tone} data-quiet={quiet || undefined}>
      {!bare && (icon ?? <Icon size={14} stroke={1.8} aria-hidden />)}
      {children}
    </span>
  )
}

/** How an object stands, as far as a badge says it. */
export type Stands = {
  condition: string
  generation: number
  observed_generation: number
  suspended?: boolean
  reason?: string | null
}

/** The condition as the panel may show it: ready alone where the server was observed at the version that was asked for. */
export function conditionOf(object: Stands): string {
  const isObserved = object.generation === object.observed_generation
  return object.condition === 'ready' && !isObserved ? 'converging' : object.condition
}

/** Whether an object that is not as asked waits for its next attempt: somebody who mended what was in the way need not. */
export function mayRetry(object: Stands & { next_attempt_at?: string | null }): boolean {
  const condition = conditionOf(object)
  return condition === 'failed' || condition === 'degraded' || (condition === 'pending' && !!object.next_attempt_at)
}

const TONES: Record<string, Tone> = {
  pending: 'moving',
  converging: 'moving',
  ready: 'good',
  degraded: 'warning',
  failed: 'bad',
  deleting: 'moving',
}

export function ConditionBadge({ condition }: { condition: string }) {
  const icons: Record<string, ReactNode> = {
    pending: <IconClockHour4 size={14} stroke={1.8} aria-hidden />,
    converging: <IconRefresh size={14} stroke={1.8} className="spin" aria-hidden />,
    deleting: <IconTrash size={14} stroke={1.8} aria-hidden />,
  }
  return (
    <Badge tone={TONES[condition] ?? 'off'} quiet={condition === 'ready'} icon={icons[condition]}>
      {said(`condition.${condition}`) ?? condition}
    </Badge>
  )
}

/** The same in words. */
export const statusWords = (object: Stands) =>
  [
    ...(conditionOf(object) !== 'ready' || !object.suspended ? [conditionOf(object)] : []),
    ...(object.suspended ? ['suspended'] : []),
  ]
    .map((word) => said(`condition.${word}`) ?? word)
    .join(', ')

/** The condition, and beside it that the object is suspended: the two are different facts. */
export function StatusBadge({ object }: { object: Stands }) {
  const { t } = useTranslation()
  const condition = conditionOf(object)
  return (
    <span style={{ display: 'inline-flex', gap: 6, flexWrap: 'wrap' }}>
      {(condition !== 'ready' || !object.suspended) && <ConditionBadge condition={condition} />}
      {object.suspended && <Badge tone="off">{t('condition.suspended')}</Badge>}
    </span>
  )
}
