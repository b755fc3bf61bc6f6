import { Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change, perform } from '../../api/change'
import { asProblem, type ProblemError, wordsOf } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { Facts } from '../../components/Page'
import { ErrorState } from '../../components/States'
import { Findings, isOfCertificate } from './Findings'
import { StepFoot } from './StepFoot'

/** By which name the panel is reached; it is set with the step. */
function useName() {
  const client = useQueryClient()
  const { may } = useMe()
  const settings = useQuery({ ...queries.settings(), enabled: may('GET /api/v1/settings') })
  const setting = settings.data?.items.find((item) => item.key === 'panel.hostname')
  const known = typeof setting?.value === 'string' ? setting.value : ''
  const [text, setText] = useState<string>()
  const [error, setError] = useState<string>()
  const [problem, setProblem] = useState<ProblemError>()
  const [isBusy, setBusy] = useState(false)
  const isRead = settings.data !== undefined
  useEffect(() => {
    if (isRead) setText((before) => before ?? known)
  }, [isRead, known])
  const put = (next: string) => {
    setText(next)
    setError(undefined)
  }
  const isNew = text !== undefined && text.trim() !== known
  const submit = async (): Promise<boolean> => {
    if (!isNew) return true
    setBusy(true)
    setError(undefined)
    setProblem(undefined)
    try {
      const value = text.trim() || null
      await perform(change('put', '/api/v1/settings/{key}', { path: { key: 'panel.hostname' }, body: { value } }))
      await client.invalidateQueries({ queryKey: ['setting'] })
      return true
    } catch (thrown) {
      const refused = asProblem(thrown)
      const errors = refused.problem.errors ?? []
      if (errors.length) setError(errors.map(wordsOf).join(' '))
      else setProblem(refused)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { settings, text, put, error, problem, isBusy, isNew, submit, mayEdit: may('PUT /api/v1/settings/{key}') }
}

/** What the panel is reached by, and what its certificate means. */
export function Name() {
  const { t } = useTranslation()
  const form = useName()
  const doctor = useQuery(queries.doctor())
  const found = (doctor.data?.findings ?? []).filter(isOfCertificate)
  return (
    <Stack>
      <Facts
        rows={[
          [
            t('start.name.now'),
            <span key="now" className="mono ltr">
              {location.host}
            </span>,
          ],
        ]}
      />
      {form.settings.error && !form.settings.data && (
        <ErrorState error={form.settings.error} retry={() => void form.settings.refetch()} />
      )}
      {form.text === undefined && !form.settings.error && <Skeleton h={80} />}
      {form.text !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void form.submit()
          }}
        >
          <Stack gap="xs" maw={480}>
            <TextInput
              label={t('start.name.field')}
              description={t('start.name.fieldHelp')}
              placeholder="panel.example.com"
              classNames={{ input: 'ltr' }}
              autoComplete="off"
              spellCheck={false}
              value={form.text}
              onChange={(event) => form.put(event.currentTarget.value)}
              error={form.error}
              disabled={!form.mayEdit}
            />
            {form.problem && <ErrorState error={form.problem} />}
            <Group>
              <Button type="submit" variant="default" loading={form.isBusy} disabled={!form.isNew}>
                {t('common.save')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
      <section aria-label={t('start.name.certificate')} className="start-part">
        <Title order={3} mb="xs">
          {t('start.name.certificate')}
        </Title>
        {doctor.error && !doctor.data && <ErrorState error={doctor.error} retry={() => void doctor.refetch()} />}
        {doctor.isLoading && <Skeleton h={44} />}
        {found.length > 0 && <Findings findings={found} />}
        <Text mt="xs">{t('start.name.selfSigned')}</Text>
        <Text mt="xs">{t('start.name.compare')}</Text>
        <Text mt="xs" className="mono ltr">
          openssl x509 -noout -fingerprint -sha256 -in /etc/holdfast/credentials/tls.pem
        </Text>
        <Text mt="xs">{t('start.name.own')}</Text>
        <Text mt="xs" className="mono ltr">
          /etc/holdfast/credentials/tls.pem
        </Text>
      </section>
      <StepFoot onNext={form.submit} isBusy={form.isBusy} />
    </Stack>
  )
}
