import { Stack, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { areSingleKeysOn, setSingleKeys } from '../../app/shortcuts'
import { useOpenOf } from '../../app/url'
import { ConfirmChange } from '../../components/ConfirmChange'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { SessionTable } from '../people/SessionTable'
import { Looks } from './Looks'

// each tab's code comes with it
const SignIn = lazy(() => import('./SignIn').then((file) => ({ default: file.SignIn })))
const Identities = lazy(() => import('../identity/Identities').then((file) => ({ default: file.Identities })))
const Tokens = lazy(() => import('./Tokens').then((file) => ({ default: file.Tokens })))

/** How the panel looks in this browser. */
function Preferences() {
  const { t } = useTranslation()
  const { session } = useMe()
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
      <Looks />
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
  const list = useQuery(queries.sessions())
  const [ending, setEnding] = useOpenOf('end', list.data?.items, ({ id }) => id)
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
