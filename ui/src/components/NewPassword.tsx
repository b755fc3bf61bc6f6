import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A password that is being chosen. */
export function NewPassword(props: PasswordInputProps) {
  const { t } = useTranslation()
  return (
    <PasswordInput
      autoComplete="new-password"
      aria-invalid={props.error ? true : undefined}
      visibilityToggleButtonProps={{ 'aria-label': t('gate.showPassword') }}
      {...props}
    />
  )
}
