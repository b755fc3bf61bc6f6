import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../../api/queries'
import { number } from '../../app/format'
import { said } from '../../app/i18n'
import { useMe } from '../../app/session'
import { pageOf } from '../../components/EventLine'
import { Page } from '../../components/Page'
import { EmptyState, ErrorState } from '../../components/States'
import { Badge, type Tone } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { Decide, DecideAll } from './AdoptionForms'
import './adoption.css'
import { choicesOf, commonChoices, effectOf, fieldText, groupsOf, type Item } from './adoption'

const TONES: Record<string, Tone> = { absent: 'warning', behind: 'warning', unknown: 'warning', removing: 'moving' }
/** So many are drawn at once. */
const STEP = 25

/** Both sides of one object, field by field. */
function Sides({ item }: { item: Item }) {
  const { t } = useTranslation()
  const name = `${said(`kind.${item.kind}`) ?? item.kind} ${item.name}`
  const isKnown = item.panel_generation !== null && item.panel_generation !== undefined
  if (item.changes.length === 0) return null
  const value = (side: unknown, sign: string) => {
    const text = fieldText(side)
    return text === undefined ? (
      <Text component="span" size="sm" c="dimmed">
        {t('plan.nothing')}
      </Text>
    ) : (
      <span className={`side ${sign}`}>{text}</span>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-box" tabIndex={0} aria-label={t('adoption.sidesOf', { name })}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('adoption.field')}</th>
            {isKnown && <th scope="col">{t('adoption.database')}</th>}
            <th scope="col">{t('adoption.server')}</th>
          </tr>
        </thead>
        <tbody>
          {item.changes.map((change) => (
            <tr key={change.field}>
              <th scope="row" className="mono ltr">
                {change.field}
              </th>
              {isKnown && <td>{value(change.panel, 'del')}</td>}
              <td>{value(change.host, 'add')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function AdoptionItem({ item, why }: { item: Item; why: string }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [choice, setChoice] = useState<string>()
  const page = item.why === 'behind' ? pageOf(item.kind, item.name, item.id) : undefined
  const mayDecide = may('POST /api/v1/adoption/decisions')
  const kind = said(`kind.${item.kind}`) ?? item.kind
  return (
    <article className="drift" aria-label={`${kind} ${item.name}`}>
      <Group justify="space-between" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Title order={3}>
            {kind}{' '}
            {page ? (
              <Link className="cell-link" {...page}>
                {item.name}
              </Link>
            ) : (
              <span className="mono">{item.name}</span>
            )}
          </Title>
          <Text size="sm" c="dimmed">
            {item.account && <>{t('adoption.of', { account: item.account })} · </>}
            {item.panel_generation
              ? t('adoption.versions', {
                  database: number(item.panel_generation),
                  server: number(item.host_generation),
                })
              : t('adoption.version', { server: number(item.host_generation) })}
            {item.host_since && (
              <>
                {' · '}
                {t('adoption.since')} <Time at={item.host_since} />
              </>
            )}
          </Text>
        </div>
        <Badge tone={TONES[why] ?? 'off'}>{said(`adoption.badge.${why}`) ?? why}</Badge>
      </Group>
      <Sides item={item} />
      {mayDecide && item.choices.length > 0 && (
        <ul className="choices">
          {choicesOf(item).map((name) => (
            <li key={name}>
              <Button size="xs" variant="default" onClick={() => setChoice(name)}>
                {said(`adoption.choice.${name}`) ?? name}
              </Button>
              <Text size="sm" c="dimmed">
                {said(`adoption.effect.${effectOf(item, name)}`)}
              </Text>
            </li>
          ))}
        </ul>
      )}
      {choice && <Decide item={item} choice={choice} onClose={() => setChoice(undefined)} />}
    </article>
  )
}

type All = { choice: string; items: Item[] }

function WhyGroup({ why, items, onAll }: { why: string; items: Item[]; onAll: (all: All) => void }) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [shown, setShown] = useState(STEP)
  const choices = items.length > 1 && may('POST /api/v1/adoption/decisions') ? commonChoices(items) : []
  const title = said(`adoption.why.${why}`) ?? why
  return (
    <section aria-label={title}>
      <Group justify="space-between">
        <Title order={2}>
          {title} ({number(items.length)})
        </Title>
        {choices.length > 0 && (
          <Group gap="xs">
            {choices.map((choice) => (
              <Button key={choice} size="xs" variant="default" onClick={() => onAll({ choice, items })}>
                {t('adoption.forAll', {
                  choice: said(`adoption.choice.${choice}`) ?? choice,
                  count: items.length,
                })}
              </Button>
            ))}
          </Group>
        )}
      </Group>
      {items.slice(0, shown).map((item) => (
        <AdoptionItem key={item.kind + item.id} item={item} why={why} />
      ))}
      {items.length > shown && (
        <Button variant="default" size="xs" mt="xs" onClick={() => setShown(shown + STEP)}>
          {t('adoption.more', { count: items.length - shown })}
        </Button>
      )}
    </section>
  )
}

/** What the server holds beyond an older database that was put back: both sides, and what can be decided. */
export function Adoption() {
  const { t } = useTranslation()
  const read = useQuery({ ...queries.adoption(), refetchInterval: 15_000 })
  // those that were chosen stay the ones meant, while the list changes under them
  const [all, setAll] = useState<All>()
  const items = read.data?.items
  return (
    <Page title={t('adoption.title')}>
      <Text c="dimmed" maw={720}>
        {t('adoption.about')}
      </Text>
      {read.error && !items ? <ErrorState error={read.error} retry={() => void read.refetch()} /> : null}
      {!items && !read.error && <Skeleton h={240} />}
      {items?.length === 0 && <EmptyState title={t('adoption.empty')}>{t('adoption.emptyHelp')}</EmptyState>}
      {items && (
        <Stack gap="lg">
          {groupsOf(items).map((group) => (
            <WhyGroup key={group.why} why={group.why} items={group.items} onAll={setAll} />
          ))}
        </Stack>
      )}
      {all && <DecideAll items={all.items} choice={all.choice} onClose={() => setAll(undefined)} />}
    </Page>
  )
}
