import { SegmentedControl, Select, Text, useMantineColorScheme } from '@mantine/core'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, setLanguage } from '../../app/i18n'

/** The language and the colours of the panel in this browser. */
export function Looks() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const id = useId()
  return (
    <>
      <Select
        label={t('profile.language')}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={i18n.language in LANGUAGES ? i18n.language : null}
        onChange={(next) => next && void setLanguage(next)}
        allowDeselect={false}
      />
      <div>
        <Text size="sm" fw={500} mb={4} id={id}>
          {t('profile.theme')}
        </Text>
        <SegmentedControl
          aria-labelledby={id}
          value={colorScheme}
          onChange={(next) => setColorScheme(next as 'light' | 'dark' | 'auto')}
          data={[
            { value: 'auto', label: t('profile.auto') },
            { value: 'light', label: t('profile.light') },
            { value: 'dark', label: t('profile.dark') },
          ]}
        />
      </div>
    </>
  )
}
