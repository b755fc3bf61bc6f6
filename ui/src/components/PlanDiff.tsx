import { Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Plan } from '../api/change'
import { number } from '../app/format'
import { said } from '../app/i18n'
import { Badge, type Tone } from './StatusBadge'

/** A unified diff, one line per line. Always left to right. */
export function Diff({ text, label }: { text: string; label: string }) {
  const lines = text.replace(/\n$/, '').split('\n')
  const kind = (line: string) => {
    if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('@@')) return 'at'
    return line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : undefined
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="diff" tabIndex={0} aria-label={label}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat and never move
        <span key={index} className={kind(line)}>
          {line || ' '}
        </span>
      ))}
    </section>
  )
}

const TONES: Record<string, Tone> = { none: 'off', reload: 'moving', restart: 'warning', data_loss: 'bad' }

/** What a step or a whole plan does to what runs. */
export function Impact({ impact }: { impact: string }) {
  return (
    <Badge tone={TONES[impact] ?? 'off'} bare={impact === 'none'}>
      {said(`impact.${impact}`) ?? impact}
    </Badge>
  )
}

type Step = Plan['objects'][number]['steps'][number]

/** A step, with the difference of its file below it. */
export function StepRow({ step, isOpen = false }: { step: Step; isOpen?: boolean }) {
  const { t } = useTranslation()
  const line = (
    <>
      <span data-server>{step.summary}</span> {step.impact !== 'none' && <Impact impact={step.impact} />}
    </>
  )
  return (
    <li>
      {step.diff ? (
        <details open={isOpen}>
          <summary>{line}</summary>
          <Diff text={step.diff} label={t('plan.diffOf', { path: step.path ?? step.summary })} />
        </details>
      ) : (
        line
      )}
      {step.unknown && (
        <Text size="sm" c="dimmed">
          {t('plan.unknown', { what: step.unknown })}
        </Text>
      )}
    </li>
  )
}

/** A value of a limit or feature in words. */
export function effectValue(
  value: unknown,
  t: (key: 'plan.on' | 'plan.off' | 'plan.unlimited' | 'plan.nothing') => string,
) {
  if (value === true) return t('plan.on')
  if (value === false) return t('plan.off')
  if (value === 'unlimited') return t('plan.unlimited')
  if (value === null || value === undefined) return t('plan.nothing')
  return typeof value === 'number' ? number(value) : String(value)
}

/** What a change would do: to the server, step by step with diffs, and to what accounts may have. */
export function PlanDiff({ plan }: { plan: Plan }) {
  const { t } = useTranslation()
  const steps = plan.objects.reduce((count, object) => count + object.steps.length, 0)
  const effects = plan.effects
  return (
    <Stack gap="sm" component="section" aria-label={t('plan.title')}>
      <Text>
        {steps ? t('plan.steps', { count: steps }) : t('plan.noSteps')} {steps > 0 && <Impact impact={plan.impact} />}
      </Text>
      {effects && effects.total > 0 && (
        <div>
          <Text fw={600}>{t('plan.effects', { count: effects.total })}</Text>
          <ul className="steps">
            {effects.shown.map((effect) => (
              <li key={effect.kind + effect.id}>
                {said(`kind.${effect.kind}`) ?? effect.kind} <strong>{effect.name}</strong>
                <ul>
                  {effect.changes.map((change) => (
                    <li key={change.what}>
                      {t('plan.effect', {
                        what: said(`limit.${change.what}`) ?? change.what,
                        before: effectValue(change.before, t),
                        after: effectValue(change.after, t),
                      })}{' '}
                      {change.over && (
                        <Badge tone="warning">{t('plan.over', { used: number(change.used ?? 0) })}</Badge>
                      )}
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </div>
      )}
      {plan.objects.map((object) => (
        <div key={object.kind + object.id}>
          <Text fw={600}>
            {said(`kind.${object.kind}`) ?? object.kind} {object.name}
          </Text>
          <ul className="steps">
            {object.steps.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and no name
              <StepRow key={index} step={step} />
            ))}
          </ul>
        </div>
      ))}
      {plan.left_out ? <Text c="dimmed">{t('plan.leftOut', { count: plan.left_out })}</Text> : null}
    </Stack>
  )
}
