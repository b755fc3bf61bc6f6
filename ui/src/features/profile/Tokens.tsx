import { Button, Group, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useOpenAct, useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { Check } from '../../components/Check'
import { ConfirmChange } from '../../components/ConfirmChange'
import { Once } from '../../components/Once'
import { PermissionBoxes } from '../people/Roles'
import { TokenTable } from '../people/TokenTable'

/** What is no number goes as it was typed, and is refused with a reason. */
const daysOf = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : text) as number

function CreateToken({ onClose, onToken }: { onClose: () => void; onToken: (token: string) => void }) {
  const { t } = useTranslation()
  const { session } = useMe()
  const permissions = useQuery(queries.permissions())
  const form = useForm({
    initialValues: {
      name: '',
      days: '90',
      never: false,
      readOnly: true,
      permissions: [] as string[],
      accounts: [] as string[],
      organisations: [] as string[],
    },
    validate: { name: (value) => (value ? null : t('tokens.enterName')) },
  })
  const held = new Set(session.permissions_somewhere)
  return (
    <ChangeForm<typeof form.values, Schemas['TokenMade']>
      title={t('tokens.add')}
      button={t('tokens.add')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/tokens', {
          body: {
            name: values.name.trim(),
            ...(values.never ? { never_expires: true } : { days: daysOf(values.days) }),
            read_only: values.readOnly,
            permissions: values.permissions,
            ...(values.accounts.length ? { accounts: values.accounts } : {}),
            ...(values.organisations.length ? { organisations: values.organisations } : {}),
          },
        })
      }
      onDone={(made) => onToken(made.token)}
      onClose={onClose}
    >
      <TextInput
        label={t('tokens.name')}
        description={t('tokens.nameHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      {!form.values.never && <TextInput label={t('tokens.days')} inputMode="numeric" {...form.getInputProps('days')} />}
      <Check label={t('tokens.neverExpires')} {...form.getInputProps('never', { type: 'checkbox' })} />
      <Check label={t('tokens.readOnly')} {...form.getInputProps('readOnly', { type: 'checkbox' })} />
      <PermissionBoxes
        label={t('tokens.besides')}
        known={(permissions.data?.items ?? []).filter((permission) => held.has(permission.name))}
        {...form.getInputProps('permissions')}
      />
      <details>
        <summary>{t('tokens.narrow')}</summary>
        <Text size="sm" c="dimmed" my={6}>
          {t('tokens.narrowHelp')}
        </Text>
        <TagsInput
          label={t('nav.accounts')}
          clearButtonProps={{ 'aria-label': t('table.clear') }}
          mb="sm"
          {...form.getInputProps('accounts')}
        />
        <TagsInput
          label={t('nav.organisations')}
          clearButtonProps={{ 'aria-label': t('table.clear') }}
          {...form.getInputProps('organisations')}
        />
      </details>
    </ChangeForm>
  )
}

/** One's own API tokens. */
export function Tokens() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [adding, setAdding] = useOpenAct(['add'])
  const [token, setToken] = useState<string>()
  const list = useQuery(queries.tokens())
  const [deleting, setDeleting] = useOpenOf('delete', [...(list.data?.items ?? []), 'all' as const], (item) =>
    item === 'all' ? item : item.id,
  )
  return (
    <Stack>
      <Group gap="xs">
        {may('POST /api/v1/tokens') && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding('add')} data-create>
            {t('tokens.add')}
          </Button>
        )}
        {(list.data?.items.length ?? 0) > 1 && (
          <Button variant="default" onClick={() => setDeleting('all')}>
            {t('tokens.deleteAll')}
          </Button>
        )}
      </Group>
      <TokenTable
        rows={list.data?.items}
        error={list.error}
        onRetry={() => void list.refetch()}
        onDelete={(row) => setDeleting(row)}
      />
      {adding && <CreateToken onClose={() => setAdding()} onToken={setToken} />}
      {deleting === 'all' && (
        <ConfirmChange
          op="token_delete_all"
          name=""
          change={change('delete', '/api/v1/tokens', {})}
          onClose={() => setDeleting(undefined)}
        />
      )}
      {deleting && deleting !== 'all' && (
        <ConfirmChange
          op="token_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/tokens/{token}', { path: { token: deleting.id } })}
          onClose={() => setDeleting(undefined)}
        />
      )}
      {token && (
        <Once
          title={t('tokens.madeTitle')}
          body={t('tokens.madeBody')}
          values={[{ label: t('tokens.token'), value: token }]}
          onClose={() => setToken(undefined)}
        />
      )}
    </Stack>
  )
}
