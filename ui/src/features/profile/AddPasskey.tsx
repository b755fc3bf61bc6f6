import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { makePasskey } from '../../api/passkey'
import { asProblem, type Schemas } from '../../api/problem'
import { ErrorState } from '../../components/States'
import { useFocusBack } from '../../components/useFocusBack'

async function make(name: string): Promise<Schemas['CreatedPasskey']> {
  const asked = await unwrap(api.POST('/api/v1/passkeys/ask'))
  const credential = await makePasskey(asked)
  return unwrap(
    api.POST('/api/v1/passkeys', { body: { name, question: asked.question, credential: credential as never } }),
  )
}

/** Asks what the device is called, and has the browser make a passkey. */
export function AddPasskey({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation()
  useFocusBack()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const made = await make(name.trim())
      await client.invalidateQueries()
      onClose()
      if (made.recovery_codes.length) onCodes(made.recovery_codes)
    } catch (thrown) {
      setError(asProblem(thrown))
    }
    setBusy(false)
  }
  return (
    <Modal opened onClose={onClose} title={t('passkeys.add')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim()) void submit()
        }}
      >
        <Stack>
          <TextInput
            label={t('passkeys.name')}
            description={t('passkeys.nameHelp')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          {error !== undefined && <ErrorState error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={!name.trim()}>
              {t('passkeys.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
