import { SegmentedControl, Select, Stack, Switch, Text, useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { LANGUAGES, said, setLanguage } from '../../app/i18n'
import { useMe } from '../../app/session'
import { areSingleKeysOn, setSingleKeys } from '../../app/shortcuts'
import { ConfirmChange } from '../../components/ConfirmChange'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { SessionTable } from '../people/SessionTable'

// each tab's code comes with it
const SignIn = lazy(() => import('./SignIn').then((file) => ({ default: file.SignIn })))
const Identities = lazy(() => import('../identity/Identities').then((file) => ({ default: file.Identities })))
const Tokens = lazy(() => import('./Tokens').then((file) => ({ default: file.Tokens })))

/** How the panel looks in this browser. */
function Preferences() {
  const { t, i18n } = useTranslation()
  const { session } = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [isOn, setOn] = useState(areSingleKeysOn)
  return (
    <Stack maw={480}>
      <Facts
        rows={[
          [t('people.login'), session.login],
          [
            t('nav.roles'),
            session.roles.map((held) => (
              <div key={`${held.role} ${held.account ?? ''} ${held.organisation ?? ''}`}>
                {t('people.held', {
                  role: said(`role.${held.role}`) ?? held.role,
                  on: held.account ?? held.organisation ?? '',
                })}
              </div>
            )),
          ],
        ]}
      />
      <Select
        label={t('profile.language')}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={i18n.language in LANGUAGES ? i18n.language : null}
        onChange={(next) => next && void setLanguage(next)}
        allowDeselect={false}
      />
      <div>
        <Text size="sm" fw={500} mb={4} id="theme">
          {t('profile.theme')}
        </Text>
        <SegmentedControl
          aria-labelledby="theme"
          value={colorScheme}
          onChange={(next) => setColorScheme(next as 'light' | 'dark' | 'auto')}
          data={[
            { value: 'auto', label: t('profile.auto') },
            { value: 'light', label: t('profile.light') },
            { value: 'dark', label: t('profile.dark') },
          ]}
        />
      </div>
      <Switch
        label={t('keys.single')}
        checked={isOn}
        onChange={(event) => {
          setSingleKeys(event.currentTarget.checked)
          setOn(event.currentTarget.checked)
        }}
      />
    </Stack>
  )
}

function Sessions() {
  const [ending, setEnding] = useState<Schemas['SessionRow']>()
  const list = useQuery(queries.sessions())
  return (
    <>
      <SessionTable rows={list.data?.items} error={list.error} onRetry={() => void list.refetch()} onEnd={setEnding} />
      {ending && (
        <ConfirmChange
          op="session_revoke"
          name={ending.agent || ending.origin}
          change={change('delete', '/api/v1/sessions/{session}', { path: { session: ending.id } })}
          onClose={() => setEnding(undefined)}
        />
      )}
    </>
  )
}

/** All that is about oneself. */
export function Profile() {
  const { t } = useTranslation()
  return (
    <Page title={t('nav.profile')}>
      <ObjectTabs
        tabs={[
          { key: 'preferences', label: t('profile.preferences'), show: () => <Preferences /> },
          { key: 'sign-in', label: t('profile.signIn'), show: () => <SignIn /> },
          { key: 'identities', label: t('identity.mine'), show: () => <Identities /> },
          { key: 'sessions', label: t('sessions.title'), show: () => <Sessions /> },
          { key: 'tokens', label: t('tokens.title'), show: () => <Tokens /> },
        ]}
      />
    </Page>
  )
}
