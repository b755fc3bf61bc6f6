import { Group, Skeleton, Stack, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { bytes } from '../../app/format'
import { said } from '../../app/i18n'
import { useUrl } from '../../app/url'
import { EmptyState, ErrorState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { chosenOf, isInstalled, isUnderWay, type Role, roleName } from './choice'
import { StepFoot } from './StepFoot'
import { rolesText } from './steps'

/** What the server is to do, as switches, with what each costs. Off is fine: all can be switched on later. */
export function Roles() {
  const { t } = useTranslation()
  const [{ roles: asked }, setUrl] = useUrl()
  const read = useQuery(queries.nodeRoles())
  const roles = read.data?.items ?? []
  const chosen = chosenOf(roles, asked)
  const memory = chosen.reduce((sum, role) => sum + (role.memory_bytes ?? 0), 0)
  const set = (role: Role, is: boolean) => {
    const names = chosen.map((other) => other.name).filter((name) => name !== role.name)
    setUrl({ roles: rolesText(is ? [...names, role.name] : names) }, true)
  }
  return (
    <Stack>
      {read.error && !read.data && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {!read.data && !read.error && <Skeleton h={120} />}
      {read.data && roles.length === 0 && <EmptyState title={t('start.roles.empty')} />}
      <ul className="steps">
        {roles.map((role) => (
          <li key={role.name}>
            <Group justify="space-between" align="flex-start">
              <Switch
                flex="1 1 220px"
                label={roleName(role)}
                description={said(`serverRole.${role.name}.what`) ?? role.what}
                checked={isInstalled(role) || isUnderWay(role) || chosen.includes(role)}
                disabled={isInstalled(role) || isUnderWay(role)}
                onChange={(event) => set(role, event.currentTarget.checked)}
              />
              <Stack gap={4} align="flex-end">
                {isInstalled(role) ? (
                  <Badge tone="good">{t('start.roles.installed')}</Badge>
                ) : isUnderWay(role) ? (
                  <Link className="cell-link" to="/start" search={{ step: 'plan', roles: asked }}>
                    <Badge tone="moving">{t('start.roles.underWay')}</Badge>
                  </Link>
                ) : null}
                {typeof role.memory_bytes === 'number' && (
                  <Text size="sm" c="dimmed">
                    {t('start.roles.memory', { size: bytes(role.memory_bytes) })}
                  </Text>
                )}
              </Stack>
            </Group>
            {!isInstalled(role) && role.missing.length > 0 && (
              <details>
                <summary>{t('start.roles.packages', { count: role.missing.length })}</summary>
                <Text size="sm" className="mono ltr">
                  {role.missing.join(' ')}
                </Text>
              </details>
            )}
          </li>
        ))}
      </ul>
      {read.data && (
        <Text role="status">
          {chosen.length ? t('start.roles.sum', { count: chosen.length, size: bytes(memory) }) : t('start.roles.none')}
        </Text>
      )}
      <StepFoot />
    </Stack>
  )
}
