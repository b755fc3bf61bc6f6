import {
  type Icon,
  IconArrowRight,
  IconBolt,
  IconBuilding,
  IconHelp,
  IconKeyboard,
  IconListCheck,
  IconLock,
  IconPackage,
  IconPlus,
  IconShieldCheck,
  IconUserCircle,
  IconUsers,
  IconWebhook,
  IconWorld,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { usePageActionList } from './actions'
import { said } from './i18n'
import { SHORTCUTS } from './keys'
import { PAGES } from './navigation'
import { recents } from './recent'
import { useMe } from './session'
import { isNamePart } from './url'

/** What a prefix narrows the palette to. */
const LEVELS = ['', '>', '@', '#', '?'] as const
export type Level = (typeof LEVELS)[number]
export const isLevel = (text: string): text is Level => text !== '' && (LEVELS as readonly string[]).includes(text)

/** What a level is called, in front of the field and where it is offered. */
export const LEVEL_WORDS = {
  '>': 'palette.actions',
  '@': 'palette.people',
  '#': 'palette.jobs',
  '?': 'palette.help',
} as const

export const GROUP_WORDS = {
  recent: 'palette.recent',
  page: 'palette.onPage',
  go: 'palette.go',
  do: 'palette.do',
  help: 'palette.help',
} as const

export type Group = keyof typeof GROUP_WORDS

export type Item = {
  id: string
  group: Group
  label: string
  description?: string
  icon: Icon
  /** Further words by which it is found, such as those of other panels. */
  words?: string
  key?: string
  /** Where it leads, or what it does, or which level it goes down to. */
  href?: string
  run?: () => void
  level?: Level
}

/** Kinds of objects that have a page: their icon, and where it is. */
const OBJECTS: Record<string, { icon: Icon; href: (name: string, id: string) => string }> = {
  account: { icon: IconUsers, href: (name) => `/accounts/${encodeURIComponent(name)}` },
  site: { icon: IconWorld, href: (name) => `/sites/${encodeURIComponent(name)}` },
  certificate: { icon: IconLock, href: (_, id) => `/certificates/${encodeURIComponent(id)}` },
  authority: { icon: IconLock, href: () => '/settings?tab=authorities' },
  organisation: { icon: IconBuilding, href: (name) => `/organisations/${encodeURIComponent(name)}` },
  person: { icon: IconUserCircle, href: (name) => `/people/${encodeURIComponent(name)}` },
  package: { icon: IconPackage, href: (name) => `/packages?q=${encodeURIComponent(name)}` },
  webhook: { icon: IconWebhook, href: (name) => `/webhooks/${encodeURIComponent(name)}` },
  role: { icon: IconShieldCheck, href: () => '/roles' },
}

const CREATIONS = [
  ['POST /api/v1/sites', 'sites.add', '/sites?open=new'],
  ['POST /api/v1/accounts', 'accounts.add', '/accounts?open=new'],
  ['POST /api/v1/certificates', 'certificates.add', '/certificates?open=new'],
  ['POST /api/v1/packages', 'packages.add', '/packages?open=new'],
  ['POST /api/v1/organisations', 'organisations.add', '/organisations?open=new'],
  ['POST /api/v1/persons', 'people.add', '/people?open=new'],
  ['POST /api/v1/webhooks', 'webhooks.add', '/webhooks?open=new'],
  ['POST /api/v1/authorities', 'authorities.add', '/settings?tab=authorities&open=new'],
] as const

/** What is done to an object that is named behind it: "suspend shop". */
const ACTS = [
  {
    act: 'edit',
    words: 'common.edit',
    account: 'PATCH /api/v1/accounts/{account}',
    site: 'PATCH /api/v1/sites/{site}',
  },
  {
    act: 'suspend',
    words: 'common.suspend',
    account: 'POST /api/v1/accounts/{account}/suspend',
    site: 'POST /api/v1/sites/{site}/suspend',
  },
  {
    act: 'unsuspend',
    words: 'common.unsuspend',
    account: 'POST /api/v1/accounts/{account}/unsuspend',
    site: 'POST /api/v1/sites/{site}/unsuspend',
  },
  {
    act: 'retry',
    words: 'common.retry',
    account: 'POST /api/v1/accounts/{account}/retry',
    site: 'POST /api/v1/sites/{site}/retry',
  },
  {
    act: 'delete',
    words: 'common.delete',
    account: 'DELETE /api/v1/accounts/{account}',
    site: 'DELETE /api/v1/sites/{site}',
  },
] as const

const has = (item: Item, text: string) => {
  const all = `${item.label} ${item.words ?? ''}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

/** A verb and the beginning of a name, where it is one: "suspend shop". */
export function verbOf(text: string, verbs: readonly string[]): { verb: number; rest: string } | undefined {
  const low = text.toLowerCase()
  const verb = verbs.findIndex((word) => low.startsWith(`${word.toLowerCase()} `))
  const rest = verb < 0 ? '' : text.slice((verbs[verb] ?? '').length).trim()
  return rest ? { verb, rest } : undefined
}

/**
 * What the palette offers. Pages and actions are there at once; objects come from the panel in one request. What was found for an earlier
 * text counts only as far as it fits this one.
 */
export function useItems(q: string, asked: string, level: Level, onSheet: () => void): Item[] {
  const { t } = useTranslation()
  const { may } = useMe()
  const pageActions = usePageActionList()
  const verbs = ACTS.map(({ words }) => t(words))
  const phrase = level === '' || level === '>' ? verbOf(asked, verbs) : undefined
  const name = phrase?.rest ?? asked
  const isAsked = name.length > 1 && isNamePart(name)
  const found = useQuery({
    ...queries.search(name),
    enabled: isAsked && (level === '' || !!phrase),
    placeholderData: keepPreviousData,
  })
  const people = useQuery({
    ...queries.persons({ q: name || undefined, limit: 10 }),
    enabled: level === '@' && isNamePart(name) && may('GET /api/v1/persons'),
    placeholderData: keepPreviousData,
  })
  const jobs = useQuery({
    ...queries.jobs({ limit: 50 }),
    enabled: level === '#' && may('GET /api/v1/jobs'),
  })

  const onPage: Item[] = pageActions.map(({ id, label, key, run }) => ({
    id: `page ${id}`,
    group: 'page',
    label,
    key,
    icon: IconBolt,
    run,
  }))
  const creations: Item[] = CREATIONS.filter(([operation]) => may(operation)).map(([, key, href]) => ({
    id: `new ${href}`,
    group: 'do',
    label: t(key),
    icon: IconPlus,
    href,
  }))

  if (level === '@') {
    const items = (people.data?.items ?? []).map(
      (person): Item => ({
        id: `person ${person.id}`,
        group: 'go',
        label: person.login,
        description: t('kind.person'),
        icon: IconUserCircle,
        href: `/people/${encodeURIComponent(person.login)}`,
      }),
    )
    return items.filter((item) => has(item, q))
  }
  if (level === '#') {
    const items = (jobs.data?.items ?? []).map(
      (job): Item => ({
        id: `job ${job.id}`,
        group: 'go',
        label: `${job.kind.replaceAll('_', ' ')} ${job.object.name}`,
        description: job.state.replaceAll('_', ' '),
        icon: IconListCheck,
        href: `/jobs/${job.id}`,
      }),
    )
    return items.filter((item) => has(item, q))
  }
  if (level === '?') {
    const levels: Item[] = (['>', '@', '#'] as const).map((level) => ({
      id: `level ${level}`,
      group: 'help',
      label: t(LEVEL_WORDS[level]),
      key: level,
      icon: IconArrowRight,
      level,
    }))
    const keys: Item[] = SHORTCUTS.map(({ keys, words }) => ({
      id: `key ${words}`,
      group: 'help',
      label: t(words),
      key: keys.join(' '),
      icon: IconKeyboard,
      run: onSheet,
    }))
    return [...levels, ...keys].filter((item) => has(item, q))
  }

  const objects = isAsked ? (found.data?.items ?? []) : []
  if (phrase) {
    const act = ACTS[phrase.verb]
    const acts = objects.flatMap(({ kind, id, name }): Item[] => {
      if (!act || (kind !== 'account' && kind !== 'site') || !may(act[kind])) return []
      const href = `${OBJECTS[kind]?.href(name, id)}?open=${act.act}`
      const label = `${t(act.words)}: ${name}`
      return [{ id: `do ${kind} ${id}`, group: 'do', label, description: said(`kind.${kind}`), icon: IconBolt, href }]
    })
    const rest = verbOf(q, verbs)?.rest ?? q
    return [...onPage.filter((item) => has(item, q)), ...acts.filter((item) => has(item, rest))]
  }
  if (level === '>') return [...onPage, ...creations].filter((item) => has(item, q))
  if (q === '') {
    const last = recents().map(
      ({ href, label, kind }): Item => ({
        id: `recent ${href}`,
        group: 'recent',
        label,
        description: said(`kind.${kind}`),
        icon: OBJECTS[kind]?.icon ?? IconArrowRight,
        href,
      }),
    )
    const pages = PAGES.filter((item) => may(item.needs))
    return [
      ...last,
      ...onPage,
      ...pages.map(
        (item): Item => ({ id: item.to, group: 'go', label: t(`nav.${item.key}`), icon: item.icon, href: item.to }),
      ),
      ...creations,
    ]
  }
  const go: Item[] = [
    ...objects.flatMap(({ kind, id, name, of }): Item[] => {
      const known = OBJECTS[kind]
      if (!known) return []
      const what = said(`kind.${kind}`) ?? kind
      const description = of ? t('palette.of', { kind: what, of }) : what
      return [
        {
          id: `${kind} ${id}`,
          group: 'go',
          label: name,
          description,
          words: what,
          icon: known.icon,
          href: known.href(name, id),
        },
      ]
    }),
    ...PAGES.filter((item) => may(item.needs)).map(
      (item): Item => ({
        id: item.to,
        group: 'go',
        label: t(`nav.${item.key}`),
        words: said(`synonyms.${item.key}`),
        icon: item.icon,
        href: item.to,
      }),
    ),
  ]
  const fit = [...onPage, ...go, ...creations].filter((item) => has(item, q))
  if (fit.length > 0 || found.isFetching) return fit
  return [{ id: 'help', group: 'help', label: t('palette.searchHelp'), icon: IconHelp, level: '?' }]
}
