import { Button, Group, Modal, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { api, unwrap } from '../../api/client'
import { asProblem, type Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { NewPassword, Password } from '../../components/NewPassword'
import { ErrorState } from '../../components/States'
import { Time } from '../../components/Time'
import { useFocusBack } from '../../components/useFocusBack'
import { NetworksForm } from '../people/NetworksForm'
import { Passkeys } from './Passkeys'
import { RecoveryCodes } from './RecoveryCodes'

// an authenticator is set up once in a while
const EnrolTotp = lazy(() => import('./Totp').then((file) => ({ default: file.EnrolTotp })))

function PasswordForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: { current: '', new: '' },
    validate: { new: (value) => (value ? null : t('profile.enterPassword')) },
  })
  return (
    <ChangeForm
      title={t('profile.setPassword')}
      button={t('profile.setPassword')}
      form={form}
      change={(values) =>
        change('put', '/api/v1/password', {
          body: { new: values.new, ...(values.current ? { current: values.current } : {}) },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Password
        label={t('profile.currentPassword')}
        description={t('profile.currentHelp')}
        data-autofocus
        {...form.getInputProps('current')}
      />
      <NewPassword label={t('accounts.newPassword')} withAsterisk {...form.getInputProps('new')} />
    </ChangeForm>
  )
}

function SetUpTotp({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  useFocusBack()
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('factors.setUp')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Suspense fallback={<Skeleton h={120} />}>
        <EnrolTotp
          autoFocus
          aside={
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
          }
          onCodes={(codes) => {
            onClose()
            if (codes.length) onCodes(codes)
          }}
        />
      </Suspense>
    </Modal>
  )
}

function Factors() {
  const { t } = useTranslation()
  const [act, setAct] = useState<'set-up' | 'remove' | 'codes'>()
  const [codes, setCodes] = useState<string[]>()
  const read = useQuery(queries.factors())
  if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  const factors = read.data
  if (!factors) return null
  const close = () => setAct(undefined)
  return (
    <section aria-label={t('factors.title')}>
      <Title order={2}>{t('factors.title')}</Title>
      <Stack gap="xs">
        <Text>
          {factors.totp_since ? (
            <>
              {t('factors.since')} <Time at={factors.totp_since} />
            </>
          ) : (
            t('factors.none')
          )}
        </Text>
        {factors.asked && <Text c="dimmed">{t('factors.codesLeft', { count: factors.recovery_codes_left })}</Text>}
        <Group gap="xs">
          {factors.totp_since ? (
            <Button variant="default" onClick={() => setAct('remove')}>
              {t('factors.remove')}
            </Button>
          ) : (
            <Button variant="default" onClick={() => setAct('set-up')}>
              {t('factors.setUp')}
            </Button>
          )}
          {factors.asked && (
            <Button variant="default" onClick={() => setAct('codes')}>
              {t('factors.newCodes')}
            </Button>
          )}
        </Group>
      </Stack>
      {act === 'set-up' && <SetUpTotp onClose={close} onCodes={setCodes} />}
      {act === 'remove' && (
        <ConfirmChange
          op="totp_delete"
          name=""
          change={change('delete', '/api/v1/second-factor/totp', {})}
          onClose={close}
        />
      )}
      {act === 'codes' && (
        <ConfirmChange
          op="recovery_codes_create"
          name=""
          change={change('post', '/api/v1/second-factor/recovery-codes', {})}
          onClose={close}
          onDone={(made) => setCodes((made as Schemas['RecoveryCodes']).codes)}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </section>
  )
}

function OwnNetworks() {
  const { t } = useTranslation()
  const [isEditing, setEditing] = useState(false)
  const read = useQuery(queries.networks())
  if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  const networks = read.data?.networks ?? []
  return (
    <section aria-label={t('networks.title')}>
      <Title order={2}>{t('networks.title')}</Title>
      <Stack gap="xs" align="flex-start">
        <div className="mono ltr">{networks.join(', ') || t('networks.anywhere')}</div>
        <Button variant="default" onClick={() => setEditing(true)} disabled={!read.data}>
          {t('networks.edit')}
        </Button>
      </Stack>
      {isEditing && (
        <NetworksForm
          networks={networks}
          make={(next) => change('put', '/api/v1/session/networks', { body: { networks: next } })}
          onClose={() => setEditing(false)}
        />
      )}
    </section>
  )
}

/** Others may act as this person, where their organisation asks for consent, as long as it lasts. */
function Consent() {
  const { t } = useTranslation()
  const { session } = useMe()
  const client = useQueryClient()
  const [error, setError] = useState<unknown>()
  const until = session.act_as_consent_until
  const run = async (work: Promise<unknown>) => {
    setError(undefined)
    await work.catch((thrown) => setError(asProblem(thrown)))
    await client.invalidateQueries({ queryKey: ['session'] })
  }
  return (
    <section aria-label={t('consent.title')}>
      <Title order={2}>{t('consent.title')}</Title>
      <Stack gap="xs" align="flex-start">
        <Text>
          {until ? (
            <>
              {t('consent.until')} <Time at={until} />
            </>
          ) : (
            t('consent.about')
          )}
        </Text>
        {error !== undefined && <ErrorState error={error} />}
        {until ? (
          <Button variant="default" onClick={() => void run(unwrap(api.DELETE('/api/v1/session/act-as-consent')))}>
            {t('consent.withdraw')}
          </Button>
        ) : (
          <Button
            variant="default"
            onClick={() => void run(unwrap(api.POST('/api/v1/session/act-as-consent', { body: {} })))}
          >
            {t('consent.give')}
          </Button>
        )}
      </Stack>
    </section>
  )
}

/** How one signs in. */
export function SignIn() {
  const { t } = useTranslation()
  const [isSetting, setSetting] = useState(false)
  return (
    <Stack gap="lg" maw={720}>
      <section aria-label={t('profile.password')}>
        <Title order={2}>{t('profile.password')}</Title>
        <Stack gap="xs" align="flex-start">
          <Text>{t('profile.passwordAbout')}</Text>
          <Button variant="default" onClick={() => setSetting(true)}>
            {t('profile.setPassword')}
          </Button>
        </Stack>
      </section>
      <Factors />
      <Passkeys />
      <OwnNetworks />
      <Consent />
      {isSetting && <PasswordForm onClose={() => setSetting(false)} />}
    </Stack>
  )
}
