import { Button, Group, Menu, Select, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPlus, IconUserMinus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { useOpenAct, useOpenOf } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { Check } from '../../components/Check'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DataTable } from '../../components/DataTable'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { LinkOnce } from './LinkOnce'

type Member = Schemas['Member']
type Place = { account: string; organisation?: undefined } | { organisation: string; account?: undefined }

function AddMember({
  place,
  onClose,
  onLink,
}: {
  place: Place
  onClose: () => void
  onLink: (link: Schemas['Link']) => void
}) {
  const { t } = useTranslation()
  const roles = useQuery(queries.roles({ limit: 200 }))
  const form = useForm({
    initialValues: { login: '', role: '', isNew: false, email: '' },
    validate: {
      login: (value) => (value ? null : t('members.enterLogin')),
      role: (value) => (value ? null : t('members.chooseRole')),
    },
  })
  return (
    <ChangeForm<typeof form.values, Schemas['AddedMember']>
      title={t('members.add')}
      button={t('members.add')}
      form={form}
      change={(values) => {
        const body = {
          login: values.login.trim(),
          role: values.role,
          ...(values.isNew ? { new: true, ...(values.email ? { email: values.email.trim() } : {}) } : {}),
        }
        return place.account !== undefined
          ? change('post', '/api/v1/accounts/{account}/members', { path: { account: place.account }, body })
          : change('post', '/api/v1/organisations/{organisation}/members', {
              path: { organisation: place.organisation },
              body,
            })
      }}
      onDone={(added) => {
        if (added.link) onLink(added.link)
      }}
      onClose={onClose}
    >
      <TextInput
        label={t('members.login')}
        description={t('members.loginHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('login')}
      />
      <Select
        label={t('members.role')}
        data={[...new Set(roles.data?.items.map((role) => role.name) ?? [])]}
        withAsterisk
        {...form.getInputProps('role')}
      />
      <Check label={t('members.isNew')} {...form.getInputProps('isNew', { type: 'checkbox' })} />
      {form.values.isNew && <TextInput label={t('people.email')} type="email" {...form.getInputProps('email')} />}
    </ChangeForm>
  )
}

/** Who has which role here, who was offered one, and how that is changed. */
export function Members(place: Place) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [adding, setAdding] = useOpenAct(['add'])
  const [link, setLink] = useState<Schemas['Link']>()
  const ofAccount = useQuery({ ...queries.accountMembers(place.account ?? ''), enabled: place.account !== undefined })
  const ofOrganisation = useQuery({
    ...queries.organisationMembers(place.organisation ?? ''),
    enabled: place.organisation !== undefined,
  })
  const list = place.account !== undefined ? ofAccount : ofOrganisation
  const [removing, setRemoving] = useOpenOf('remove', list.data?.items, ({ login }) => login)
  const mayManage = may(
    place.account !== undefined
      ? 'POST /api/v1/accounts/{account}/members'
      : 'POST /api/v1/organisations/{organisation}/members',
  )
  return (
    <Stack>
      {mayManage && (
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setAdding('add')}
            data-create
          >
            {t('members.add')}
          </Button>
        </Group>
      )}
      <DataTable<Member>
        label={t('members.title')}
        rows={list.data?.items}
        rowKey={(member) => `${member.login} ${member.role}`}
        error={list.error}
        onRetry={() => void list.refetch()}
        empty={<EmptyState title={t('members.empty')} />}
        columns={[
          { key: 'login', label: t('members.login'), cell: (member) => member.login },
          { key: 'role', label: t('members.role'), cell: (member) => said(`role.${member.role}`) ?? member.role },
          {
            key: 'state',
            label: t('table.status'),
            cell: (member) =>
              member.state !== 'member' ? (
                <Badge tone="moving">{said(`memberState.${member.state}`) ?? member.state}</Badge>
              ) : member.in_force ? (
                t('memberState.member')
              ) : (
                <Badge tone="off">{t('members.notInForce')}</Badge>
              ),
          },
          { key: 'since', label: t('members.since'), cell: (member) => <Time at={member.since} /> },
          ...(mayManage
            ? [
                {
                  key: 'menu',
                  label: t('table.actions'),
                  hidden: true,
                  cell: (member: Member) => (
                    <RowMenu label={t('table.actionsOf', { name: member.login })}>
                      {() => (
                        <Menu.Item
                          color="red"
                          leftSection={<IconUserMinus size={16} aria-hidden />}
                          onClick={() => setRemoving(member)}
                        >
                          {t('members.remove')}
                        </Menu.Item>
                      )}
                    </RowMenu>
                  ),
                },
              ]
            : []),
        ]}
      />
      {adding && <AddMember place={place} onClose={() => setAdding()} onLink={setLink} />}
      {removing && place.account !== undefined && (
        <ConfirmChange
          op="account_member_remove"
          name={removing.login}
          change={change('delete', '/api/v1/accounts/{account}/members/{login}', {
            path: { account: place.account, login: removing.login },
            query: { role: removing.role },
          })}
          onClose={() => setRemoving(undefined)}
        />
      )}
      {removing && place.organisation !== undefined && (
        <ConfirmChange
          op="organisation_member_remove"
          name={removing.login}
          change={change('delete', '/api/v1/organisations/{organisation}/members/{login}', {
            path: { organisation: place.organisation, login: removing.login },
            query: { role: removing.role },
          })}
          onClose={() => setRemoving(undefined)}
        />
      )}
      {link && <LinkOnce link={link} onClose={() => setLink(undefined)} />}
    </Stack>
  )
}
