import { Fieldset, Select, Stack, TagsInput, TextInput } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Change } from '../../api/change'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { ChangeForm } from '../../components/ChangeForm'
import { Note } from '../../components/States'
import { groupsOf, labelOf, rangeWords, type Setting, type Shown, typedOf, valueFrom, valueWords } from './words'

type Values = Record<string, string | string[]>
type Edit = Schemas['EditPhp']

function Field({ setting, form, isOfSite }: { setting: Setting; form: UseFormReturnType<Values>; isOfSite: boolean }) {
  const { t } = useTranslation()
  const words = valueWords(setting, setting.otherwise, t)
  const otherwise = t(isOfSite ? 'php.asAccount' : 'php.asUsual', { value: words })
  const description = [rangeWords(setting, t), t(setting.held ? 'php.held' : 'php.open')].filter(Boolean).join(' ')
  const props = { label: labelOf(setting), description, ...form.getInputProps(setting.name) }
  if (setting.unit === 'flag' || setting.unit === 'choice') {
    const choices = setting.unit === 'flag' ? ['true', 'false'] : setting.choices
    const read = (choice: string) => (setting.unit === 'flag' ? choice === 'true' : choice)
    return (
      <Select
        {...props}
        allowDeselect={false}
        data={[
          { value: '', label: otherwise },
          ...choices.map((choice) => ({ value: choice, label: valueWords(setting, read(choice), t) })),
        ]}
      />
    )
  }
  if (setting.unit === 'functions') {
    return (
      <TagsInput {...props} placeholder={otherwise} clearButtonProps={{ 'aria-label': t('table.clear') }} />
    )
  }
  return (
    <TextInput
      {...props}
      placeholder={otherwise}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: 'ltr' }}
    />
  )
}

/** Every setting of PHP in one form: what is left empty is as it would be otherwise. */
function Form({
  name,
  shown,
  of,
  onClose,
}: {
  name: string
  shown: Shown
  of: (body: Edit, generation: number) => Change
  onClose: () => void
}) {
  const { t } = useTranslation()
  const before: Values = Object.fromEntries(shown.settings.map((setting) => [setting.name, typedOf(setting)]))
  const form = useForm<Values>({ initialValues: before })
  const changed = (values: Values) => {
    const all = shown.settings.filter(
      ({ name }) => JSON.stringify(values[name]) !== JSON.stringify(before[name]),
    )
    return Object.fromEntries(all.map((setting) => [setting.name, valueFrom(setting, values[setting.name] ?? '')]))
  }
  return (
    <ChangeForm
      title={t('php.edit', { name })}
      button={t('common.save')}
      form={form}
      change={(values) => of(changed(values) as Edit, shown.version)}
      onDone={() => {}}
      onClose={onClose}
    >
      {form.values.display_errors === 'true' && <Note tone="warning" title={t('php.warning.errors_shown')} />}
      {groupsOf(shown.settings).map((group) => (
        <Fieldset key={group.key} legend={t(`php.group.${group.key}`)}>
          <Stack>
            {group.settings.map((setting) => (
              <Field key={setting.name} setting={setting} form={form} isOfSite={!!shown.site} />
            ))}
          </Stack>
        </Fieldset>
      ))}
    </ChangeForm>
  )
}

export function SitePhpForm({ site, onClose }: { site: Schemas['Site']; onClose: () => void }) {
  const read = useQuery(queries.sitePhp(site.id))
  if (!read.data) return null
  return (
    <Form
      name={site.name}
      shown={read.data}
      of={(body, generation) =>
        change('patch', '/api/v1/sites/{site}/php', { path: { site: site.id }, body, generation })
      }
      onClose={onClose}
    />
  )
}

export function AccountPhpForm({ account, onClose }: { account: Schemas['Account']; onClose: () => void }) {
  const read = useQuery(queries.accountPhp(account.id))
  if (!read.data) return null
  return (
    <Form
      name={account.name}
      shown={read.data}
      of={(body, generation) =>
        change('patch', '/api/v1/accounts/{account}/php', { path: { account: account.id }, body, generation })
      }
      onClose={onClose}
    />
  )
}
