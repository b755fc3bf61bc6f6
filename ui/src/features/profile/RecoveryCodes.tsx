import { Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Once } from '../../components/Once'
import { DownloadCodes } from './DownloadCodes'

/** Recovery codes, shown once. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Once
      title={t('factors.codesTitle')}
      body={t('factors.codesBody')}
      values={[{ label: t('factors.codes'), value: codes.join('\n') }]}
      onClose={onClose}
    >
      <Group>
        <DownloadCodes codes={codes} />
      </Group>
    </Once>
  )
}
