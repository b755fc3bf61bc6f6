import { TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { ChangeForm } from '../../components/ChangeForm'
import { DataTable } from '../../components/DataTable'
import { NewPassword } from '../../components/NewPassword'
import { OptionalSelect } from '../../components/OptionalSelect'
import { CreateButton, Filter, Page, usePaging } from '../../components/Page'
import { EmptyState } from '../../components/States'
import { Badge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { LinkOnce } from './LinkOnce'

type Person = Schemas['Person']

function CreatePerson({ onClose, onLink }: { onClose: () => void; onLink: (link: Schemas['Link']) => void }) {
  const { t } = useTranslation()
  const [, setUrl] = useUrl()
  const organisations = useQuery(queries.organisations({ limit: 200 }))
  const form = useForm({
    initialValues: { login: '', email: '', organisation: '', password: '' },
    validate: { login: (value) => (value ? null : t('people.enterLogin')) },
  })
  return (
    <ChangeForm<typeof form.values, Schemas['MadePerson']>
      title={t('people.add')}
      button={t('people.add')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/persons', {
          body: {
            login: values.login.trim(),
            ...(values.email ? { email: values.email.trim() } : {}),
            ...(values.organisation ? { organisation: values.organisation } : {}),
            ...(values.password ? { password: values.password } : {}),
          },
        })
      }
      onDone={(made) => {
        setUrl({ open: undefined, fresh: made.id })
        if (made.link) onLink(made.link)
      }}
      onClose={onClose}
    >
      <TextInput
        label={t('people.login')}
        description={t('people.loginHelp')}
        withAsterisk
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps('login')}
      />
      <TextInput label={t('people.email')} type="email" {...form.getInputProps('email')} />
      <OptionalSelect
        label={t('accounts.organisation')}
        description={t('accounts.organisationHelp')}
        data={organisations.data?.items.map((item) => item.name) ?? []}
        {...form.getInputProps('organisation')}
      />
      <NewPassword
        label={t('people.password')}
        description={t('people.passwordHelp')}
        {...form.getInputProps('password')}
      />
    </ChangeForm>
  )
}

export function People() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [{ q, cursor, open, fresh }, setUrl] = useUrl()
  const [link, setLink] = useState<Schemas['Link']>()
  const list = useQuery({ ...queries.persons({ q, cursor }), placeholderData: keepPreviousData })
  const paging = usePaging(list.data?.next_cursor)
  const mayCreate = may('POST /api/v1/persons')
  return (
    <Page title={t('nav.people')} action={mayCreate ? <CreateButton>{t('people.add')}</CreateButton> : undefined}>
      <Filter label={t('people.filter')} />
      <DataTable<Person>
        label={t('nav.people')}
        rows={list.data?.items}
        rowKey={(person) => person.id}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        empty={<EmptyState title={q ? t('table.nothing', { q }) : t('people.empty')} />}
        columns={[
          {
            key: 'login',
            label: t('people.login'),
            cell: (person) => (
              <Link className="cell-link" to="/people/$person" params={{ person: person.login }}>
                {person.login}
              </Link>
            ),
          },
          {
            key: 'status',
            label: t('table.status'),
            cell: (person) =>
              person.suspended ? (
                <Badge tone="off">{t('condition.suspended')}</Badge>
              ) : person.invited_until ? (
                <Badge tone="moving">{t('memberState.new')}</Badge>
              ) : (
                ''
              ),
          },
          { key: 'organisation', label: t('accounts.organisation'), cell: (person) => person.organisation },
          { key: 'email', label: t('people.email'), cell: (person) => person.email ?? '' },
          {
            key: 'password',
            label: t('people.signsIn'),
            cell: (person) => (person.has_password ? t('accounts.byPassword') : t('people.byLink')),
          },
          { key: 'created', label: t('table.created'), cell: (person) => <Time at={person.created_at} /> },
        ]}
      />
      {open === 'new' && mayCreate && <CreatePerson onClose={() => setUrl({ open: undefined })} onLink={setLink} />}
      {link && <LinkOnce link={link} onClose={() => setLink(undefined)} />}
    </Page>
  )
}
