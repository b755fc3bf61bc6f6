import { Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { api, unwrap } from '../../api/client'
import { arePasskeysTaken, makePasskey } from '../../api/passkey'
import { asProblem, type Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useOpenAct, useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { EmptyState, ErrorState } from '../../components/States'
import { Time } from '../../components/Time'
import { RecoveryCodes } from './SignIn'

type Passkey = Schemas['PasskeyView']

async function make(name: string): Promise<Schemas['CreatedPasskey']> {
  const asked = await unwrap(api.POST('/api/v1/passkeys/ask'))
  const credential = await makePasskey(asked)
  return unwrap(
    api.POST('/api/v1/passkeys', { body: { name, question: asked.question, credential: credential as never } }),
  )
}

/** Asks what the device is called, and has the browser make a passkey. */
export function AddPasskey({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const made = await make(name.trim())
      await client.invalidateQueries()
      onClose()
      if (made.recovery_codes.length) onCodes(made.recovery_codes)
    } catch (thrown) {
      setError(asProblem(thrown))
    }
    setBusy(false)
  }
  return (
    <Modal opened onClose={onClose} title={t('passkeys.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) void submit()
        }}
      >
        <Stack>
          <TextInput
            label={t('passkeys.name')}
            description={t('passkeys.nameHelp')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          {error !== undefined && <ErrorState error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={!name.trim()}>
              {t('passkeys.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Rename({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({ initialValues: { name: passkey.name } })
  return (
    <ChangeForm
      title={t('passkeys.rename')}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/passkeys/{passkey}', {
          path: { passkey: passkey.id },
          body: { name: values.name.trim() },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <TextInput label={t('passkeys.name')} data-autofocus {...form.getInputProps('name')} />
    </ChangeForm>
  )
}

/** Passkeys: made in this browser, named, removed. */
export function Passkeys() {
  const { t } = useTranslation()
  const [adding, setAdding] = useOpenAct(['add'])
  const [codes, setCodes] = useState<string[]>()
  const list = useQuery(queries.passkeys())
  const [renaming, setRenaming] = useOpenOf('rename', list.data?.items, ({ id }) => id)
  const [removing, setRemoving] = useOpenOf('delete', list.data?.items, ({ id }) => id)
  return (
    <section aria-label={t('passkeys.title')}>
      <Title order={2} mb="xs">
        {t('passkeys.title')}
      </Title>
      <Stack gap="xs">
        <DataTable<Passkey>
          label={t('passkeys.title')}
          rows={list.data?.items}
          rowKey={(passkey) => passkey.id}
          error={list.error}
          onRetry={() => void list.refetch()}
          expected={1}
          empty={<EmptyState title={t('passkeys.empty')}>{t('passkeys.about')}</EmptyState>}
          columns={[
            { key: 'name', label: t('passkeys.name'), cell: (passkey) => passkey.name },
            {
              key: 'panel',
              label: t('passkeys.panel'),
              cell: (passkey) => <span className="mono">{passkey.panel}</span>,
            },
            {
              key: 'used',
              label: t('tokens.used'),
              cell: (passkey) => <Time at={passkey.last_used_at} none={t('tokens.never')} />,
            },
            {
              key: 'actions',
              label: t('table.actions'),
              hidden: true,
              cell: (passkey) => (
                <Group gap="xs" wrap="nowrap">
                  <Button variant="default" size="compact-sm" onClick={() => setRenaming(passkey)}>
                    {t('passkeys.rename')}
                  </Button>
                  <Button variant="default" size="compact-sm" onClick={() => setRemoving(passkey)}>
                    {t('common.delete')}
                  </Button>
                </Group>
              ),
            },
          ]}
        />
        {arePasskeysTaken() ? (
          <Group>
            <Button variant="default" onClick={() => setAdding('add')}>
              {t('passkeys.add')}
            </Button>
          </Group>
        ) : (
          <Text c="dimmed">{t('passkeys.notHere')}</Text>
        )}
      </Stack>
      {adding && <AddPasskey onClose={() => setAdding()} onCodes={setCodes} />}
      {renaming && <Rename passkey={renaming} onClose={() => setRenaming(undefined)} />}
      {removing && (
        <ConfirmChange
          op="passkey_delete"
          name={removing.name}
          change={change('delete', '/api/v1/passkeys/{passkey}', { path: { passkey: removing.id } })}
          onClose={() => setRemoving(undefined)}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </section>
  )
}
