import { Select, type SelectProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A choice that may be left open: the form holds an empty text then. */
export function OptionalSelect({
  value,
  onChange,
  ...props
}: Omit<SelectProps, 'onChange'> & { onChange?: (next: string) => void }) {
  const { t } = useTranslation()
  return (
    <Select
      searchable
      nothingFoundMessage={t('palette.nothing')}
      {...props}
      clearable
      clearButtonProps={{ 'aria-label': t('table.clear') }}
      value={value || null}
      onChange={(next) => onChange?.(next ?? '')}
    />
  )
}
