import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { arePasskeysTaken } from '../../api/passkey'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useOpenAct, useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { EmptyState } from '../../components/States'
import { Time } from '../../components/Time'
import { AddPasskey } from './AddPasskey'
import { RecoveryCodes } from './RecoveryCodes'

type Passkey = Schemas['PasskeyView']

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
    <section>
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
