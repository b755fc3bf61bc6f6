import { Button, CloseButton, Group, Input, Select, TagsInput, TextInput } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { Check } from '../../components/Check'
import { More } from '../../components/More'
import { NewPassword } from '../../components/NewPassword'

type Provider = Schemas['IdentityProvider']
type Wanted = Schemas['MappingWanted'] & { key: string }

/** What a provider is asked for where nothing else is said. */
const USUAL_SCOPES = ['profile', 'email']

export type Values = {
  name: string
  label: string
  issuer: string
  client_id: string
  client_secret: string
  isPublic: boolean
  enabled: boolean
  scopes: string[]
  groups_claim: string
  makes_people: boolean
  second_factor_counts: boolean
  mappings: Wanted[]
}

export const valuesOf = (provider?: Provider): Values => ({
  name: provider?.name ?? '',
  label: provider?.label ?? '',
  issuer: provider?.issuer ?? '',
  client_id: provider?.client_id ?? '',
  client_secret: '',
  isPublic: provider ? !provider.has_secret : false,
  enabled: provider?.enabled ?? true,
  scopes: provider?.scopes ?? USUAL_SCOPES,
  groups_claim: provider?.groups_claim ?? '',
  makes_people: provider?.makes_people ?? false,
  second_factor_counts: provider?.second_factor_counts ?? false,
  mappings: (provider?.mappings ?? []).map(({ group, role, organisation }, index) => ({
    key: `${index}`,
    group,
    role,
    organisation,
  })),
})

const wanted = (mappings: Wanted[]) =>
  mappings.map(({ group, role, organisation }) => ({ group: group.trim(), role, organisation }))
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** A new provider of these values: what is as usual is left out. */
export function created(values: Values): Schemas['CreateProvider'] {
  return {
    name: values.name.trim(),
    issuer: values.issuer.trim(),
    client_id: values.client_id.trim(),
    ...(values.client_secret && !values.isPublic ? { client_secret: values.client_secret } : {}),
    ...(values.label.trim() ? { label: values.label.trim() } : {}),
    ...(isSame(values.scopes, USUAL_SCOPES) ? {} : { scopes: values.scopes }),
    ...(values.groups_claim.trim() ? { groups_claim: values.groups_claim.trim() } : {}),
    ...(values.makes_people ? { makes_people: true } : {}),
    ...(values.second_factor_counts ? { second_factor_counts: true } : {}),
    ...(values.enabled ? {} : { enabled: false }),
    ...(values.mappings.length ? { mappings: wanted(values.mappings) } : {}),
  }
}

/** What these values change of a provider. */
export function edited(provider: Provider, values: Values): Schemas['EditProvider'] {
  const before = valuesOf(provider)
  return {
    ...(values.label.trim() && values.label !== before.label ? { label: values.label.trim() } : {}),
    ...(values.client_id !== before.client_id ? { client_id: values.client_id.trim() } : {}),
    ...(values.isPublic
      ? provider.has_secret
        ? { client_secret: null }
        : {}
      : values.client_secret
        ? { client_secret: values.client_secret }
        : {}),
    ...(isSame(values.scopes, before.scopes) ? {} : { scopes: values.scopes }),
    ...(values.groups_claim !== before.groups_claim ? { groups_claim: values.groups_claim.trim() || null } : {}),
    ...(values.makes_people !== before.makes_people ? { makes_people: values.makes_people } : {}),
    ...(values.second_factor_counts !== before.second_factor_counts
      ? { second_factor_counts: values.second_factor_counts }
      : {}),
    ...(values.enabled !== before.enabled ? { enabled: values.enabled } : {}),
    ...(isSame(wanted(values.mappings), wanted(before.mappings)) ? {} : { mappings: wanted(values.mappings) }),
  }
}

/** Which group has which role where, a row each. */
function Mappings({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const id = useId()
  const roles = useQuery({ ...queries.roles({ limit: 200 }), enabled: may('GET /api/v1/roles') })
  const organisations = useQuery({
    ...queries.organisations({ limit: 200 }),
    enabled: may('GET /api/v1/organisations'),
  })
  const { mappings } = form.values
  const names = [...new Set([...(roles.data?.items ?? []), ...mappings.map(({ role }) => ({ name: role }))])]
  const roleNames = [...new Set(names.map((role) => role.name).filter(Boolean))]
  const places = [
    ...new Set([
      ...(organisations.data?.items ?? []).map((item) => item.name),
      ...mappings.map((item) => item.organisation).filter(Boolean),
    ]),
  ]
  return (
    <fieldset aria-describedby={id} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <Input.Label component="legend">{t('identity.mappings')}</Input.Label>
      <Input.Description id={id}>{t('identity.mappingsHelp')}</Input.Description>
      {mappings.map((mapping, index) => (
        <Group key={mapping.key} gap="xs" align="flex-end" wrap="wrap" mt={8}>
          <TextInput
            label={t('identity.group')}
            flex="1 1 120px"
            autoComplete="off"
            {...form.getInputProps(`mappings.${index}.group`)}
          />
          <Select
            label={t('members.role')}
            flex="1 1 140px"
            searchable
            data={roleNames.map((name) => ({ value: name, label: said(`role.${name}`) ?? name }))}
            {...form.getInputProps(`mappings.${index}.role`)}
          />
          <Select
            label={t('accounts.organisation')}
            flex="1 1 120px"
            searchable
            data={places}
            {...form.getInputProps(`mappings.${index}.organisation`)}
          />
          <CloseButton
            size={36}
            aria-label={t('identity.removeMapping', { number: index + 1 })}
            onClick={() => form.removeListItem('mappings', index)}
          />
        </Group>
      ))}
      {form.errors.mappings && (
        <Input.Error mt={4} role="alert">
          {form.errors.mappings}
        </Input.Error>
      )}
      <Button
        variant="default"
        size="xs"
        mt="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() =>
          form.insertListItem('mappings', {
            key: crypto.randomUUID(),
            group: '',
            role: '',
            organisation: places.length === 1 ? (places[0] ?? '') : '',
          })
        }
      >
        {t('identity.addMapping')}
      </Button>
    </fieldset>
  )
}

/** Adds a provider, or changes one. What it cannot exist without is asked for at once, all else in the collapsed part. */
export function ProviderForm({ provider, onClose }: { provider?: Provider; onClose: () => void }) {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  const form = useForm<Values>({
    initialValues: valuesOf(provider),
    validate: {
      name: (value) => (value.trim() ? null : t('identity.enterName')),
      issuer: (value) => (value.trim() ? null : t('identity.enterIssuer')),
      client_id: (value) => (value.trim() ? null : t('identity.enterClientId')),
      mappings: {
        group: (value) => (value.trim() ? null : t('identity.enterGroup')),
        role: (value) => (value ? null : t('members.chooseRole')),
        organisation: (value) => (value ? null : t('identity.chooseOrganisation')),
      },
    },
  })
  const { values, errors } = form
  const inside = ['label', 'scopes', 'groups_claim', 'makes_people', 'second_factor_counts', 'enabled', 'mappings']
  const isRefused = Object.keys(errors).some((name) => inside.includes(name.split('.')[0] ?? ''))
  return (
    <ChangeForm<Values, Provider>
      title={provider ? t('identity.edit', { name: provider.name }) : t('identity.add')}
      button={provider ? t('common.save') : t('identity.add')}
      form={form}
      change={(values) =>
        provider
          ? change('patch', '/api/v1/identity-providers/{identity_provider}', {
              path: { identity_provider: provider.id },
              body: edited(provider, values),
            })
          : change('post', '/api/v1/identity-providers', { body: created(values) })
      }
      onDone={(made) => {
        // what is to be entered at the provider is on its page
        if (!provider) setUrl({ open: undefined, fresh: made.id })
      }}
      onClose={onClose}
    >
      {!provider && (
        <>
          <TextInput
            label={t('identity.name')}
            description={t('identity.nameHelp')}
            withAsterisk
            data-autofocus
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('identity.issuer')}
            description={t('identity.issuerHelp')}
            placeholder="https://login.example.com"
            withAsterisk
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: 'mono ltr' }}
            {...form.getInputProps('issuer')}
          />
        </>
      )}
      <TextInput
        label={t('identity.clientId')}
        description={t('identity.clientIdHelp')}
        withAsterisk
        autoComplete="off"
        spellCheck={false}
        data-autofocus={provider ? true : undefined}
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('client_id')}
      />
      {!values.isPublic && (
        <NewPassword
          label={provider?.has_secret ? t('identity.newSecret') : t('identity.secret')}
          description={provider?.has_secret ? t('identity.newSecretHelp') : t('identity.secretHelp')}
          autoComplete="off"
          visibilityToggleButtonProps={{ 'aria-label': t('identity.showSecret') }}
          {...form.getInputProps('client_secret')}
        />
      )}
      {provider && <Check label={t('identity.noSecret')} {...form.getInputProps('isPublic', { type: 'checkbox' })} />}
      <More isRefused={isRefused}>
        <TextInput
          label={t('identity.label')}
          description={provider ? undefined : t('identity.labelHelp')}
          autoComplete="off"
          {...form.getInputProps('label')}
        />
        <Check label={t('identity.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
        <Check
          label={t('identity.secondFactor')}
          description={t('identity.secondFactorHelp')}
          {...form.getInputProps('second_factor_counts', { type: 'checkbox' })}
        />
        <TagsInput
          label={t('identity.scopes')}
          description={t('identity.scopesHelp')}
          splitChars={[',', ' ']}
          {...form.getInputProps('scopes')}
        />
        <TextInput
          label={t('identity.claim')}
          description={t('identity.claimHelp')}
          placeholder="groups"
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: 'mono ltr' }}
          {...form.getInputProps('groups_claim')}
        />
        <Mappings form={form} />
        <Check
          label={t('identity.makesPeople')}
          description={t('identity.makesPeopleHelp')}
          {...form.getInputProps('makes_people', { type: 'checkbox' })}
        />
      </More>
    </ChangeForm>
  )
}
