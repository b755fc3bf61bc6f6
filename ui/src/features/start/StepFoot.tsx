import { Button, Group } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useUrl } from '../../app/url'
import { STEPS, stepOf } from './steps'

/** The end of every step: back, for now, on. */
export function StepFoot({
  onNext,
  isBusy,
  isHeld,
  next,
}: {
  /** Does what is to be done first; false: it did not work, and the step stays. */
  onNext?: () => Promise<boolean> | boolean
  isBusy?: boolean
  isHeld?: boolean
  next?: ReactNode
}) {
  const { t } = useTranslation()
  const [{ step }, setUrl] = useUrl()
  const here = STEPS.indexOf(stepOf(step) ?? 'you')
  const go = (by: number) => setUrl({ step: STEPS[here + by] })
  return (
    <div className="start-foot">
      <Group gap="xs">
        {here > 0 && (
          <Button variant="default" onClick={() => go(-1)} disabled={isHeld}>
            {t('common.back')}
          </Button>
        )}
        {!isHeld && (
          <Button variant="subtle" renderRoot={(props) => <Link {...props} to="/" />}>
            {here < STEPS.length - 1 ? t('start.later') : t('start.toHome')}
          </Button>
        )}
      </Group>
      {here < STEPS.length - 1 && (
        <Button
          // going on otherwise is not what the step is for
          variant={next ? 'default' : 'filled'}
          loading={isBusy}
          disabled={isHeld}
          onClick={async () => {
            if ((await onNext?.()) !== false) go(1)
          }}
        >
          {next ?? t('start.next')}
        </Button>
      )}
    </div>
  )
}
