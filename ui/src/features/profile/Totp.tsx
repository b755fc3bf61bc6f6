import { Button, Checkbox, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, unwrap } from '../../api/client'
import { asProblem, type Schemas } from '../../api/problem'
import { CopyText } from '../../components/CopyCommand'
import { ErrorState } from '../../components/States'
import { DownloadCodes } from './DownloadCodes'

// the picture is needed once in a while
const QrCode = lazy(() => import('../../components/QrCode').then((file) => ({ default: file.QrCode })))

/** Four letters at a time are typed with fewer mistakes. */
const grouped = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ')

/** A secret for an authenticator: as a picture to scan, as text to type, and as a link on the device that has the app. */
function Offer({ offer }: { offer: Schemas['TotpOffer'] }) {
  const { t } = useTranslation()
  return (
    <Group align="flex-start" gap="md">
      <Suspense fallback={<Skeleton w={208} h={208} />}>
        <QrCode text={offer.uri} label={t('factors.picture')} />
      </Suspense>
      <Stack gap="xs" flex={1} miw={220}>
        <Text>{t('factors.scan')}</Text>
        <CopyText value={grouped(offer.secret)} label={t('factors.secret')} />
        <a href={offer.uri}>{t('factors.openApp')}</a>
      </Stack>
    </Group>
  )
}

/** Offers a secret, and takes the first code of it. `aside` stands beside the buttons. */
export function EnrolTotp({
  onCodes,
  aside,
  autoFocus,
}: {
  onCodes: (codes: string[]) => void
  aside?: ReactNode
  autoFocus?: boolean
}) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [offer, setOffer] = useState<Schemas['TotpOffer']>()
  const [code, setCode] = useState('')
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (thrown) {
      setError(asProblem(thrown))
    }
    setBusy(false)
  }
  const begin = () => run(async () => setOffer(await unwrap(api.POST('/api/v1/second-factor/totp'))))
  const confirm = () =>
    run(async () => {
      const made = await unwrap(
        api.POST('/api/v1/second-factor/totp/confirm', { body: { code: code.replace(/\s/g, '') } }),
      )
      // the codes are shown once: nothing that is read anew may take them away first
      onCodes(made.codes)
      await client.invalidateQueries()
    })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void (offer ? confirm() : begin())
      }}
    >
      <Stack>
        {!offer && <Text>{t('factors.about')}</Text>}
        {offer && (
          <>
            <Offer offer={offer} />
            <TextInput
              label={t('factors.firstCode')}
              inputMode="numeric"
              autoComplete="one-time-code"
              maw={280}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoFocus
            />
          </>
        )}
        {error !== undefined && <ErrorState error={error} />}
        <Group justify={aside ? 'flex-end' : 'flex-start'} gap="xs">
          {aside}
          <Button type="submit" variant={aside ? 'filled' : 'default'} loading={isBusy} data-autofocus={autoFocus}>
            {offer ? t('factors.confirm') : aside ? t('factors.begin') : t('factors.setUp')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Recovery codes in a page, until they were downloaded or the person says that they are kept. */
export function KeepCodes({
  codes,
  isKept,
  onKept,
}: {
  codes: string[]
  isKept: boolean
  onKept: (is: boolean) => void
}) {
  const { t } = useTranslation()
  return (
    <Stack gap="xs">
      <Text fw={600}>{t('factors.codesTitle')}</Text>
      <Text>{t('factors.codesBody')}</Text>
      <CopyText value={codes.join('\n')} label={t('factors.codes')} />
      <Group gap="md">
        <DownloadCodes codes={codes} onDone={() => onKept(true)} />
        <Checkbox
          label={t('factors.kept')}
          checked={isKept}
          onChange={(event) => onKept(event.currentTarget.checked)}
        />
      </Group>
    </Stack>
  )
}
