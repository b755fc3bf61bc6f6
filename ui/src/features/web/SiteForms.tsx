import { Select, TagsInput, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useScope } from '../../app/scope'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'

type Site = Schemas['Site']
const NONE = 'none'

/** That a new site answers by HTTPS by itself; or that the server does not listen for it, as far as this person may know that. */
function ByHttps() {
  const { t } = useTranslation()
  const { may } = useMe()
  const node = useQuery({ ...queries.node(), enabled: may('GET /api/v1/node') })
  return (
    <Text size="sm" c="dimmed">
      {t(node.data && node.data.listen_tls.length === 0 ? 'https.newNot' : 'https.new')}
    </Text>
  )
}

/** The PHP versions of the server, for whoever may know them, and those that this person's sites run already. */
function useVersions(own?: string | null): string[] {
  const { may } = useMe()
  const node = useQuery({ ...queries.node(), enabled: may('GET /api/v1/node') })
  const pools = useQuery(queries.pools())
  const known = [
    ...(node.data?.php_versions ?? []),
    ...(pools.data?.items.map((pool) => pool.version) ?? []),
    own ?? '',
  ]
  return [...new Set(known.filter(Boolean))].sort().reverse()
}

export function CreateSite({ account, onClose }: { account?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const scope = useScope()
  const [, setUrl] = useUrl()
  const versions = useVersions()
  const accounts = useQuery(queries.accounts({ limit: 200 }))
  const names = accounts.data?.items.map((item) => item.name) ?? []
  const form = useForm({
    initialValues: {
      account: account ?? scope.account ?? '',
      name: '',
      aliases: [] as string[],
      php: '',
      docroot: '',
      body_size: '',
    },
    validate: {
      name: (value) => (value ? null : t('sites.enterName')),
      account: (value) => (value || names.length === 1 ? null : t('sites.chooseAccount')),
    },
  })
  const first = names.length === 1 ? (names[0] ?? '') : ''
  return (
    <ChangeForm<typeof form.values, Site>
      title={t('sites.add')}
      button={t('sites.add')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/sites', {
          body: {
            account: values.account || first,
            name: values.name.trim(),
            ...(values.aliases.length ? { aliases: values.aliases } : {}),
            ...(values.php === '' ? {} : { php: values.php === NONE ? null : values.php }),
            ...(values.docroot ? { docroot: values.docroot.trim() } : {}),
            ...(values.body_size ? { body_size: values.body_size.trim() } : {}),
          },
        })
      }
      onDone={(site) => setUrl({ open: undefined, fresh: site.id })}
      onClose={onClose}
    >
      <TextInput
        label={t('sites.name')}
        description={t('sites.nameHelp')}
        placeholder="www.example.com"
        withAsterisk
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: 'ltr' }}
        {...form.getInputProps('name')}
      />
      {!account && (
        <Select
          label={t('sites.account')}
          data={names}
          withAsterisk
          searchable
          nothingFoundMessage={t('palette.nothing')}
          {...form.getInputProps('account')}
          value={form.values.account || first || null}
        />
      )}
      <Select
        label={t('sites.php')}
        data={[
          { value: '', label: t('sites.newestPhp') },
          ...versions.map((version) => ({ value: version, label: `PHP ${version}` })),
          { value: NONE, label: t('sites.noPhp') },
        ]}
        allowDeselect={false}
        {...form.getInputProps('php')}
      />
      <ByHttps />
      <details>
        <summary>{t('form.more')}</summary>
        <TagsInput
          label={t('sites.aliases')}
          description={t('sites.aliasesHelp')}
          clearButtonProps={{ 'aria-label': t('table.clear') }}
          mb="sm"
          {...form.getInputProps('aliases')}
        />
        <TextInput
          label={t('sites.docroot')}
          description={t('sites.docrootHelp')}
          classNames={{ input: 'mono ltr' }}
          mb="sm"
          {...form.getInputProps('docroot')}
        />
        <TextInput label={t('sites.bodySize')} placeholder="64M" {...form.getInputProps('body_size')} />
      </details>
    </ChangeForm>
  )
}

export function EditSite({ site, onClose }: { site: Site; onClose: () => void }) {
  const { t } = useTranslation()
  const versions = useVersions(site.php)
  const form = useForm({
    initialValues: {
      name: site.name,
      aliases: site.aliases,
      redirected: site.redirected,
      php: site.php ?? NONE,
      docroot: site.docroot,
      body_size: site.body_size ?? '',
      index: site.index ?? [],
    },
    validate: { name: (value) => (value ? null : t('sites.enterName')) },
  })
  const differs = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) !== JSON.stringify(b)
  return (
    <ChangeForm
      title={t('sites.edit', { name: site.name })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/sites/{site}', {
          path: { site: site.id },
          generation: site.generation,
          body: {
            ...(values.name !== site.name ? { name: values.name.trim() } : {}),
            ...(differs(values.aliases, site.aliases) ? { aliases: values.aliases } : {}),
            ...(differs(values.redirected, site.redirected) ? { redirected: values.redirected } : {}),
            ...(values.php !== (site.php ?? NONE) ? { php: values.php === NONE ? null : values.php } : {}),
            ...(values.docroot !== site.docroot ? { docroot: values.docroot.trim() || null } : {}),
            ...(values.body_size !== (site.body_size ?? '') ? { body_size: values.body_size.trim() || null } : {}),
            ...(differs(values.index, site.index ?? []) ? { index: values.index.length ? values.index : null } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <TextInput
        label={t('sites.name')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: 'ltr' }}
        {...form.getInputProps('name')}
      />
      <TagsInput
        label={t('sites.aliases')}
        description={t('sites.aliasesHelp')}
        clearButtonProps={{ 'aria-label': t('table.clear') }}
        {...form.getInputProps('aliases')}
      />
      <TagsInput
        label={t('sites.redirected')}
        description={t('sites.redirectedHelp')}
        data={form.values.aliases}
        clearButtonProps={{ 'aria-label': t('table.clear') }}
        {...form.getInputProps('redirected')}
      />
      <Select
        label={t('sites.php')}
        data={[
          ...versions.map((version) => ({ value: version, label: `PHP ${version}` })),
          { value: NONE, label: t('sites.noPhp') },
        ]}
        allowDeselect={false}
        {...form.getInputProps('php')}
      />
      <TextInput
        label={t('sites.docroot')}
        description={t('sites.docrootEdit')}
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('docroot')}
      />
      <TextInput label={t('sites.bodySize')} placeholder="64M" {...form.getInputProps('body_size')} />
      <TagsInput
        label={t('sites.index')}
        description={t('sites.indexHelp')}
        clearButtonProps={{ 'aria-label': t('table.clear') }}
        {...form.getInputProps('index')}
      />
    </ChangeForm>
  )
}
