import { Select, Text, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { ChangeForm } from '../../components/ChangeForm'
import { Note } from '../../components/States'
import { linesOf } from '../account/lines'

const PROFILES = ['intermediate', 'modern'] as const

/** What the web server listens on, by HTTP and by HTTPS, and how old its visitors' software may be. */
export function EditListen({ node, onClose }: { node: Schemas['Node']; onClose: () => void }) {
  const { t } = useTranslation()
  const before = {
    listen: node.listen.join('\n'),
    listen_tls: node.listen_tls.join('\n'),
    tls_profile: node.tls_profile,
  }
  const form = useForm({ initialValues: before })
  return (
    <ChangeForm
      title={t('health.editListen')}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/node', {
          generation: node.webserver.generation,
          body: {
            ...(values.listen !== before.listen ? { listen: linesOf(values.listen) } : {}),
            ...(values.listen_tls !== before.listen_tls ? { listen_tls: linesOf(values.listen_tls) } : {}),
            ...(values.tls_profile !== before.tls_profile ? { tls_profile: values.tls_profile } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Textarea
        label={t('health.listen')}
        description={t('health.listenHelp')}
        autosize
        minRows={3}
        classNames={{ input: 'mono ltr' }}
        data-autofocus
        {...form.getInputProps('listen')}
      />
      <Textarea
        label={t('health.listenTls')}
        description={t('health.listenTlsHelp')}
        autosize
        minRows={3}
        classNames={{ input: 'mono ltr' }}
        {...form.getInputProps('listen_tls')}
      />
      {node.listen_tls.length > 0 && linesOf(form.values.listen_tls).length === 0 && (
        <Note tone="warning" title={t('health.tlsGoes')}>
          <Text size="sm">{t('health.tlsGoesHelp')}</Text>
        </Note>
      )}
      <Select
        label={t('health.tlsProfile')}
        description={t('health.tlsProfileHelp')}
        data={[...new Set([...PROFILES, node.tls_profile])].map((name) => ({
          value: name,
          label: said(`health.profile.${name}`) ?? name,
        }))}
        allowDeselect={false}
        {...form.getInputProps('tls_profile')}
      />
    </ChangeForm>
  )
}
