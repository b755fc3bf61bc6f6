import { Button, FileButton, Group, Stack, Text, Textarea } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { IconFileUpload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { readPem } from './pem'

export type Pem = { chain: string; key: string }

const NOT_IN = { chain: 'certificates.noChainIn', key: 'certificates.noKeyIn' } as const

/** Nothing of a key is kept by the browser: not for the next time, not by its spell checker. */
const UNKEPT = { autoComplete: 'off', autoCorrect: 'off', autoCapitalize: 'off', spellCheck: false } as const

/** Fields for a chain and its private key, each to be pasted or taken from files. A file with both fills both. */
export function PemFields<V extends Pem>({ form }: { form: UseFormReturnType<V> }) {
  const { t } = useTranslation()
  // the form has further values of its own
  const pem = form as unknown as UseFormReturnType<Pem>
  const take = async (name: keyof Pem, files: File[]) => {
    if (files.length === 0) return
    const parts = await readPem(files)
    if (!parts?.[name]) pem.setFieldError(name, t(NOT_IN[name]))
    for (const part of ['chain', 'key'] as const) {
      if (!parts?.[part]) continue
      pem.setFieldValue(part, parts[part])
      pem.clearFieldError(part)
    }
  }
  const picker = (name: keyof Pem, label: string) => (
    <Group>
      <FileButton multiple accept=".pem,.crt,.cer,.key,.txt,.ca-bundle" onChange={(files) => void take(name, files)}>
        {(props) => (
          <Button {...props} variant="default" size="xs" leftSection={<IconFileUpload size={16} aria-hidden />}>
            {label}
          </Button>
        )}
      </FileButton>
    </Group>
  )
  return (
    <>
      <Stack gap={6}>
        <Textarea
          label={t('certificates.chain')}
          description={t('certificates.chainHelp')}
          placeholder="-----BEGIN CERTIFICATE…"
          withAsterisk
          data-autofocus
          rows={6}
          resize="vertical"
          classNames={{ input: 'mono ltr' }}
          {...UNKEPT}
          {...pem.getInputProps('chain')}
        />
        {picker('chain', t('certificates.chainFiles'))}
      </Stack>
      <Stack gap={6}>
        <Textarea
          label={t('certificates.key')}
          description={t('certificates.keyHelp')}
          placeholder="-----BEGIN PRIVATE KEY…"
          withAsterisk
          // its size is not made to fit: what measures texts for that keeps them
          rows={4}
          classNames={{ input: 'mono ltr veiled' }}
          {...UNKEPT}
          {...pem.getInputProps('key')}
        />
        {picker('key', t('certificates.keyFile'))}
      </Stack>
      <Text size="sm" c="dimmed">
        {t('certificates.both')}
      </Text>
    </>
  )
}
