import {
  IconArchive,
  IconBuilding,
  IconHistory,
  IconHome,
  IconId,
  IconKey,
  IconListCheck,
  IconLock,
  IconPackage,
  IconServer,
  IconSettings,
  IconShieldCheck,
  IconUserCircle,
  IconUsers,
  IconWebhook,
  IconWorld,
} from '@tabler/icons-react'

/** The pages, in the order of the navigation; each is there for whoever may call its operation. */
export const NAVIGATION = [
  {
    group: 'hosting',
    items: [
      { to: '/', key: 'home', icon: IconHome, letter: 'h', needs: 'GET /api/v1/me' },
      { to: '/sites', key: 'sites', icon: IconWorld, letter: 'w', needs: 'GET /api/v1/sites' },
      { to: '/certificates', key: 'certificates', icon: IconLock, letter: 'x', needs: 'GET /api/v1/certificates' },
      { to: '/accounts', key: 'accounts', icon: IconUsers, letter: 'a', needs: 'GET /api/v1/accounts' },
      { to: '/packages', key: 'packages', icon: IconPackage, letter: 'p', needs: 'GET /api/v1/packages' },
    ],
  },
  {
    group: 'people',
    items: [
      {
        to: '/organisations',
        key: 'organisations',
        icon: IconBuilding,
        letter: 'o',
        needs: 'GET /api/v1/organisations',
      },
      { to: '/people', key: 'people', icon: IconUserCircle, letter: 'e', needs: 'GET /api/v1/persons' },
      { to: '/roles', key: 'roles', icon: IconShieldCheck, letter: 'r', needs: 'GET /api/v1/roles' },
      {
        to: '/identity-providers',
        key: 'identityProviders',
        icon: IconId,
        letter: 'y',
        needs: 'GET /api/v1/identity-providers',
      },
    ],
  },
  {
    group: 'server',
    items: [
      { to: '/changes', key: 'changes', icon: IconHistory, letter: 'c', needs: 'GET /api/v1/drift' },
      { to: '/health', key: 'health', icon: IconServer, letter: 's', needs: 'GET /api/v1/node' },
      { to: '/jobs', key: 'jobs', icon: IconListCheck, letter: 'j', needs: 'GET /api/v1/jobs' },
      { to: '/webhooks', key: 'webhooks', icon: IconWebhook, letter: 'k', needs: 'GET /api/v1/webhooks' },
      { to: '/settings', key: 'settings', icon: IconSettings, letter: 't', needs: 'GET /api/v1/settings' },
      { to: '/audit', key: 'audit', icon: IconArchive, letter: 'l', needs: 'GET /api/v1/audit' },
    ],
  },
  {
    group: 'you',
    items: [{ to: '/profile', key: 'profile', icon: IconKey, letter: 'i', needs: 'GET /api/v1/me' }],
  },
] as const

export type PagePath = (typeof NAVIGATION)[number]['items'][number]['to']

/** Every page, in one list. */
export const PAGES = NAVIGATION.flatMap((group): readonly Page[] => group.items)

type Page = (typeof NAVIGATION)[number]['items'][number]
