import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { ErrorState, Note } from '../../components/States'
import { isUnderWay } from './choice'
import { StepFoot } from './StepFoot'
import { FIRST_RUN, useFinish } from './useFinish'
import { useSetting } from './useSetting'

/** The end: it is marked, and three ways lead on. */
export function Done() {
  const { t } = useTranslation()
  const { may } = useMe()
  const state = useSetting(FIRST_RUN)
  const { finish, error } = useFinish()
  const roles = useQuery({ ...queries.nodeRoles(), enabled: may('GET /api/v1/node/roles') })
  const works = roles.data?.items.some(isUnderWay)
  const asked = useRef(false)
  const mayFinish = may('PUT /api/v1/settings/{key}')
  useEffect(() => {
    if (state !== 'open' || asked.current || !mayFinish) return
    asked.current = true
    void finish()
  }, [state, finish, mayFinish])
  return (
    <Stack>
      {error && <ErrorState error={error} retry={() => void finish()} />}
      {state === 'done' && <Note title={t('start.done.marked')} role="status" />}
      {works && (
        <Note title={t('start.plan.goesOn')} role="status">
          <Link className="cell-link" to="/start" search={{ step: 'plan' }}>
            {t('start.done.watch')}
          </Link>
        </Note>
      )}
      <ol className="steps start-ways">
        {may('POST /api/v1/accounts') && (
          <li>
            <Title order={3}>{t('start.done.serve')}</Title>
            <Text mb="xs">{t('start.done.serveAbout')}</Text>
            <Group gap="xs">
              <Button
                variant="default"
                renderRoot={(props) => <Link {...props} to="/packages" search={{ open: 'new' }} />}
              >
                {t('packages.add')}
              </Button>
              <Button
                variant="default"
                renderRoot={(props) => <Link {...props} to="/accounts" search={{ open: 'new' }} />}
              >
                {t('accounts.add')}
              </Button>
              <Button
                variant="default"
                renderRoot={(props) => <Link {...props} to="/sites" search={{ open: 'new' }} />}
              >
                {t('sites.add')}
              </Button>
            </Group>
          </li>
        )}
        {may('POST /api/v1/persons') && (
          <li>
            <Title order={3}>{t('start.done.invite')}</Title>
            <Text mb="xs">{t('start.done.inviteAbout')}</Text>
            <Button variant="default" renderRoot={(props) => <Link {...props} to="/people" search={{ open: 'new' }} />}>
              {t('people.add')}
            </Button>
          </li>
        )}
        <li>
          <Title order={3}>{t('start.done.guide')}</Title>
          <Text>{t('start.done.guideAbout')}</Text>
          <Text className="mono ltr">/usr/share/doc/holdfast/guide</Text>
          <Text className="mono ltr">man holdfast</Text>
        </li>
      </ol>
      <StepFoot />
    </Stack>
  )
}
