import { Checkbox, type CheckboxProps } from '@mantine/core'
import { useId } from 'react'

/** A box of a form. Mantine's own does not tell a screen reader that it is refused, and why. */
export function Check({ error, ...props }: CheckboxProps) {
  const id = useId()
  const refusal = error ? { error: <span id={id}>{error}</span>, 'aria-invalid': true, 'aria-describedby': id } : {}
  return <Checkbox {...props} {...refusal} />
}
