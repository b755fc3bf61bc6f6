import { Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { NewPassword } from '../../components/NewPassword'
import { OptionalSelect } from '../../components/OptionalSelect'
import { linesOf } from './lines'

type Account = Schemas['Account']

export function CreateAccount({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [, setUrl] = useUrl()
  const packages = useQuery({ ...queries.packages({ limit: 200 }), enabled: may('GET /api/v1/packages') })
  const organisations = useQuery({
    ...queries.organisations({ limit: 200 }),
    enabled: may('GET /api/v1/organisations'),
  })
  const form = useForm({
    initialValues: { name: '', email: '', password: '', package: '', organisation: '', ssh_keys: '' },
    validate: {
      name: (value) => (value ? null : t('accounts.enterName')),
      email: (value) => (value ? null : t('accounts.enterEmail')),
    },
  })
  const several = (organisations.data?.items.length ?? 0) > 1
  return (
    <ChangeForm<typeof form.values, Account>
      title={t('accounts.add')}
      button={t('accounts.add')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/accounts', {
          body: {
            name: values.name.trim(),
            email: values.email.trim(),
            ...(values.password ? { password: values.password } : {}),
            ...(values.package ? { package: values.package } : {}),
            ...(values.organisation ? { organisation: values.organisation } : {}),
            ...(linesOf(values.ssh_keys).length ? { ssh_keys: linesOf(values.ssh_keys) } : {}),
          },
        })
      }
      onDone={(account) => setUrl({ open: undefined, fresh: account.id })}
      onClose={onClose}
    >
      <TextInput
        label={t('accounts.name')}
        description={t('accounts.nameHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('name')}
      />
      <TextInput label={t('accounts.email')} type="email" withAsterisk {...form.getInputProps('email')} />
      <NewPassword
        label={t('accounts.password')}
        description={t('accounts.passwordHelp')}
        {...form.getInputProps('password')}
      />
      {packages.data && (
        <OptionalSelect
          label={t('accounts.package')}
          description={t('accounts.packageHelp')}
          data={packages.data.items.map((item) => item.name)}
          {...form.getInputProps('package')}
        />
      )}
      {several && (
        <OptionalSelect
          label={t('accounts.organisation')}
          description={t('accounts.organisationHelp')}
          data={organisations.data?.items.map((item) => item.name)}
          {...form.getInputProps('organisation')}
        />
      )}
      <details>
        <summary>{t('form.more')}</summary>
        <Textarea
          label={t('accounts.keys')}
          description={t('accounts.keysHelp')}
          autosize
          minRows={2}
          classNames={{ input: 'mono ltr' }}
          {...form.getInputProps('ssh_keys')}
        />
      </details>
    </ChangeForm>
  )
}

export function EditAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const { t } = useTranslation()
  const { session } = useMe()
  const form = useForm({
    initialValues: { email: account.email, password: '', current_password: '', ssh_keys: account.ssh_keys.join('\n') },
    validate: { email: (value) => (value ? null : t('accounts.enterEmail')) },
  })
  const isOwn = session.login === account.name
  const values = form.getValues()
  return (
    <ChangeForm
      title={t('accounts.edit', { name: account.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/accounts/{account}', {
          path: { account: account.id },
          generation: account.generation,
          body: {
            ...(values.email !== account.email ? { email: values.email.trim() } : {}),
            ...(values.password ? { password: values.password } : {}),
            ...(values.password && values.current_password ? { current_password: values.current_password } : {}),
            ...(values.ssh_keys !== account.ssh_keys.join('\n') ? { ssh_keys: linesOf(values.ssh_keys) } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <TextInput
        label={t('accounts.email')}
        type="email"
        withAsterisk
        data-autofocus
        {...form.getInputProps('email')}
      />
      <NewPassword
        label={t('accounts.newPassword')}
        description={t('accounts.newPasswordHelp')}
        {...form.getInputProps('password')}
      />
      {isOwn && values.password && (
        <TextInput
          type="password"
          label={t('profile.currentPassword')}
          autoComplete="current-password"
          {...form.getInputProps('current_password')}
        />
      )}
      <Textarea
        label={t('accounts.keys')}
        description={t('accounts.keysHelp')}
        autosize
        minRows={3}
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('ssh_keys')}
      />
    </ChangeForm>
  )
}
