import { Button, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../api/client'
import { arePasskeysTaken, showPasskey } from '../api/passkey'
import { asProblem } from '../api/problem'
import { queries } from '../api/queries'
import { useMe } from './session'

type Answer = { answer: (yes: boolean) => void }

function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      zIndex={400}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {children}
    </Modal>
  )
}

/** The session is over. */
export function SignInAgain({ answer }: Answer) {
  const { t } = useTranslation()
  const { session } = useMe()
  const [pending, setPending] = useState<string>()
  const [error, setError] = useState<unknown>()
  const form = useForm({ mode: 'uncontrolled', initialValues: { password: '', code: '' } })
  const submit = form.onSubmit(async ({ password, code }) => {
    setError(undefined)
    try {
      const { data, error, response } = pending
        ? await api.POST('/api/v1/session/code', { body: { token: pending, code } })
        : await api.POST('/api/v1/session', { body: { login: session.login, password } })
      if (response.status === 202 && data && 'token' in data) setPending(data.token as string)
      else if (response.ok) answer(true)
      else setError(error)
    } catch (thrown) {
      setError(asProblem(thrown))
    }
  })
  const detail = error && typeof error === 'object' && 'detail' in error ? String(error.detail) : t('problem.offline')
  return (
    <Dialog title={t('gate.overTitle')} onClose={() => answer(false)}>
      <form onSubmit={submit}>
        <Stack>
          <Text>{t('gate.overBody')}</Text>
          <TextInput label={t('gate.login')} value={session.login} readOnly autoComplete="username" />
          {pending ? (
            <TextInput
              key="code"
              label={t('gate.code')}
              autoComplete="one-time-code"
              data-autofocus
              required
              withAsterisk={false}
              {...form.getInputProps('code')}
            />
          ) : (
            <PasswordInput
              key="password"
              label={t('gate.password')}
              autoComplete="current-password"
              data-autofocus
              required
              withAsterisk={false}
              visibilityToggleButtonProps={{ 'aria-label': t('gate.showPassword') }}
              {...form.getInputProps('password')}
            />
          )}
          {error !== undefined && (
            <Text c="red" role="alert">
              {detail}
            </Text>
          )}
          <Button type="submit" loading={form.submitting}>
            {t('gate.signIn')}
          </Button>
          <Text size="sm" c="dimmed">
            {t('gate.otherWays')}{' '}
            <a href="/login" target="_blank" rel="noreferrer">
              {t('gate.otherWindow')}
            </a>
          </Text>
          <Button variant="default" onClick={() => answer(true)}>
            {t('gate.isDone')}
          </Button>
        </Stack>
      </form>
    </Dialog>
  )
}

/** The password, or a code, is wanted once more. */
export function StepUp({ answer }: Answer) {
  const { t } = useTranslation()
  const [error, setError] = useState<unknown>()
  const [byCode, setByCode] = useState(false)
  const passkeys = useQuery(queries.passkeys())
  const form = useForm({ mode: 'uncontrolled', initialValues: { password: '', code: '' } })
  const submit = form.onSubmit(async ({ password, code }) => {
    setError(undefined)
    try {
      const body = byCode ? { code } : { password }
      const { error, response } = await api.POST('/api/v1/session/step-up', { body })
      if (response.ok) answer(true)
      else setError(error)
    } catch (thrown) {
      setError(asProblem(thrown).problem)
    }
  })
  const byPasskey = async () => {
    setError(undefined)
    try {
      const asked = await unwrap(api.POST('/api/v1/session/step-up/ask'))
      await unwrap(api.POST('/api/v1/session/step-up', { body: { passkey: await showPasskey(asked) } }))
      answer(true)
    } catch (thrown) {
      setError(asProblem(thrown).problem)
    }
  }
  return (
    <Dialog title={t('gate.stepTitle')} onClose={() => answer(false)}>
      <form onSubmit={submit}>
        <Stack>
          <Text>{t('gate.stepBody')}</Text>
          {byCode ? (
            <TextInput
              key="code"
              label={t('gate.code')}
              autoComplete="one-time-code"
              data-autofocus
              required
              withAsterisk={false}
              {...form.getInputProps('code')}
            />
          ) : (
            <PasswordInput
              key="password"
              label={t('gate.password')}
              autoComplete="current-password"
              data-autofocus
              required
              withAsterisk={false}
              visibilityToggleButtonProps={{ 'aria-label': t('gate.showPassword') }}
              {...form.getInputProps('password')}
            />
          )}
          {error !== undefined && (
            <Text c="red" role="alert">
              {String((error as { detail?: string }).detail ?? t('problem.offline'))}
            </Text>
          )}
          <Button type="submit" loading={form.submitting}>
            {t('gate.goOn')}
          </Button>
          <Button variant="subtle" onClick={() => setByCode(!byCode)}>
            {byCode ? t('gate.byPassword') : t('gate.byCode')}
          </Button>
          {(passkeys.data?.items.length ?? 0) > 0 && arePasskeysTaken() && (
            <Button variant="subtle" onClick={() => void byPasskey()}>
              {t('gate.byPasskey')}
            </Button>
          )}
        </Stack>
      </form>
    </Dialog>
  )
}
