import { Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link, useBlocker } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { number } from '../../app/format'
import { useUrl } from '../../app/url'
import { Page } from '../../components/Page'
import { Note } from '../../components/States'
import { keepPlace, lastPlace, STEPS, type StepName, stepOf } from './steps'
import './start.css'

// each step's code comes with it
const You = lazy(() => import('./You').then((file) => ({ default: file.You })))
const Check = lazy(() => import('./Check').then((file) => ({ default: file.Check })))
const Name = lazy(() => import('./Name').then((file) => ({ default: file.Name })))
const Roles = lazy(() => import('./Roles').then((file) => ({ default: file.Roles })))
const Install = lazy(() => import('./Install').then((file) => ({ default: file.Install })))
const Done = lazy(() => import('./Done').then((file) => ({ default: file.Done })))

/** Where one is: every step is a link, so each can be left and come back to. */
function Steps({ step, roles, isHeld }: { step: StepName; roles?: string; isHeld: boolean }) {
  const { t } = useTranslation()
  const here = STEPS.indexOf(step)
  return (
    <nav aria-label={t('start.steps')}>
      <ol className="start-steps">
        {STEPS.map((name, index) => {
          const isBehind = index < here
          const inside = (
            <>
              <span className="start-mark" aria-hidden>
                {isBehind ? <IconCheck size={14} stroke={2} /> : number(index + 1)}
              </span>
              <span className="start-name">
                {t(`start.${name}.short`)}
                {isBehind && <span className="sr"> {t('start.behind')}</span>}
              </span>
            </>
          )
          return (
            <li key={name}>
              {isHeld && name !== step ? (
                <span data-off>{inside}</span>
              ) : (
                <Link to="/start" search={{ step: name, roles }} aria-current={name === step ? 'step' : undefined}>
                  {inside}
                </Link>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

/** Recovery codes that were made in this run, and whether they are kept. */
export type Codes = { codes: string[]; isKept: boolean }

/** The first run: from a fresh panel to a server that serves. */
export function Start() {
  const { t } = useTranslation()
  const [{ step: asked, roles }, setUrl] = useUrl()
  const step = stepOf(asked)
  const [codes, setCodes] = useState<Codes>()
  const heading = useRef<HTMLHeadingElement>(null)
  const isHeld = codes !== undefined && !codes.isKept

  // without a step, the address is that of the step where this browser was last
  useEffect(() => {
    if (step) keepPlace({ step, roles })
    else {
      const place = lastPlace()
      setUrl({ step: stepOf(place.step) ?? 'you', roles: roles ?? place.roles }, true)
    }
  }, [step, roles, setUrl])

  // another step begins at its name, for the eye and for a screen reader
  const shown = useRef<StepName>(undefined)
  useEffect(() => {
    if (shown.current && step && shown.current !== step) {
      scrollTo(0, 0)
      heading.current?.focus()
    }
    shown.current = step
  }, [step])

  // codes that are shown once are not left by accident
  const blocker = useBlocker({ shouldBlockFn: () => isHeld, enableBeforeUnload: () => isHeld, withResolver: true })
  useEffect(() => {
    if (!isHeld && blocker.status === 'blocked') blocker.reset()
  }, [isHeld, blocker])

  if (!step) return null
  return (
    <Page title={t('start.title')}>
      <Stack maw={720} gap="lg" className="start-body">
        <Steps step={step} roles={roles} isHeld={isHeld} />
        {blocker.status === 'blocked' && <Note tone="warning" title={t('start.you.keepFirst')} role="alert" />}
        <div>
          <Text size="sm" c="dimmed">
            {t('start.place', { at: number(STEPS.indexOf(step) + 1), of: number(STEPS.length) })}
          </Text>
          <Title order={2} ref={heading} tabIndex={-1}>
            {t(`start.${step}.title`)}
          </Title>
          <Text mt={4}>{t(`start.${step}.about`)}</Text>
        </div>
        <Suspense fallback={<Skeleton h={240} />}>
          {step === 'you' && <You codes={codes} onCodes={setCodes} isHeld={isHeld} />}
          {step === 'server' && <Check />}
          {step === 'name' && <Name />}
          {step === 'roles' && <Roles />}
          {step === 'plan' && <Install />}
          {step === 'done' && <Done />}
        </Suspense>
      </Stack>
    </Page>
  )
}
