import './cert.css'
import { SegmentedControl, Select, TagsInput, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { queries } from '../../api/queries'
import { useScope } from '../../app/scope'
import { useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { PemFields } from './PemFields'
import { type Certificate, titleOf } from './words'

export type Values = {
  how: 'bring' | 'order'
  account: string
  chain: string
  key: string
  names: string[]
}

/** What a new certificate is asked for with: a chain and its key, or names. */
export const created = ({ how, account, chain, key, names }: Values) =>
  how === 'bring' ? { account, chain, key } : { account, names: names.map((name) => name.trim()) }

/** The names of an account's sites, of which an authority may certify those that lead here. */
function useSiteNames(account: string): string[] {
  const sites = useQuery({ ...queries.sites({ account, limit: 200 }), enabled: account !== '' })
  const items = sites.data?.items ?? []
  return [...new Set(items.flatMap((site) => [site.name, ...site.aliases]))]
}

/** Brings a certificate with its key, or asks for one for names of one's own. */
export function CreateCertificate({ account: of, onClose }: { account?: string; onClose: () => void }) {
  const { t } = useTranslation()
  const scope = useScope()
  const [, setUrl] = useUrl()
  const accounts = useQuery(queries.accounts({ limit: 200 }))
  const known = accounts.data?.items.map((item) => item.name) ?? []
  const first = known.length === 1 ? (known[0] ?? '') : ''
  const form = useForm<Values>({
    initialValues: {
      how: 'bring',
      account: of ?? scope.account ?? '',
      chain: '',
      key: '',
      names: [],
    },
    validate: {
      account: (value) => (value || known.length === 1 ? null : t('sites.chooseAccount')),
      chain: (value, { how }) => (how === 'order' || value.trim() ? null : t('certificates.enterChain')),
      key: (value, { how }) => (how === 'order' || value.trim() ? null : t('certificates.enterKey')),
      names: (value, { how }) => (how === 'bring' || value.length ? null : t('certificates.enterNames')),
    },
  })
  const { values } = form
  const account = values.account || first
  const names = useSiteNames(values.how === 'order' ? account : '')
  return (
    <ChangeForm<Values, Certificate>
      title={t('certificates.add')}
      button={values.how === 'bring' ? t('certificates.bring') : t('certificates.order')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/certificates', { body: created({ ...values, account: values.account || first }) })
      }
      onDone={(made) => setUrl({ open: undefined, fresh: made.id })}
      onClose={onClose}
    >
      <Text size="sm" c="dimmed">
        {t('certificates.bySite')}
      </Text>
      <SegmentedControl
        aria-label={t('certificates.how')}
        value={values.how}
        onChange={(how) => form.setFieldValue('how', how === 'order' ? 'order' : 'bring')}
        data={[
          { value: 'bring', label: t('certificates.howBring') },
          { value: 'order', label: t('certificates.howOrder') },
        ]}
      />
      {/* where there is but one, nothing is chosen */}
      {!of && known.length > 1 && (
        <Select
          label={t('sites.account')}
          data={known}
          withAsterisk
          searchable
          data-autofocus
          nothingFoundMessage={t('palette.nothing')}
          {...form.getInputProps('account')}
          value={account || null}
        />
      )}
      {values.how === 'bring' ? (
        <PemFields form={form} />
      ) : (
        <>
          <TagsInput
            label={t('certificates.names')}
            description={t('certificates.namesHelp')}
            withAsterisk
            data={names}
            splitChars={[',', ' ']}
            clearButtonProps={{ 'aria-label': t('table.clear') }}
            {...form.getInputProps('names')}
          />
        </>
      )}
    </ChangeForm>
  )
}

/** Puts another chain with its key in the place of the one that was brought. */
export function ReplaceChain({ certificate, onClose }: { certificate: Certificate; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: { chain: '', key: '' },
    validate: {
      chain: (value) => (value.trim() ? null : t('certificates.enterChain')),
      key: (value) => (value.trim() ? null : t('certificates.enterKey')),
    },
  })
  return (
    <ChangeForm
      title={t('certificates.replaceOf', { name: titleOf(certificate) })}
      button={t('certificates.replace')}
      form={form}
      change={(body) =>
        change('put', '/api/v1/certificates/{certificate}/chain', {
          path: { certificate: certificate.id },
          generation: certificate.generation,
          body,
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Text>{t('certificates.replaceBody', { count: certificate.sites.length })}</Text>
      <PemFields form={form} />
    </ChangeForm>
  )
}
