import { Button, Group, PasswordInput, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type Dispatch, lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change, perform } from '../../api/change'
import { arePasskeysTaken } from '../../api/passkey'
import { asProblem, type ProblemError, sortErrors } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { NewPassword } from '../../components/NewPassword'
import { ErrorState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { Looks } from '../profile/Looks'
import type { Codes } from './Start'
import { StepFoot } from './StepFoot'
import { useSetting } from './useSetting'

// what is wanted once comes when it is
const EnrolTotp = lazy(() => import('../profile/Totp').then((file) => ({ default: file.EnrolTotp })))
const KeepCodes = lazy(() => import('../profile/Totp').then((file) => ({ default: file.KeepCodes })))
const AddPasskey = lazy(() => import('../profile/AddPasskey').then((file) => ({ default: file.AddPasskey })))

const FIELDS = ['new', 'current'] as const

/** A password as it is typed here: with the step, it is set. */
function usePassword() {
  const client = useQueryClient()
  const [values, setValues] = useState({ new: '', current: '' })
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [error, setError] = useState<ProblemError>()
  const [isBusy, setBusy] = useState(false)
  const [isSet, setSet] = useState(false)
  const put = (next: typeof values) => {
    setValues(next)
    // what was refused is no longer what stands there
    setErrors({})
  }
  const submit = async (): Promise<boolean> => {
    if (!values.new) return true
    setBusy(true)
    setErrors({})
    setError(undefined)
    try {
      await perform(
        change('put', '/api/v1/password', {
          body: { new: values.new, ...(values.current ? { current: values.current } : {}) },
        }),
      )
      setValues({ new: '', current: '' })
      setSet(true)
      void client.invalidateQueries({ queryKey: ['person'] })
      return true
    } catch (thrown) {
      const refused = asProblem(thrown)
      const { known, others } = sortErrors(refused.problem, FIELDS)
      setErrors(known)
      if (Object.keys(known).length === 0 || others.length) setError(refused)
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return false
    } finally {
      setBusy(false)
    }
  }
  return { values, put, errors, error, isBusy, isSet, submit }
}

function Password({ form }: { form: ReturnType<typeof usePassword> }) {
  const { t } = useTranslation()
  const { session, may } = useMe()
  const person = useQuery({
    ...queries.person(session.login),
    enabled: may('GET /api/v1/persons/{person}') && session.login !== 'root',
  })
  // within ten minutes after a one-time link nobody is asked for the old one
  const wantsCurrent = person.data?.has_password === true && session.factors !== 'link'
  return (
    <section aria-label={t('profile.password')} className="start-part">
      <Group gap="xs" mb="xs">
        <Title order={3}>{t('profile.password')}</Title>
        {(form.isSet || person.data?.has_password) && <Badge tone="good">{t('start.you.isSet')}</Badge>}
      </Group>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void form.submit()
        }}
      >
        <input type="text" name="username" autoComplete="username" value={session.login} readOnly hidden />
        <Stack gap="xs" maw={400}>
          {wantsCurrent && (
            <PasswordInput
              label={t('profile.currentPassword')}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ 'aria-label': t('gate.showPassword') }}
              value={form.values.current}
              onChange={(event) => form.put({ ...form.values, current: event.currentTarget.value })}
              error={form.errors.current}
              aria-invalid={form.errors.current ? true : undefined}
            />
          )}
          <NewPassword
            label={t('accounts.newPassword')}
            description={t('start.you.passwordHelp')}
            value={form.values.new}
            onChange={(event) => form.put({ ...form.values, new: event.currentTarget.value })}
            error={form.errors.new}
          />
          {form.error && <ErrorState error={form.error} />}
          <Group>
            <Button type="submit" variant="default" loading={form.isBusy} disabled={!form.values.new}>
              {t('profile.setPassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  )
}

function SecondFactor({ codes, onCodes }: { codes?: Codes; onCodes: Dispatch<Codes | undefined> }) {
  const { t } = useTranslation()
  const read = useQuery(queries.factors())
  return (
    <section aria-label={t('factors.title')} className="start-part">
      <Group gap="xs" mb="xs">
        <Title order={3}>{t('factors.title')}</Title>
        {read.data?.totp_since && <Badge tone="good">{t('start.you.isSet')}</Badge>}
      </Group>
      <Suspense fallback={<Skeleton h={80} />}>
        {codes ? (
          <KeepCodes codes={codes.codes} isKept={codes.isKept} onKept={(isKept) => onCodes({ ...codes, isKept })} />
        ) : read.error ? (
          <ErrorState error={read.error} retry={() => void read.refetch()} />
        ) : read.data?.totp_since ? (
          <Text>
            {t('factors.since')} <Time at={read.data.totp_since} />
          </Text>
        ) : (
          read.data && (
            <EnrolTotp onCodes={(made) => onCodes(made.length ? { codes: made, isKept: false } : undefined)} />
          )
        )}
      </Suspense>
    </section>
  )
}

/** A passkey, where this browser can make one for this panel; else why it cannot. */
function Passkey({ onCodes }: { onCodes: Dispatch<Codes | undefined> }) {
  const { t } = useTranslation()
  const [isAdding, setAdding] = useState(false)
  const list = useQuery(queries.passkeys())
  const name = useSetting('panel.hostname')
  const count = list.data?.items.length ?? 0
  const isNamed = name === location.hostname && name.includes('.')
  return (
    <section aria-label={t('passkeys.title')} className="start-part">
      <Group gap="xs" mb="xs">
        <Title order={3}>{t('passkeys.title')}</Title>
        {count > 0 && <Badge tone="good">{t('start.you.isSet')}</Badge>}
      </Group>
      <Text>{t('passkeys.about')}</Text>
      {isNamed && arePasskeysTaken() ? (
        <Button mt="xs" variant="default" onClick={() => setAdding(true)}>
          {t('passkeys.add')}
        </Button>
      ) : (
        <Text c="dimmed">{t('start.you.noPasskey')}</Text>
      )}
      <Suspense>
        {isAdding && (
          <AddPasskey
            onClose={() => setAdding(false)}
            onCodes={(made) => onCodes(made.length ? { codes: made, isKept: false } : undefined)}
          />
        )}
      </Suspense>
    </section>
  )
}

/** Language, colours, and how one signs in from now on. */
export function You({
  codes,
  onCodes,
  isHeld,
}: {
  codes?: Codes
  onCodes: Dispatch<Codes | undefined>
  isHeld: boolean
}) {
  const { t } = useTranslation()
  const form = usePassword()
  return (
    <>
      <Stack maw={400}>
        <Looks />
      </Stack>
      <Password form={form} />
      <SecondFactor codes={codes} onCodes={onCodes} />
      <Passkey onCodes={onCodes} />
      {isHeld && (
        <Text c="dimmed" role="status">
          {t('start.you.keepFirst')}
        </Text>
      )}
      <StepFoot onNext={form.submit} isBusy={form.isBusy} isHeld={isHeld} />
    </>
  )
}
