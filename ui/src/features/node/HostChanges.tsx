import { Button, Group, Select, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { queries } from '../../api/queries'
import { number } from '../../app/format'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { ChangeForm } from '../../components/ChangeForm'
import { DoChange } from '../../components/DoChange'
import { ObjectTabs } from '../../components/ObjectTabs'
import { Facts, Page } from '../../components/Page'
import { Diff, PlanDiff } from '../../components/PlanDiff'
import { EmptyState, ErrorState, Note } from '../../components/States'
import { Badge, ConditionBadge } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { AroundThis } from './AroundThis'
import { Timeline } from './Timeline'

type Drift = Schemas['DriftView']

const HOURS = 3_600_000

function Pause({ drift, onClose }: { drift: Drift; onClose: () => void }) {
  const { t } = useTranslation()
  const form = useForm({ initialValues: { hours: '24', reason: '' } })
  // the moment is fixed when the form is opened: the plan that is looked at and the one that is applied are about the same
  const [opened] = useState(() => Date.now())
  return (
    <ChangeForm
      title={t('changes.pauseTitle', { name: drift.name })}
      button={t('changes.pause')}
      form={form}
      change={(values) =>
        change('post', '/api/v1/drift/actions', {
          body: {
            kind: drift.kind,
            id: drift.id,
            action: 'pause',
            until: new Date(opened + Number(values.hours) * HOURS).toISOString(),
            ...(values.reason ? { reason: values.reason } : {}),
          },
        })
      }
      onDone={() => {}}
      onClose={onClose}
    >
      <Text>{t('changes.pauseBody')}</Text>
      <Select
        label={t('changes.pauseFor')}
        data={[
          { value: '1', label: t('changes.hours', { count: 1 }) },
          { value: '24', label: t('changes.hours', { count: 24 }) },
          { value: '168', label: t('changes.days', { count: 7 }) },
          { value: '720', label: t('changes.days', { count: 30 }) },
        ]}
        allowDeselect={false}
        {...form.getInputProps('hours')}
      />
      <Textarea label={t('common.reason')} autosize {...form.getInputProps('reason')} />
    </ChangeForm>
  )
}

/** A file that somebody edited: whose it is, when, what differs, and what can be decided. */
function DriftItem({ drift }: { drift: Drift }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [act, setAct] = useState<string>()
  const mayDecide = may('POST /api/v1/drift/actions')
  const object = { kind: drift.kind, id: drift.id }
  return (
    <article className="drift" aria-label={drift.path}>
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="h3" className="mono ltr">
            {drift.path}
          </Title>
          <Text size="sm" c="dimmed">
            {said(`kind.${drift.kind}`) ?? drift.kind} {drift.name}
            {drift.changed_at && (
              <>
                {' · '}
                {t('changes.edited')} <Time at={drift.changed_at} /> <AroundThis at={drift.changed_at} />
              </>
            )}
            {drift.noticed_at && (
              <>
                {' · '}
                {t('changes.noticed')} <Time at={drift.noticed_at} />
              </>
            )}
          </Text>
        </div>
        <Badge tone="warning">{t('changes.outside')}</Badge>
      </Group>
      {drift.diff && <Diff text={drift.diff} label={t('plan.diffOf', { path: drift.path })} />}
      {drift.waiting && (
        <details>
          <summary>{t('changes.waiting')}</summary>
          <Diff text={drift.waiting} label={t('changes.waiting')} />
        </details>
      )}
      {mayDecide && (
        <Group gap="xs">
          {drift.actions.includes('revert') && (
            <Button size="xs" onClick={() => setAct('revert')}>
              {t('changes.revert')}
            </Button>
          )}
          {drift.actions.includes('pause') && (
            <Button size="xs" variant="default" onClick={() => setAct('pause')}>
              {t('changes.pause')}
            </Button>
          )}
          {drift.actions.includes('resume') && (
            <Button size="xs" variant="default" onClick={() => setAct('resume')}>
              {t('changes.resume')}
            </Button>
          )}
        </Group>
      )}
      {act === 'revert' && (
        <DoChange
          words="drift_revert"
          name={drift.path}
          change={change('post', '/api/v1/drift/actions', {
            body: { ...object, action: 'revert', path: drift.path, foreign: drift.foreign },
          })}
          onClose={() => setAct(undefined)}
        />
      )}
      {act === 'pause' && <Pause drift={drift} onClose={() => setAct(undefined)} />}
      {act === 'resume' && (
        <DoChange
          words="drift_resume"
          name={drift.name}
          change={change('post', '/api/v1/drift/actions', { body: { ...object, action: 'resume' } })}
          onClose={() => setAct(undefined)}
        />
      )}
    </article>
  )
}

function Edits() {
  const { t } = useTranslation()
  const drift = useQuery({ ...queries.drift(), refetchInterval: 30_000 })
  if (drift.error && !drift.data) return <ErrorState error={drift.error} retry={() => void drift.refetch()} />
  if (!drift.data) return <Skeleton h={160} />
  if (drift.data.items.length === 0) {
    return <EmptyState title={t('changes.noDrift')}>{t('changes.noDriftHelp')}</EmptyState>
  }
  return (
    <Stack>
      {drift.data.items.map((item) => (
        <DriftItem key={`${item.id} ${item.path}`} drift={item} />
      ))}
    </Stack>
  )
}

function Pending() {
  const { t } = useTranslation()
  const { may } = useMe()
  const [isSweeping, setSweeping] = useState(false)
  const read = useQuery(queries.hostPlan())
  const plan = read.data
  return (
    <Stack>
      <Text c="dimmed">{t('changes.planAbout')}</Text>
      <Group>
        <Button variant="default" loading={read.isFetching} onClick={() => void read.refetch()}>
          {t('changes.look')}
        </Button>
        {may('POST /api/v1/sweep') && <Button onClick={() => setSweeping(true)}>{t('changes.sweep')}</Button>}
      </Group>
      {read.error && <ErrorState error={read.error} retry={() => void read.refetch()} />}
      {plan && (
        <>
          <Facts
            rows={[
              [t('changes.objects'), number(plan.objects)],
              [t('changes.differing'), number(plan.differing)],
              [t('changes.notReady'), number(plan.not_ready)],
            ]}
          />
          {plan.differing === 0 && <Note title={t('changes.nothing')} role="status" />}
          {plan.differing > 0 && <PlanDiff plan={plan.plan} />}
          {plan.waiting.length > 0 && (
            <section aria-label={t('changes.waitingFor')}>
              <Title order={2}>{t('changes.waitingFor')}</Title>
              <ul className="steps">
                {plan.waiting.map((item) => (
                  <li key={item.kind + item.id}>
                    <ConditionBadge condition={item.condition} /> {said(`kind.${item.kind}`) ?? item.kind} {item.name}
                    {item.message && (
                      <Text size="sm" c="dimmed" data-server>
                        {item.message}
                      </Text>
                    )}
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
      {isSweeping && <SweepDialog onClose={() => setSweeping(false)} />}
    </Stack>
  )
}

/** A pass over everything: its dry run is what is shown above. */
function SweepDialog({ onClose }: { onClose: () => void }) {
  return <DoChange words="sweep_run" name="" change={change('post', '/api/v1/sweep', {})} onClose={onClose} />
}

/** What changed on the server: by hand, by the panel, and what the next pass would do. */
export function HostChanges() {
  const { t } = useTranslation()
  return (
    <Page title={t('nav.changes')}>
      <ObjectTabs
        tabs={[
          { key: 'edits', label: t('changes.tabEdits'), show: () => <Edits /> },
          { key: 'timeline', label: t('changes.tabTimeline'), show: () => <Timeline /> },
          { key: 'plan', label: t('changes.tabPlan'), show: () => <Pending /> },
        ]}
      />
    </Page>
  )
}
