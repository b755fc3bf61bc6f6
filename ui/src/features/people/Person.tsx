import { Button, Group, Menu, Skeleton, Stack, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconEdit, IconLink, IconPlayerPause, IconPlayerPlay, IconTrash, IconUserShare } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useOpenAct, useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { NewPassword } from '../../components/NewPassword'
import { ObjectMenu } from '../../components/ObjectMenu'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { ErrorState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { LinkOnce } from './LinkOnce'
import { NetworksForm } from './NetworksForm'
import { SessionTable } from './SessionTable'
import { TokenTable } from './TokenTable'

type Person = Schemas['Person']
const ACTS = ['edit', 'link', 'act-as', 'suspend', 'unsuspend', 'delete'] as const

function EditPerson({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({ initialValues: { email: person.email ?? '', password: '' } })
  return (
    <ChangeForm
      title={t('people.edit', { name: person.login })}
      button={t('common.save')}
      form={form}
      change={(values) =>
        change('patch', '/api/v1/persons/{person}', {
          path: { person: person.id },
          generation: person.version,
          body: {
            ...(values.email !== (person.email ?? '') ? { email: values.email.trim() || null } : {}),
            ...(values.password ? { password: values.password } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <TextInput label={t('people.email')} type="email" data-autofocus {...form.getInputProps('email')} />
      <NewPassword
        label={t('accounts.newPassword')}
        description={t('accounts.newPasswordHelp')}
        {...form.getInputProps('password')}
      />
    </ChangeForm>
  )
}

function Sessions({ person }: { person: Person }) {
  const { t } = useTranslation()
  const list = useQuery(queries.personSessions(person.id))
  const [ending, setEnding] = useOpenOf('end', [...(list.data?.items ?? []), 'all' as const], (item) =>
    item === 'all' ? item : item.id,
  )
  return (
    <Stack>
      <SessionTable
        rows={list.data?.items}
        error={list.error}
        onRetry={() => void list.refetch()}
        onEnd={(row) => setEnding(row)}
      />
      {(list.data?.items.length ?? 0) > 1 && (
        <Group>
          <Button variant="default" onClick={() => setEnding('all')}>
            {t('sessions.endAll')}
          </Button>
        </Group>
      )}
      {ending === 'all' && (
        <ConfirmChange
          op="person_session_revoke_all"
          name={person.login}
          change={change('delete', '/api/v1/persons/{person}/sessions', { path: { person: person.id } })}
          onClose={() => setEnding(undefined)}
        />
      )}
      {ending && ending !== 'all' && (
        <ConfirmChange
          op="person_session_revoke"
          name={person.login}
          change={change('delete', '/api/v1/persons/{person}/sessions/{session}', {
            path: { person: person.id, session: ending.id },
          })}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Stack>
  )
}

function Tokens({ person }: { person: Person }) {
  const { t } = useTranslation()
  const list = useQuery(queries.personTokens(person.id))
  const [deleting, setDeleting] = useOpenOf('delete', [...(list.data?.items ?? []), 'all' as const], (item) =>
    item === 'all' ? item : item.id,
  )
  return (
    <Stack>
      <TokenTable
        rows={list.data?.items}
        error={list.error}
        onRetry={() => void list.refetch()}
        onDelete={(row) => setDeleting(row)}
      />
      {(list.data?.items.length ?? 0) > 1 && (
        <Group>
          <Button variant="default" onClick={() => setDeleting('all')}>
            {t('tokens.deleteAll')}
          </Button>
        </Group>
      )}
      {deleting === 'all' && (
        <ConfirmChange
          op="person_token_delete_all"
          name={person.login}
          change={change('delete', '/api/v1/persons/{person}/tokens', { path: { person: person.id } })}
          onClose={() => setDeleting(undefined)}
        />
      )}
      {deleting && deleting !== 'all' && (
        <ConfirmChange
          op="person_token_delete"
          name={deleting.name}
          change={change('delete', '/api/v1/persons/{person}/tokens/{token}', {
            path: { person: person.id, token: deleting.id },
          })}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </Stack>
  )
}

function Networks({ person }: { person: Person }) {
  const { t } = useTranslation()
  const [act, setAct] = useOpenAct(['networks'])
  const read = useQuery(queries.personNetworks(person.id))
  if (read.error) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  const networks = read.data?.networks ?? []
  return (
    <Stack gap="xs">
      <Title order={2}>{t('networks.title')}</Title>
      <div className="mono ltr">{networks.join(', ') || t('networks.anywhere')}</div>
      <Group>
        <Button variant="default" disabled={!read.data} onClick={() => setAct('networks')}>
          {t('networks.edit')}
        </Button>
      </Group>
      {act && (
        <NetworksForm
          networks={networks}
          make={(next) =>
            change('put', '/api/v1/persons/{person}/networks', {
              path: { person: person.id },
              body: { networks: next },
            })
          }
          onClose={() => setAct()}
        />
      )}
    </Stack>
  )
}

export function PersonPage() {
  const { t } = useTranslation()
  const { may, session } = useMe()
  const { person: login } = useParams({ from: '/people/$person' })
  const navigate = useNavigate()
  const [link, setLink] = useState<{ url: string; expires_at: string }>()
  const read = useQuery(queries.person(login))
  const [act, setAct] = useOpenAct(ACTS)
  const person = read.data
  if (read.error) {
    return (
      <Page title={login}>
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </Page>
    )
  }
  if (!person) {
    return (
      <Page title={login}>
        <Skeleton h={240} />
      </Page>
    )
  }
  const icon = { size: 16, 'aria-hidden': true } as const
  const path = { person: person.id }
  const generation = person.version
  const close = () => setAct(undefined)
  const isSelf = session.person === person.id
  return (
    <Page
      title={person.login}
      aside={person.suspended ? <Badge tone="off">{t('condition.suspended')}</Badge> : undefined}
      action={
        <ObjectMenu>
          <Menu.Item leftSection={<IconEdit {...icon} />} onClick={() => setAct('edit')}>
            {t('common.edit')}
          </Menu.Item>
          {may('POST /api/v1/login-links') && (
            <Menu.Item leftSection={<IconLink {...icon} />} onClick={() => setAct('link')}>
              {t('people.makeLink')}
            </Menu.Item>
          )}
          {!isSelf && may('POST /api/v1/act-as') && (
            <Menu.Item leftSection={<IconUserShare {...icon} />} onClick={() => setAct('act-as')}>
              {t('people.actAs')}
            </Menu.Item>
          )}
          {person.suspended ? (
            <Menu.Item leftSection={<IconPlayerPlay {...icon} />} onClick={() => setAct('unsuspend')}>
              {t('common.unsuspend')}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconPlayerPause {...icon} />} onClick={() => setAct('suspend')}>
              {t('common.suspend')}
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={() => setAct('delete')}>
            {t('common.delete')}
          </Menu.Item>
        </ObjectMenu>
      }
    >
      <ObjectTabs
        tabs={[
          {
            key: 'overview',
            label: t('tabs.overview'),
            show: () => (
              <Stack gap="lg">
                <Facts
                  rows={[
                    [t('accounts.organisation'), person.organisation],
                    [t('people.email'), person.email],
                    [t('people.signsIn'), person.has_password ? t('accounts.byPassword') : t('people.byLink')],
                    [
                      t('nav.roles'),
                      person.roles?.map((held) => (
                        <div key={`${held.role} ${held.account ?? ''} ${held.organisation ?? ''}`}>
                          {t('people.held', {
                            role: said(`role.${held.role}`) ?? held.role,
                            on: held.account ?? held.organisation ?? '',
                          })}{' '}
                          {!held.in_force && <Badge tone="off">{t('members.notInForce')}</Badge>}
                        </div>
                      )),
                    ],
                    [t('people.linkUntil'), person.invited_until && <Time at={person.invited_until} />],
                    [t('table.created'), <Time key="created" at={person.created_at} />],
                  ]}
                />
                {may('GET /api/v1/persons/{person}/networks') && <Networks person={person} />}
              </Stack>
            ),
          },
          { key: 'sessions', label: t('sessions.title'), show: () => <Sessions person={person} /> },
          { key: 'tokens', label: t('tokens.title'), show: () => <Tokens person={person} /> },
        ]}
      />
      {act === 'edit' && <EditPerson person={person} onClose={close} />}
      {act === 'link' && (
        <DoChange
          words="login_link_create"
          name={person.login}
          change={change('post', '/api/v1/login-links', { body: { login: person.login } })}
          onClose={close}
          onDone={(made) => setLink(made as Schemas['LoginLink'])}
        />
      )}
      {act === 'act-as' && (
        <DoChange
          words="act_as_create"
          name={person.login}
          change={change('post', '/api/v1/act-as', { body: { login: person.login } })}
          onClose={close}
          onDone={(made) => setLink(made as Schemas['ActAsLink'])}
        />
      )}
      {act === 'suspend' && (
        <ConfirmChange
          op="person_suspend"
          name={person.login}
          change={change('post', '/api/v1/persons/{person}/suspend', { path, generation })}
          onClose={close}
        />
      )}
      {act === 'unsuspend' && (
        <DoChange
          words="person_unsuspend"
          name={person.login}
          change={change('post', '/api/v1/persons/{person}/unsuspend', { path, generation })}
          onClose={close}
        />
      )}
      {act === 'delete' && (
        <ConfirmChange
          op="person_delete"
          name={person.login}
          change={change('delete', '/api/v1/persons/{person}', { path, generation })}
          onClose={close}
          onGone={() => navigate({ to: '/people' })}
        />
      )}
      {link && <LinkOnce link={link} onClose={() => setLink(undefined)} />}
    </Page>
  )
}
