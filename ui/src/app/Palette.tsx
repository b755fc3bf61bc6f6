import '@mantine/spotlight/styles.css'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, spotlight } from '@mantine/spotlight'
import {
  IconBuilding,
  IconPackage,
  IconPlus,
  IconSearch,
  IconUserCircle,
  IconUsers,
  IconWorld,
} from '@tabler/icons-react'
import { keepPreviousData, useQueries } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { queries } from '../api/queries'
import { said } from './i18n'
import { PAGES } from './navigation'
import { giveFocusBack, palettePresent, takeTyped } from './palette'
import { useMe } from './session'
import { isNamePart } from './url'

type Action = { id: string; label: string; description?: string; icon: ReactNode; words: string; go: () => void }

/** What scrolls is reached by keyboard; the list hands this on to its area. */
const SCROLLS = { viewportProps: { tabIndex: 0 } } as object

const ICON = { size: 18, stroke: 1.6 } as const

/** Finds pages, actions and objects. What one types at once after Ctrl K is never lost: it opens without motion. */
export function Palette() {
  const { t } = useTranslation()
  const { may } = useMe()
  const navigate = useNavigate()
  const [q, setQ] = useState('')
  useEffect(() => {
    if (palettePresent()) spotlight.open()
  }, [])
  const [asked] = useDebouncedValue(q.trim(), 150)
  const wants = (operation: string) => ({
    enabled: asked.length > 1 && isNamePart(asked) && may(operation),
    placeholderData: keepPreviousData,
  })
  const query = { q: asked, limit: 5 }
  const [accounts, sites, organisations, people, packages] = useQueries({
    queries: [
      { ...queries.accounts(query), ...wants('GET /api/v1/accounts') },
      { ...queries.sites(query), ...wants('GET /api/v1/sites') },
      { ...queries.organisations(query), ...wants('GET /api/v1/organisations') },
      { ...queries.persons(query), ...wants('GET /api/v1/persons') },
      { ...queries.packages(query), ...wants('GET /api/v1/packages') },
    ],
  })

  const pages: Action[] = PAGES.filter((item) => may(item.needs)).map((item) => ({
    id: item.to,
    label: t(`nav.${item.key}`),
    words: said(`synonyms.${item.key}`) ?? '',
    icon: <item.icon {...ICON} />,
    go: () => void navigate({ to: item.to }),
  }))
  const creations: Action[] = (
    [
      ['POST /api/v1/sites', 'sites.add', '/sites'],
      ['POST /api/v1/accounts', 'accounts.add', '/accounts'],
      ['POST /api/v1/packages', 'packages.add', '/packages'],
      ['POST /api/v1/organisations', 'organisations.add', '/organisations'],
      ['POST /api/v1/persons', 'people.add', '/people'],
      ['POST /api/v1/webhooks', 'webhooks.add', '/webhooks'],
    ] as const
  )
    .filter(([operation]) => may(operation))
    .map(([, key, to]) => ({
      id: `new ${to}`,
      label: t(key),
      words: '',
      icon: <IconPlus {...ICON} />,
      go: () => void navigate({ to, search: { open: 'new' } }),
    }))
  const text = q.trim().toLowerCase()
  const fits = (action: Action) => `${action.label} ${action.words}`.toLowerCase().includes(text)
  const objects: Action[] =
    asked.length > 1
      ? [
          ...(sites.data?.items ?? []).map((site) => ({
            id: `site ${site.id}`,
            label: site.name,
            description: t('palette.siteOf', { account: site.account }),
            words: '',
            icon: <IconWorld {...ICON} />,
            go: () => void navigate({ to: '/sites/$site', params: { site: site.name } }),
          })),
          ...(accounts.data?.items ?? []).map((account) => ({
            id: `account ${account.id}`,
            label: account.name,
            description: t('palette.accountOf', { organisation: account.organisation }),
            words: '',
            icon: <IconUsers {...ICON} />,
            go: () => void navigate({ to: '/accounts/$account', params: { account: account.name } }),
          })),
          ...(organisations.data?.items ?? []).map((organisation) => ({
            id: `organisation ${organisation.id}`,
            label: organisation.name,
            description: t('kind.organisation'),
            words: '',
            icon: <IconBuilding {...ICON} />,
            go: () =>
              void navigate({ to: '/organisations/$organisation', params: { organisation: organisation.name } }),
          })),
          ...(people.data?.items ?? []).map((person) => ({
            id: `person ${person.id}`,
            label: person.login,
            description: t('kind.person'),
            words: '',
            icon: <IconUserCircle {...ICON} />,
            go: () => void navigate({ to: '/people/$person', params: { person: person.login } }),
          })),
          ...(packages.data?.items ?? []).map((item) => ({
            id: `package ${item.id}`,
            label: item.name,
            description: t('kind.package'),
            words: '',
            icon: <IconPackage {...ICON} />,
            go: () => void navigate({ to: '/packages', search: { q: item.name } }),
          })),
        ]
      : []
  // what was found for the text of before is not offered for this one
  const shown = [...objects, ...pages, ...creations].filter(fits)
  return (
    <Spotlight.Root
      query={q}
      onQueryChange={setQ}
      shortcut={null}
      scrollable
      maxHeight={400}
      returnFocus={false}
      onSpotlightClose={giveFocusBack}
      transitionProps={{ duration: 0 }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.45 }}
      attributes={{ content: { 'aria-label': t('palette.title') } }}
    >
      <Spotlight.Search
        autoFocus
        onFocus={() => setQ((before) => before + takeTyped())}
        placeholder={t('palette.title')}
        aria-label={t('palette.title')}
        onKeyDown={(event) => {
          // what is found later than it was typed is not chosen by itself: Enter takes the first
          const isChosen = document.querySelector('[data-action][data-selected]') !== null
          const first = shown[0]
          if (event.key !== 'Enter' || isChosen || !first) return
          event.preventDefault()
          spotlight.close()
          first.go()
        }}
        leftSection={<IconSearch {...ICON} />}
      />
      <Spotlight.ActionsList {...SCROLLS}>
        {shown.map((action) => (
          <Spotlight.Action
            key={action.id}
            label={action.label}
            description={action.description}
            leftSection={action.icon}
            onClick={action.go}
          />
        ))}
        {shown.length === 0 && <Spotlight.Empty>{t('palette.nothing')}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
