import { Button, Group, Skeleton, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { ErrorState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { isInstalled } from './choice'
import { isOfServer } from './Findings'
import { hasBegun, type StepName } from './steps'
import { FIRST_RUN, useFinish } from './useFinish'
import { useSetting } from './useSetting'

/** What a new server still lacks; gone when the first run is done or somebody puts it away. */
export function Checklist() {
  const { t } = useTranslation()
  const { session, may } = useMe()
  const navigate = useNavigate()
  const isOpen = useSetting(FIRST_RUN) === 'open'
  const { finish, error } = useFinish()
  const factors = useQuery({ ...queries.factors(), enabled: isOpen })
  const doctor = useQuery({ ...queries.doctor(), enabled: isOpen && may('GET /api/v1/doctor') })
  const roles = useQuery({ ...queries.nodeRoles(), enabled: isOpen && may('GET /api/v1/node/roles') })
  const name = useSetting('panel.hostname')

  // the one-time link of a new installation leads to its first run, once
  const leads = isOpen && session.factors === 'link' && !hasBegun()
  useEffect(() => {
    if (leads) void navigate({ to: '/start', replace: true })
  }, [leads, navigate])

  if (!isOpen || leads) return null
  const isWell = doctor.data && !doctor.data.findings.some((item) => isOfServer(item) && item.severity === 'error')
  const items: [StepName, boolean | undefined][] = [
    ['you', factors.data?.asked],
    ['server', isWell],
    ['name', name?.includes('.') === true],
    ['roles', roles.data?.items.some(isInstalled)],
  ]
  return (
    <section aria-label={t('start.title')}>
      <Group justify="space-between" mb={4}>
        <Title order={2}>{t('start.title')}</Title>
        <Group gap="xs">
          <Button size="xs" component={Link} to="/start">
            {t('start.goOn')}
          </Button>
          <Button size="xs" variant="default" onClick={() => void finish()}>
            {t('start.dismiss')}
          </Button>
        </Group>
      </Group>
      <Text c="dimmed">{t('start.listAbout')}</Text>
      {error && <ErrorState error={error} retry={() => void finish()} />}
      <ul className="steps">
        {items.map(([step, isDone]) => (
          <li key={step}>
            <Group justify="space-between">
              <Link className="cell-link" to="/start" search={{ step }}>
                {t(`start.${step}.title`)}
              </Link>
              {isDone === undefined ? (
                <Skeleton w={72} h={22} />
              ) : (
                <Badge tone={isDone ? 'good' : 'off'}>{isDone ? t('start.isDone') : t('start.isOpen')}</Badge>
              )}
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
