import { Stack, Title } from '@mantine/core'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { EmptyState, ErrorState } from '../components/States'
import { Shell } from './Shell'
import { keepScope, readSearch } from './url'

function NotFound() {
  const { t } = useTranslation()
  return (
    <Stack>
      <Title order={1}>{t('problem.noPage')}</Title>
      <EmptyState title={location.pathname}>{t('problem.noPageHelp')}</EmptyState>
    </Stack>
  )
}

const root = createRootRoute({
  component: Shell,
  validateSearch: readSearch,
  search: { middlewares: [keepScope] },
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
})

const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path }) as const

const routes = root.addChildren([
  createRoute({ ...at('/'), component: lazyRouteComponent(() => import('../features/home/Home'), 'Home') }),
  createRoute({
    ...at('/accounts'),
    component: lazyRouteComponent(() => import('../features/account/Accounts'), 'Accounts'),
  }),
  createRoute({
    ...at('/accounts/$account'),
    component: lazyRouteComponent(() => import('../features/account/Account'), 'AccountPage'),
  }),
  createRoute({ ...at('/sites'), component: lazyRouteComponent(() => import('../features/web/Sites'), 'Sites') }),
  createRoute({
    ...at('/sites/$site'),
    component: lazyRouteComponent(() => import('../features/web/Site'), 'SitePage'),
  }),
  createRoute({
    ...at('/certificates'),
    component: lazyRouteComponent(() => import('../features/cert/Certificates'), 'Certificates'),
  }),
  createRoute({
    ...at('/certificates/$certificate'),
    component: lazyRouteComponent(() => import('../features/cert/Certificate'), 'CertificatePage'),
  }),
  createRoute({
    ...at('/packages'),
    component: lazyRouteComponent(() => import('../features/package/Packages'), 'Packages'),
  }),
  createRoute({
    ...at('/organisations'),
    component: lazyRouteComponent(() => import('../features/people/Organisations'), 'Organisations'),
  }),
  createRoute({
    ...at('/organisations/$organisation'),
    component: lazyRouteComponent(() => import('../features/people/Organisations'), 'OrganisationPage'),
  }),
  createRoute({ ...at('/people'), component: lazyRouteComponent(() => import('../features/people/People'), 'People') }),
  createRoute({
    ...at('/people/$person'),
    component: lazyRouteComponent(() => import('../features/people/Person'), 'PersonPage'),
  }),
  createRoute({ ...at('/roles'), component: lazyRouteComponent(() => import('../features/people/Roles'), 'Roles') }),
  createRoute({
    ...at('/changes'),
    component: lazyRouteComponent(() => import('../features/node/HostChanges'), 'HostChanges'),
  }),
  createRoute({ ...at('/health'), component: lazyRouteComponent(() => import('../features/node/Health'), 'Health') }),
  createRoute({
    ...at('/webhooks'),
    component: lazyRouteComponent(() => import('../features/webhook/Webhooks'), 'Webhooks'),
  }),
  createRoute({
    ...at('/webhooks/$webhook'),
    component: lazyRouteComponent(() => import('../features/webhook/Webhook'), 'WebhookPage'),
  }),
  createRoute({
    ...at('/identity-providers'),
    component: lazyRouteComponent(() => import('../features/identity/Providers'), 'Providers'),
  }),
  createRoute({
    ...at('/identity-providers/$provider'),
    component: lazyRouteComponent(() => import('../features/identity/Provider'), 'ProviderPage'),
  }),
  createRoute({
    ...at('/adoption'),
    component: lazyRouteComponent(() => import('../features/node/Adoption'), 'Adoption'),
  }),
  createRoute({
    ...at('/settings'),
    component: lazyRouteComponent(() => import('../features/setting/Settings'), 'Settings'),
  }),
  createRoute({ ...at('/jobs'), component: lazyRouteComponent(() => import('../features/job/Jobs'), 'Jobs') }),
  createRoute({ ...at('/jobs/$job'), component: lazyRouteComponent(() => import('../features/job/Job'), 'JobPage') }),
  createRoute({ ...at('/start'), component: lazyRouteComponent(() => import('../features/start/Start'), 'Start') }),
  createRoute({ ...at('/audit'), component: lazyRouteComponent(() => import('../features/audit/Audit'), 'Audit') }),
  createRoute({
    ...at('/profile'),
    component: lazyRouteComponent(() => import('../features/profile/Profile'), 'Profile'),
  }),
])

/** Every page has an address; the page's code is loaded when somebody means to go there. */
export const router = createRouter({
  routeTree: routes,
  // an address holds texts: no quotes round those that look like numbers
  parseSearch: parseSearchWith((text) => text),
  stringifySearch: stringifySearchWith(String),
  defaultPreload: 'intent',
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
