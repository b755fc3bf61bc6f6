import { Stack } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

/** What a form can do without; it opens by itself where a value inside is refused. */
export function More({ isRefused, label, children }: { isRefused: boolean; label?: string; children: ReactNode }) {
  const { t } = useTranslation()
  const box = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (isRefused && box.current) box.current.open = true
  }, [isRefused])
  return (
    <details ref={box}>
      <summary>{label ?? t('form.more')}</summary>
      <Stack pt="xs">{children}</Stack>
    </details>
  )
}
