import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ErrorState, Note } from '../../components/States'
import { groupsOf, labelOf, type Shown, valueWords } from './words'

/** What holds of PHP and why, in groups; what somebody chose is marked by more than colour. */
function Settings({ read, onEdit }: { read: UseQueryResult<Shown>; onEdit?: () => void }) {
  const { t } = useTranslation()
  const shown = read.data
  if (read.error && !shown) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!shown) return <Skeleton h={240} />
  return (
    <Stack component="section" aria-label={t('php.title')}>
      <Group justify="space-between" align="center">
        <Title order={2}>{t('php.title')}</Title>
        {onEdit && (
          <Button variant="default" onClick={onEdit}>
            {t('php.change')}
          </Button>
        )}
      </Group>
      <Text c="dimmed">{t(shown.site ? 'php.aboutSite' : 'php.aboutAccount')}</Text>
      {shown.warnings.map((warning) => (
        <Note
          key={warning.code}
          tone="warning"
          title={said(`php.warning.${warning.code}`) ?? warning.message}
          role="status"
        />
      ))}
      {groupsOf(shown.settings).map((group) => (
        <div key={group.key} className="table-box">
          <table className="table">
            <caption>{t(`php.group.${group.key}`)}</caption>
            <thead>
              <tr>
                <th scope="col">{t('php.name')}</th>
                <th scope="col">{t('php.value')}</th>
                <th scope="col">{t('php.because')}</th>
              </tr>
            </thead>
            <tbody>
              {group.settings.map((setting) => (
                <tr key={setting.name} className="row">
                  <td>
                    {labelOf(setting)}{' '}
                    <Text span size="xs" c="dimmed" className="mono ltr">
                      {setting.directive}
                    </Text>
                  </td>
                  <td className="ltr">{valueWords(setting, setting.value, t)}</td>
                  <td>{said(`php.from.${setting.from}`) ?? setting.from}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </Stack>
  )
}

/** The extensions that the server loads for a site's PHP. */
function Extensions({ site }: { site: string }) {
  const { t } = useTranslation()
  const read = useQuery(queries.sitePhpExtensions(site))
  if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!read.data) return <Skeleton h={60} />
  return (
    <Stack gap="xs" component="section" aria-label={t('php.extensions')}>
      <Title order={2}>{t('php.extensions')}</Title>
      <Text className="mono ltr">{read.data.extensions.join(', ') || t('table.none')}</Text>
    </Stack>
  )
}

export function SitePhp({ site, onEdit }: { site: string; onEdit: () => void }) {
  const { may } = useMe()
  const read = useQuery(queries.sitePhp(site))
  return (
    <Stack gap="lg">
      <Settings read={read} onEdit={may('PATCH /api/v1/sites/{site}/php') ? onEdit : undefined} />
      <Extensions site={site} />
    </Stack>
  )
}

export function AccountPhp({ account, onEdit }: { account: string; onEdit: () => void }) {
  const { may } = useMe()
  const read = useQuery(queries.accountPhp(account))
  return <Settings read={read} onEdit={may('PATCH /api/v1/accounts/{account}/php') ? onEdit : undefined} />
}
