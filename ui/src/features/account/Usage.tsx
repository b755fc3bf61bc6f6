import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { bytes, number } from '../../app/format'
import { Facts } from '../../components/Page'
import { ErrorState } from '../../components/States'
import { Time } from '../../components/Time'

/** What an account takes on the disk at this moment. */
export function UsageFacts({ account }: { account: string }) {
  const { t } = useTranslation()
  const usage = useQuery(queries.accountUsage(account))
  if (usage.error) return <ErrorState error={usage.error} retry={() => void usage.refetch()} />
  const found = usage.data
  if (!found) return <Text c="dimmed">{t('usage.counting')}</Text>
  const least = found.truncated ? t('usage.atLeast') : ''
  return (
    <Facts
      rows={[
        [t('usage.disk'), `${least} ${bytes(found.bytes)}`],
        [t('usage.files'), found.entries == null ? undefined : `${least} ${number(found.entries)}`],
        [t('usage.asOf'), <Time key="as-of" at={found.as_of} />],
        [t('usage.note'), found.note],
      ]}
    />
  )
}
