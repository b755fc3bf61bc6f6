import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { ErrorState, Note } from '../../components/States'
import { Findings, isOfCertificate, isOfServer, isRole } from './Findings'
import { StepFoot } from './StepFoot'

/** What the server is, and whether anything on it is in the way; each with what to do, and looked at again in place. */
export function Check() {
  const { t } = useTranslation()
  const read = useQuery(queries.doctor())
  const all = read.data?.findings ?? []
  const others = all.filter((finding) => !isOfServer(finding) && !isRole(finding) && !isOfCertificate(finding))
  const shown = [...all.filter(isOfServer), ...others.filter((finding) => finding.severity !== 'ok')]
  const well = others.filter((finding) => finding.severity === 'ok')
  const errors = shown.filter((finding) => finding.severity === 'error').length
  const warnings = shown.filter((finding) => finding.severity === 'warning').length
  return (
    <Stack>
      {read.error && !read.data && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {!read.data && !read.error && <Skeleton h={240} />}
      {read.data && (
        <>
          <div aria-live="polite">
            {errors > 0 ? (
              <Note tone="bad" title={t('start.server.errors', { count: errors })}>
                {t('start.server.errorsHelp')}
              </Note>
            ) : warnings > 0 ? (
              <Note tone="warning" title={t('start.server.warnings', { count: warnings })}>
                {t('start.server.warningsHelp')}
              </Note>
            ) : (
              <Note title={t('health.allWell', { count: all.length })} />
            )}
          </div>
          <Group>
            <Button variant="default" loading={read.isFetching} onClick={() => void read.refetch()}>
              {t('health.lookAgain')}
            </Button>
          </Group>
          <Findings findings={shown} />
          {well.length > 0 && (
            <details>
              <summary>{t('health.good', { count: well.length })}</summary>
              <Findings findings={well} />
            </details>
          )}
        </>
      )}
      <StepFoot />
    </Stack>
  )
}
