import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { save } from '../../app/save'
import { useMe } from '../../app/session'

/** Hands the recovery codes over as a file. */
export function DownloadCodes({ codes, onDone }: { codes: string[]; onDone?: () => void }) {
  const { t } = useTranslation()
  const { session } = useMe()
  const text = [t('factors.fileHead', { login: session.login, panel: location.host }), '', ...codes, ''].join('\n')
  return (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
      onClick={() => {
        save(`holdfast-recovery-codes-${session.login}.txt`, text)
        onDone?.()
      }}
    >
      {t('factors.download')}
    </Button>
  )
}
