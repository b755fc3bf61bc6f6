import { Anchor, Select, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../../api/change'
import { useUrl } from '../../../app/url'
import { ChangeForm } from '../../../components/ChangeForm'
import { Check } from '../../../components/Check'
import { More } from '../../../components/More'
import { NewPassword } from '../../../components/NewPassword'
import { Note } from '../../../components/States'
import { isStaging, PRESETS, presetOf } from './presets'
import { type Authority, created, edited, type Values, valuesOf } from './values'

const OTHER = 'other'

/** Adds an authority, well-known or another one, or changes one. Whoever adds one agrees to its terms. */
export function AuthorityForm({
  authority,
  isFirst = false,
  onClose,
}: {
  authority?: Authority
  /** There is none yet: certificates are ordered at this one. */
  isFirst?: boolean
  onClose: () => void
}) {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  const [usual] = PRESETS
  const form = useForm<Values>({
    initialValues: authority
      ? valuesOf(authority)
      : { ...valuesOf(undefined, isFirst), name: usual?.name ?? '', directory: usual?.directory ?? '' },
    validate: {
      name: (value) => (value.trim() ? null : t('authorities.enterName')),
      directory: (value) => (value.trim() ? null : t('authorities.enterDirectory')),
    },
  })
  const { values } = form
  const preset = presetOf(values.directory)
  // what was chosen is shown until the address is another one
  const [isOther, setOther] = useState(false)
  const choose = (key: string | null) => {
    const next = PRESETS.find((preset) => preset.key === key)
    setOther(!next)
    form.setFieldValue('name', next?.name ?? '')
    form.setFieldValue('directory', next?.directory ?? '')
    form.clearErrors()
  }
  const binding = (
    <>
      <TextInput
        label={t('authorities.keyId')}
        description={t('authorities.keyIdHelp')}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('eab.key_id')}
      />
      <NewPassword
        label={t('authorities.key')}
        description={authority?.eab_key_id ? t('authorities.keyStays') : t('authorities.keyHelp')}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': t('authorities.showKey') }}
        {...form.getInputProps('eab.key')}
      />
    </>
  )
  const isRefused = Object.keys(form.errors).some((name) => name.startsWith('eab'))
  return (
    <ChangeForm<Values, Authority>
      title={authority ? t('authorities.edit', { name: authority.name }) : t('authorities.add')}
      button={authority ? t('common.save') : t('authorities.add')}
      form={form}
      change={(values) =>
        authority
          ? change('patch', '/api/v1/authorities/{authority}', {
              path: { authority: authority.id },
              body: edited(authority, values),
            })
          : change('post', '/api/v1/authorities', { body: created(values) })
      }
      onDone={(made) => {
        if (!authority) setUrl({ open: undefined, fresh: made.id })
      }}
      onClose={onClose}
    >
      {!authority && (
        <Select
          label={t('authorities.which')}
          data={[
            ...PRESETS.map(({ key, label }) => ({ value: key, label })),
            { value: OTHER, label: t('authorities.other') },
          ]}
          allowDeselect={false}
          data-autofocus
          value={isOther ? OTHER : (preset?.key ?? OTHER)}
          onChange={choose}
        />
      )}
      {!authority && isStaging(values.directory) && (
        <Note tone="warning" title={t('authorities.staging')}>
          <Text size="sm">{t('authorities.stagingHelp')}</Text>
        </Note>
      )}
      <TextInput
        label={t('authorities.name')}
        description={t('authorities.nameHelp')}
        withAsterisk
        data-autofocus={authority ? true : undefined}
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('name')}
      />
      {authority ? (
        <Text size="sm" c="dimmed">
          {t('authorities.directory')}: <span className="mono ltr">{authority.directory}</span>
        </Text>
      ) : (
        <TextInput
          label={t('authorities.directory')}
          description={t('authorities.directoryHelp')}
          placeholder="https://acme.example.com/directory"
          withAsterisk
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: 'mono ltr' }}
          {...form.getInputProps('directory')}
        />
      )}
      <TextInput
        label={t('authorities.contact')}
        description={t('authorities.contactHelp')}
        autoComplete="off"
        inputMode="email"
        {...form.getInputProps('contact')}
      />
      {!values.isUnbound &&
        (preset?.eab ? (
          <>
            <Text size="sm">{t('authorities.wantsKey', { name: preset.label })}</Text>
            {binding}
          </>
        ) : (
          <More label={t('authorities.binding')} isRefused={isRefused}>
            {binding}
          </More>
        ))}
      {authority?.eab_key_id && (
        <Check label={t('authorities.unbound')} {...form.getInputProps('isUnbound', { type: 'checkbox' })} />
      )}
      <Check
        label={t('authorities.default')}
        description={t('authorities.defaultHelp')}
        {...form.getInputProps('default', { type: 'checkbox' })}
      />
      {!authority && (
        <Check
          label={t('authorities.agree')}
          description={
            preset ? (
              <Anchor href={preset.terms} target="_blank" rel="noreferrer" size="xs" underline="always">
                {t('authorities.terms', { name: preset.label })}
              </Anchor>
            ) : (
              t('authorities.termsOther')
            )
          }
          {...form.getInputProps('terms_agreed', { type: 'checkbox' })}
        />
      )}
    </ChangeForm>
  )
}
