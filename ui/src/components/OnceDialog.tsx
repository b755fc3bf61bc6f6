import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyText } from './CopyCommand'

export type OnceProps = {
  title: string
  body: string
  values: { label: string; value: string }[]
  onClose: () => void
  children?: ReactNode
}

/** A secret that the panel shows once: it stays until the person says that it is kept. */
export function OnceDialog({ title, body, values, onClose, children }: OnceProps) {
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <Text>{body}</Text>
        {values.map((item) => (
          <CopyText key={item.label} value={item.value} label={item.label} />
        ))}
        {children}
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            {t('once.kept')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
