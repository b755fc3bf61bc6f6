import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A password that is there already. Mantine does not tell a screen reader that it is refused: this does. */
export function Password(props: PasswordInputProps) {
  const { t } = useTranslation()
  return (
    <PasswordInput
      autoComplete="current-password"
      visibilityToggleButtonProps={{ 'aria-label': t('gate.showPassword') }}
      aria-invalid={props.error ? true : undefined}
      {...props}
    />
  )
}

/** A password that is being chosen. */
export const NewPassword = (props: PasswordInputProps) => <Password autoComplete="new-password" {...props} />
