import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../../api/change'
import type { Schemas } from '../../../api/problem'
import { queries } from '../../../api/queries'
import { said } from '../../../app/i18n'
import { useMe } from '../../../app/session'
import { CopyText } from '../../../components/CopyCommand'
import { DoChange } from '../../../components/DoChange'
import { Facts } from '../../../components/Page'
import { ErrorState, Note } from '../../../components/States'
import { Badge, type Tone } from '../../../components/StatusBadge'
import { Time } from '../../../components/Time'
import { useChange } from '../../../components/useChange'

type SiteName = Schemas['SiteName']
type Check = NonNullable<SiteName['check']>
type Ownership = SiteName['ownership']

const TONES: Record<string, Tone> = {
  good: 'good',
  trouble: 'warning',
  unknown: 'off',
  not_served: 'moving',
  unseen: 'off',
}

/** A record as it is entered where the name is looked after. */
function Record({ record }: { record: Schemas['WantedRecord'] }) {
  const { t } = useTranslation()
  return (
    <Facts
      rows={[
        [t('names.recordName'), <CopyText key="name" value={record.name} label={t('names.recordName')} />],
        [t('names.recordKind'), record.kind],
        [t('names.recordValue'), <CopyText key="value" value={record.value} label={t('names.recordValue')} />],
      ]}
    />
  )
}

/** How a name that waits becomes the account's. */
function Pending({ ownership }: { ownership: Ownership }) {
  const { t } = useTranslation()
  return (
    <Note tone="warning" title={t('names.pendingTitle')}>
      <Stack gap="xs">
        {ownership.record ? (
          <>
            <Text size="sm">{t('names.proveByRecord')}</Text>
            <Record record={ownership.record} />
            {ownership.record_seen && (
              <Text size="sm">{said(`names.record.${ownership.record_seen}`) ?? ownership.record_seen}</Text>
            )}
          </>
        ) : null}
        {ownership.accepted.includes('pointing') && <Text size="sm">{t('names.proveByPointing')}</Text>}
        <Text size="sm">{t(ownership.accepted.length ? 'names.orApproved' : 'names.approvedAlone')}</Text>
      </Stack>
    </Note>
  )
}

/** What is not as it should be: in the panel's words, in those of what was seen, and what to do. */
function Troubles({ troubles }: { troubles: Check['troubles'] }) {
  if (troubles.length === 0) return null
  return (
    <ul className="steps">
      {troubles.map(({ code, detail, remedy, records }) => (
        <li key={code}>
          <Text fw={600}>{said(`names.trouble.${code}`) ?? code.replaceAll('_', ' ')}</Text>
          <Text size="sm" data-server style={{ overflowWrap: 'anywhere' }}>
            {detail}
          </Text>
          <Text size="sm" data-server style={{ overflowWrap: 'anywhere' }}>
            {remedy}
          </Text>
          {records.map((record) => (
            <Record key={`${record.kind} ${record.value}`} record={record} />
          ))}
        </li>
      ))}
    </ul>
  )
}

function Seen({ check }: { check: Check }) {
  const { t } = useTranslation()
  const list = (texts: string[]) =>
    texts.length ? (
      <span className="mono ltr" style={{ overflowWrap: 'anywhere' }} data-server>
        {texts.join(', ')}
      </span>
    ) : undefined
  return (
    <Facts
      rows={[
        [t('names.leadsTo'), said(`names.leads.${check.leads}`) ?? check.leads],
        [
          t('names.addresses'),
          check.places.length ? (
            <ul key="places" style={{ margin: 0, paddingInlineStart: 0, listStyle: 'none' }}>
              {check.places.map(({ address, of_server, answers }) => (
                <li key={address}>
                  <span className="mono ltr">{address}</span> ({t(of_server ? 'names.ofServer' : 'names.ofAnother')}
                  {answers !== 'not_looked' && `, ${said(`names.answers.${answers}`) ?? answers}`})
                </li>
              ))}
            </ul>
          ) : undefined,
        ],
        [t('names.alias'), check.alias ? list([check.alias]) : undefined],
        [t('names.nameServers'), list(check.name_servers)],
        [t('names.caa'), list(check.caa) ?? t('names.everybody')],
        [t('names.seen'), <Time key="seen" at={check.checked_at} />],
        [t('names.next'), <Time key="next" at={check.next_at} />],
      ]}
    />
  )
}

/** Has a name looked at now. One that waits may be served afterwards, so what would happen then is shown first. */
function CheckButton({ site, name }: { site: Schemas['Site']; name: SiteName }) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const flow = useChange<unknown>(() => {})
  const what = change('post', '/api/v1/sites/{site}/names/{name}/check', { path: { site: site.id, name: name.name } })
  const isPending = name.ownership.state === 'pending'
  return (
    <>
      <Button
        size="xs"
        variant="default"
        className="no-print"
        loading={flow.busy === 'apply'}
        onClick={() => (isPending ? setAsking(true) : void flow.apply(what))}
        aria-label={t('names.checkName', { name: name.name })}
      >
        {t('names.check')}
      </Button>
      {flow.error && <ErrorState error={flow.error} />}
      {isAsking && <DoChange words={what.id} name={name.name} change={what} onClose={() => setAsking(false)} />}
    </>
  )
}

function One({ site, name }: { site: Schemas['Site']; name: SiteName }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const { ownership, check } = name
  const owner = ownership.proof ? `proven_${ownership.proof}` : ownership.state
  return (
    <Stack gap="sm" component="section" aria-label={name.name}>
      <Group justify="space-between" align="flex-start">
        <Group gap="xs">
          <Text component="h3" fw={600} className="ltr" style={{ overflowWrap: 'anywhere' }}>
            {name.name}
          </Text>
          <Badge tone={TONES[name.state] ?? 'off'} quiet={name.state === 'good'}>
            {said(`names.state.${name.state}`) ?? name.state}
          </Badge>
        </Group>
        {may('POST /api/v1/sites/{site}/names/{name}/check') && <CheckButton site={site} name={name} />}
      </Group>
      <Text size="sm">
        {said(`names.owner.${owner}`) ?? owner}
        {ownership.proven_at && (
          <>
            {' '}
            (<Time at={ownership.proven_at} />)
          </>
        )}
      </Text>
      {ownership.state === 'pending' && <Pending ownership={ownership} />}
      {check ? (
        <>
          <Troubles troubles={check.troubles} />
          <Seen check={check} />
        </>
      ) : (
        <Text size="sm" c="dimmed">
          {t('names.unseen')}
        </Text>
      )}
    </Stack>
  )
}

/** Whose the site's names are known to be, whether they lead here, and what is to be done. */
export function SiteNames({ site }: { site: Schemas['Site'] }) {
  const read = useQuery(queries.siteNames(site.id))
  const names = read.data?.items
  if (read.error && !names) return <ErrorState error={read.error} retry={() => void read.refetch()} />
  if (!names) return <Skeleton h={240} />
  return (
    <Stack gap="xl">
      {names.map((name) => (
        <One key={name.name} site={site} name={name} />
      ))}
    </Stack>
  )
}
