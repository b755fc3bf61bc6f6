import { Checkbox, type CheckboxProps, Switch, type SwitchProps } from '@mantine/core'
import { type ReactNode, useId } from 'react'

/** Mantine does not tell a screen reader that a box or a switch is refused, and why. */
function useRefusal(error: ReactNode) {
  const id = useId()
  return error ? { error: <span id={id}>{error}</span>, 'aria-invalid': true, 'aria-describedby': id } : {}
}

/** A box of a form. */
export function Check({ error, ...props }: CheckboxProps) {
  return <Checkbox {...props} {...useRefusal(error)} />
}

/** A switch of a form. */
export function Toggle({ error, ...props }: SwitchProps) {
  return <Switch {...props} {...useRefusal(error)} />
}
