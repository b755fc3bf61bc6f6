import { Button, Group, Select, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { lazy } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { DataTable } from '../../components/DataTable'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Page } from '../../components/Page'
import { EmptyState } from '../../components/States'
import { Time } from '../../components/Time'

// a tab's code comes with it
const Authorities = lazy(() => import('../cert/authority/Authorities').then((file) => ({ default: file.Authorities })))

type Setting = Schemas['SettingView']

/** Values to choose from, of the settings that have a few. */
const CHOICES: Record<string, string[]> = { 'usage.over_quota': ['warn', 'suspend'] }

/** A value as it is typed: lists are lines, and nothing is empty. */
export function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join('\n')
  return value === null || value === undefined ? '' : String(value)
}

/** What was typed, of the type that the setting has. A number that is none is sent as text, and refused with a reason. */
export function settingValue(text: string, like: unknown): unknown {
  if (Array.isArray(like)) {
    return text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
  }
  if (typeof like === 'boolean') return text === 'true'
  if (typeof like === 'number') return /^-?\d+$/.test(text.trim()) ? Number(text) : text
  return text.trim() === '' ? null : text.trim()
}

function SettingForm({ setting, onClose }: { setting: Setting; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({ initialValues: { value: settingText(setting.value) } })
  const label = setting.key
  const what = said(`setting.${setting.key.replaceAll('.', '_')}`) ?? setting.what
  const like = setting.value ?? setting.default
  const choices = CHOICES[setting.key]
  const props = { label, description: what, 'data-autofocus': true, ...form.getInputProps('value') } as const
  return (
    <ChangeForm
      title={t('settings.edit', { key: setting.key })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('put', '/api/v1/settings/{key}', {
          path: { key: setting.key },
          body: { value: settingValue(values.value, like) },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      {choices ? (
        <Select {...props} data={choices} allowDeselect={false} />
      ) : typeof like === 'boolean' ? (
        <Switch
          label={label}
          description={what}
          error={form.errors.value}
          data-path="value"
          checked={form.values.value === 'true'}
          onChange={(event) => form.setFieldValue('value', String(event.currentTarget.checked))}
        />
      ) : Array.isArray(like) ? (
        <Textarea {...props} autosize minRows={4} classNames={{ input: 'mono ltr' }} />
      ) : typeof like === 'number' ? (
        <TextInput {...props} inputMode="numeric" />
      ) : (
        <TextInput {...props} />
      )}
      <Group>
        <Button
          variant="default"
          size="xs"
          onClick={() => form.setFieldValue('value', settingText(setting.default))}
          disabled={form.values.value === settingText(setting.default)}
        >
          {t('settings.toDefault')}
        </Button>
        <Text size="sm" c="dimmed">
          {settingText(setting.default) || t('table.none')}
        </Text>
      </Group>
    </ChangeForm>
  )
}

function SettingList() {
  const { t } = useTranslation()
  const { may } = useMe()
  const list = useQuery(queries.settings())
  const [editing, setEditing] = useOpenOf('edit', list.data?.items, ({ key }) => key)
  const mayEdit = may('PUT /api/v1/settings/{key}')
  const isOwn = (setting: Setting) => JSON.stringify(setting.value) !== JSON.stringify(setting.default)
  return (
    <>
      <DataTable<Setting>
        label={t('nav.settings')}
        rows={list.data?.items}
        rowKey={(setting) => setting.key}
        error={list.error}
        onRetry={() => void list.refetch()}
        expected={9}
        empty={<EmptyState title={t('settings.empty')} />}
        columns={[
          {
            key: 'key',
            label: t('settings.setting'),
            cell: (setting) => (
              <Stack gap={0} py={4}>
                <Text fw={600} className="mono">
                  {setting.key}
                </Text>
                <Text size="sm" c="dimmed" maw={560}>
                  {said(`setting.${setting.key.replaceAll('.', '_')}`) ?? setting.what}
                </Text>
              </Stack>
            ),
          },
          {
            key: 'value',
            label: t('settings.value'),
            cell: (setting) => (
              <>
                <span style={{ whiteSpace: 'pre-line' }}>{settingText(setting.value) || t('table.none')}</span>
                {!isOwn(setting) && (
                  <Text size="sm" c="dimmed">
                    {t('settings.usual')}
                  </Text>
                )}
              </>
            ),
          },
          { key: 'updated', label: t('table.updated'), cell: (setting) => <Time at={setting.updated_at} /> },
          ...(mayEdit
            ? [
                {
                  key: 'edit',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (setting: Setting) => (
                    <Button
                      variant="default"
                      size="compact-sm"
                      onClick={() => setEditing(setting)}
                      aria-label={t('settings.edit', { key: setting.key })}
                    >
                      {t('common.edit')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {editing && <SettingForm setting={editing} onClose={() => setEditing(undefined)} />}
    </>
  )
}

/** What the installation is set to, and who issues its certificates. */
export function Settings() {
  const { t } = useTranslation()
  const { may } = useMe()
  return (
    <Page title={t('nav.settings')}>
      <ObjectTabs
        tabs={[
          { key: 'settings', label: t('nav.settings'), show: () => <SettingList /> },
          ...(may('GET /api/v1/authorities')
            ? [{ key: 'authorities', label: t('authorities.title'), show: () => <Authorities /> }]
            : []),
        ]}
      />
    </Page>
  )
}
