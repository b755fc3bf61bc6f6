import { Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { change } from '../../api/change'
import { ChangeForm } from '../../components/ChangeForm'
import { linesOf } from '../account/lines'

/** From where somebody may sign in. */
export function NetworksForm({
  networks,
  make,
  onClose,
}: {
  networks: string[]
  make: (networks: string[]) => ReturnType<typeof change>
  onClose: () => void
}) {
  const { t } = useTranslation()
  const form = useForm({ initialValues: { networks: networks.join('\n') } })
  return (
    <ChangeForm
      title={t('networks.edit')}
      button={t('common.save')}
      form={form}
      change={(values) => make(linesOf(values.networks))}
      onDone={() => {}}
      onClose={onClose}
    >
      <Textarea
        label={t('networks.title')}
        description={t('networks.help')}
        autosize
        minRows={4}
        classNames={{ input: 'mono ltr' }}
        data-autofocus
        {...form.getInputProps('networks')}
      />
    </ChangeForm>
  )
}
