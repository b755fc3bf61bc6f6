import { useTranslation } from 'react-i18next'
import { Once } from '../../components/Once'
import { Time } from '../../components/Time'

/** A link that signs somebody in, shown once. */
export function LinkOnce({ link, onClose }: { link: { url: string; expires_at: string }; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Once
      title={t('people.linkTitle')}
      body={t('people.linkBody')}
      values={[{ label: t('people.link'), value: link.url }]}
      onClose={onClose}
    >
      <div>
        {t('people.linkUntil')} <Time at={link.expires_at} />
      </div>
    </Once>
  )
}
