import { ActionIcon, Button, Group, NumberInput, PasswordInput, Select, Stack, Textarea, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { said } from '../../../app/i18n'
import { Check } from '../../../components/Check'
import { type Draft, fieldsOf, type Person, textOf } from './kinds'

export type Values = { rules: Draft[] }
export type RulesForm = UseFormReturnType<Values>

/** Whoever may enter a directory. A password that is left empty stays what it is. */
function People({ form, at }: { form: RulesForm; at: number }) {
  const { t } = useTranslation()
  const base = `rules.${at}.values.users`
  const people = (form.getValues().rules[at]?.values.users ?? []) as Person[]
  return (
    <Stack gap="xs">
      {people.map((_, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may have one name while it is typed
        <Group key={number} align="flex-end" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            label={t('rules.user')}
            autoComplete="off"
            {...form.getInputProps(`${base}.${number}.name`)}
            data-path={`rules.${at}.password.users.${number}.name`}
            error={form.errors[`rules.${at}.password.users.${number}.name`]}
          />
          <PasswordInput
            style={{ flex: 1 }}
            label={t('rules.password')}
            placeholder={t('rules.passwordStays')}
            autoComplete="new-password"
            {...form.getInputProps(`${base}.${number}.password`)}
            data-path={`rules.${at}.password.users.${number}.password`}
            error={form.errors[`rules.${at}.password.users.${number}.password`]}
          />
          <ActionIcon
            variant="subtle"
            aria-label={t('rules.removeUser', { name: people[number]?.name })}
            onClick={() => form.removeListItem(base, number)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button variant="default" size="xs" onClick={() => form.insertListItem(base, { name: '', password: '' })}>
          {t('rules.addUser')}
        </Button>
      </div>
    </Stack>
  )
}

/** The fields of one rule. What the panel refuses lands on the field of the same place. */
export function RuleFields({ form, at }: { form: RulesForm; at: number }) {
  const { t } = useTranslation()
  const draft = form.getValues().rules[at]
  if (!draft) return null
  return (
    <Stack gap="xs">
      {fieldsOf(draft.kind).map(({ name, holds, optional }) => {
        const place = `rules.${at}.${draft.kind}.${name}`
        const props = {
          ...form.getInputProps(`rules.${at}.values.${name}`),
          label: textOf('fields', name),
          'data-path': place,
          error: form.errors[place],
        }
        const help = said(`rules.help.${name}`)
        const description = optional && name === 'path' ? t('rules.everywhere') : help
        if (holds === 'people') return <People key={name} form={form} at={at} />
        if (holds === 'switch') {
          return (
            <Check
              key={name}
              label={props.label}
              description={help}
              data-path={place}
              error={props.error}
              checked={draft.values[name] === true}
              onChange={(event) => form.setFieldValue(`rules.${at}.values.${name}`, event.currentTarget.checked)}
            />
          )
        }
        if (typeof holds === 'object') {
          const words = name === 'others' ? 'choices' : name === 'per' ? 'per' : undefined
          return (
            <Select
              key={name}
              {...props}
              description={description}
              allowDeselect={false}
              data={holds.map((value) => ({ value, label: words ? textOf(words, value) : value }))}
            />
          )
        }
        if (holds === 'number') {
          return (
            <NumberInput
              key={name}
              {...props}
              description={description}
              min={0}
              allowDecimal={false}
              value={String(draft.values[name] ?? '')}
              onChange={(value) => form.setFieldValue(`rules.${at}.values.${name}`, String(value))}
            />
          )
        }
        const isLong = name === 'value' || holds === 'list'
        return isLong ? (
          <Textarea key={name} {...props} description={description} autosize minRows={1} maxRows={8} />
        ) : (
          <TextInput key={name} {...props} description={description} />
        )
      })}
    </Stack>
  )
}
