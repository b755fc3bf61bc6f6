import { queryOptions } from '@tanstack/react-query'
import { api, type Schemas, unwrap } from './client'
import type { SiteLogQuery } from './siteLog'

/**
 * What is read, under keys that begin with the object's kind: an event about a kind makes what was read of it old.
 */
type Page = { q?: string; cursor?: string; limit?: number }

/** What a list of accounts or sites may be narrowed to, and in which order. */
type Narrowed = Page & {
  sort?: string
  condition?: string
  suspended?: boolean
  organisation?: string
  total?: boolean
}
export type AccountQuery = Narrowed & { package?: string }
export type SiteQuery = Narrowed & { account?: string }
export type CertificateQuery = Narrowed & { account?: string }

export type ChangeQuery = { by?: string; path?: string; actor?: string; cursor?: string; limit?: number }

/** The pages of lists, for those who read all of them. */
export const pages = {
  accounts: (query: AccountQuery) => unwrap(api.GET('/api/v1/accounts', { params: { query } })),
  sites: (query: SiteQuery) => unwrap(api.GET('/api/v1/sites', { params: { query } })),
  certificates: (query: CertificateQuery) => unwrap(api.GET('/api/v1/certificates', { params: { query } })),
  siteLog: (site: string, query: SiteLogQuery & { before?: string; limit?: number }) =>
    unwrap(api.GET('/api/v1/sites/{site}/logs', { params: { path: { site }, query } })),
  hostChanges: (query: ChangeQuery) => unwrap(api.GET('/api/v1/changes', { params: { query } })),
}

const list = { staleTime: 10_000 }

export const queries = {
  session: () => queryOptions({ queryKey: ['session'], queryFn: () => unwrap(api.GET('/api/v1/me')) }),
  accounts: (query: AccountQuery = {}) =>
    queryOptions({
      ...list,
      queryKey: ['account', 'list', query],
      queryFn: () => pages.accounts(query),
    }),
  account: (account: string) =>
    queryOptions({
      queryKey: ['account', 'one', account],
      queryFn: () => unwrap(api.GET('/api/v1/accounts/{account}', { params: { path: { account } } })),
    }),
  accountLimits: (account: string) =>
    queryOptions({
      queryKey: ['account', 'limits', account],
      queryFn: () => unwrap(api.GET('/api/v1/accounts/{account}/limits', { params: { path: { account } } })),
    }),
  accountUsage: (account: string) =>
    queryOptions({
      staleTime: 60_000,
      queryKey: ['usage', account],
      queryFn: () => unwrap(api.GET('/api/v1/accounts/{account}/usage', { params: { path: { account } } })),
    }),
  accountMembers: (account: string) =>
    queryOptions({
      queryKey: ['member', 'account', account],
      queryFn: () => unwrap(api.GET('/api/v1/accounts/{account}/members', { params: { path: { account } } })),
    }),
  sites: (query: SiteQuery = {}) =>
    queryOptions({
      ...list,
      queryKey: ['site', 'list', query],
      queryFn: () => pages.sites(query),
    }),
  site: (site: string) =>
    queryOptions({
      queryKey: ['site', 'one', site],
      queryFn: () => unwrap(api.GET('/api/v1/sites/{site}', { params: { path: { site } } })),
    }),
  certificates: (query: CertificateQuery = {}) =>
    queryOptions({
      ...list,
      queryKey: ['certificate', 'list', query],
      queryFn: () => pages.certificates(query),
    }),
  certificate: (certificate: string) =>
    queryOptions({
      queryKey: ['certificate', 'one', certificate],
      queryFn: () => unwrap(api.GET('/api/v1/certificates/{certificate}', { params: { path: { certificate } } })),
    }),
  authorities: (query: { cursor?: string } = {}) =>
    queryOptions({
      ...list,
      queryKey: ['authority', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/authorities', { params: { query } })),
    }),
  siteLogFiles: (site: string, kind: 'access' | 'error') =>
    queryOptions({
      queryKey: ['site-log', 'files', site, kind],
      queryFn: () =>
        unwrap(api.GET('/api/v1/sites/{site}/logs/files', { params: { path: { site }, query: { kind } } })),
    }),
  siteTraffic: (site: string, days: number) =>
    queryOptions({
      staleTime: 60_000,
      queryKey: ['site-traffic', site, days],
      queryFn: () => unwrap(api.GET('/api/v1/sites/{site}/traffic', { params: { path: { site }, query: { days } } })),
    }),
  pools: (query: { account?: string; cursor?: string } = {}) =>
    queryOptions({
      queryKey: ['pool', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/pools', { params: { query } })),
    }),
  packages: (query: Page = {}) =>
    queryOptions({
      ...list,
      queryKey: ['package', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/packages', { params: { query } })),
    }),
  limits: () =>
    queryOptions({
      staleTime: 600_000,
      queryKey: ['limit-names'],
      queryFn: () => unwrap(api.GET('/api/v1/limits')),
    }),
  organisations: (query: Page = {}) =>
    queryOptions({
      ...list,
      queryKey: ['organisation', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/organisations', { params: { query } })),
    }),
  organisation: (organisation: string) =>
    queryOptions({
      queryKey: ['organisation', 'one', organisation],
      queryFn: () => unwrap(api.GET('/api/v1/organisations/{organisation}', { params: { path: { organisation } } })),
    }),
  organisationLimits: (organisation: string) =>
    queryOptions({
      queryKey: ['organisation', 'limits', organisation],
      queryFn: () =>
        unwrap(api.GET('/api/v1/organisations/{organisation}/limits', { params: { path: { organisation } } })),
    }),
  organisationMembers: (organisation: string) =>
    queryOptions({
      queryKey: ['member', 'organisation', organisation],
      queryFn: () =>
        unwrap(api.GET('/api/v1/organisations/{organisation}/members', { params: { path: { organisation } } })),
    }),
  persons: (query: Page = {}) =>
    queryOptions({
      ...list,
      queryKey: ['person', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/persons', { params: { query } })),
    }),
  person: (person: string) =>
    queryOptions({
      queryKey: ['person', 'one', person],
      queryFn: () => unwrap(api.GET('/api/v1/persons/{person}', { params: { path: { person } } })),
    }),
  personSessions: (person: string) =>
    queryOptions({
      queryKey: ['person', 'sessions', person],
      queryFn: () => unwrap(api.GET('/api/v1/persons/{person}/sessions', { params: { path: { person } } })),
    }),
  personTokens: (person: string) =>
    queryOptions({
      queryKey: ['person', 'tokens', person],
      queryFn: () => unwrap(api.GET('/api/v1/persons/{person}/tokens', { params: { path: { person } } })),
    }),
  personNetworks: (person: string) =>
    queryOptions({
      queryKey: ['person', 'networks', person],
      queryFn: () => unwrap(api.GET('/api/v1/persons/{person}/networks', { params: { path: { person } } })),
    }),
  roles: (query: { cursor?: string; limit?: number } = {}) =>
    queryOptions({
      ...list,
      queryKey: ['role', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/roles', { params: { query } })),
    }),
  permissions: () =>
    queryOptions({
      staleTime: 600_000,
      queryKey: ['permission'],
      queryFn: () => unwrap(api.GET('/api/v1/permissions')),
    }),
  webhooks: (query: { cursor?: string } = {}) =>
    queryOptions({
      ...list,
      queryKey: ['webhook', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/webhooks', { params: { query } })),
    }),
  webhook: (webhook: string) =>
    queryOptions({
      queryKey: ['webhook', 'one', webhook],
      queryFn: () => unwrap(api.GET('/api/v1/webhooks/{webhook}', { params: { path: { webhook } } })),
    }),
  deliveries: (webhook: string, query: { cursor?: string; state?: string }) =>
    queryOptions({
      queryKey: ['webhook', 'deliveries', webhook, query],
      queryFn: () => unwrap(api.GET('/api/v1/webhooks/{webhook}/deliveries', { params: { path: { webhook }, query } })),
    }),
  settings: () => queryOptions({ queryKey: ['setting'], queryFn: () => unwrap(api.GET('/api/v1/settings')) }),
  audit: (query: {
    cursor?: string
    account?: string
    organisation?: string
    actor?: string
    action?: string
    object?: string
    outcome?: string
    limit?: number
  }) =>
    queryOptions({
      queryKey: ['audit', query],
      queryFn: () => unwrap(api.GET('/api/v1/audit', { params: { query } })),
    }),
  auditVerdict: () =>
    queryOptions({ queryKey: ['audit-verdict'], queryFn: () => unwrap(api.GET('/api/v1/audit/verify')) }),
  node: () => queryOptions({ queryKey: ['host', 'node'], queryFn: () => unwrap(api.GET('/api/v1/node')) }),
  drift: () => queryOptions({ queryKey: ['host', 'drift'], queryFn: () => unwrap(api.GET('/api/v1/drift')) }),
  hostChanges: (query: ChangeQuery = {}) =>
    queryOptions({
      ...list,
      queryKey: ['host', 'changes', query],
      queryFn: () => pages.hostChanges(query),
    }),
  hostChange: (change: number) =>
    queryOptions({
      staleTime: Number.POSITIVE_INFINITY,
      queryKey: ['host-change', change],
      queryFn: () => unwrap(api.GET('/api/v1/changes/{change}', { params: { path: { change } } })),
    }),
  hostPlan: () =>
    queryOptions({ staleTime: 30_000, queryKey: ['host', 'plan'], queryFn: () => unwrap(api.GET('/api/v1/plan')) }),
  doctor: () =>
    queryOptions({ staleTime: 60_000, queryKey: ['doctor'], queryFn: () => unwrap(api.GET('/api/v1/doctor')) }),
  jobs: (query: { state?: string; kind?: string; cursor?: string; limit?: number } = {}) =>
    queryOptions({
      queryKey: ['job', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/jobs', { params: { query } })),
    }),
  job: (job: string) =>
    queryOptions({
      queryKey: ['job', 'one', job],
      queryFn: () => unwrap(api.GET('/api/v1/jobs/{job}', { params: { path: { job } } })),
    }),
  nodeRoles: () =>
    queryOptions({ queryKey: ['node-role', 'list'], queryFn: () => unwrap(api.GET('/api/v1/node/roles')) }),
  search: (q: string) =>
    queryOptions({
      ...list,
      queryKey: ['search', q],
      queryFn: () => unwrap(api.GET('/api/v1/search', { params: { query: { q, limit: 20 } } })),
    }),
  events: (limit = 100) =>
    queryOptions({
      queryKey: ['event', limit],
      // without `Accept: text/event-stream` it is a page
      queryFn: () =>
        unwrap(api.GET('/api/v1/events', { params: { query: { limit } } })) as Promise<Schemas['EventPage']>,
    }),
  tokens: () => queryOptions({ queryKey: ['token'], queryFn: () => unwrap(api.GET('/api/v1/tokens')) }),
  sessions: () => queryOptions({ queryKey: ['own-session'], queryFn: () => unwrap(api.GET('/api/v1/sessions')) }),
  factors: () => queryOptions({ queryKey: ['factor'], queryFn: () => unwrap(api.GET('/api/v1/second-factor')) }),
  passkeys: () => queryOptions({ queryKey: ['passkey'], queryFn: () => unwrap(api.GET('/api/v1/passkeys')) }),
  networks: () => queryOptions({ queryKey: ['networks'], queryFn: () => unwrap(api.GET('/api/v1/session/networks')) }),
  identityProviders: (query: { cursor?: string } = {}) =>
    queryOptions({
      ...list,
      queryKey: ['identity_provider', 'list', query],
      queryFn: () => unwrap(api.GET('/api/v1/identity-providers', { params: { query } })),
    }),
  identityProvider: (provider: string) =>
    queryOptions({
      queryKey: ['identity_provider', 'one', provider],
      queryFn: () =>
        unwrap(
          api.GET('/api/v1/identity-providers/{identity_provider}', {
            params: { path: { identity_provider: provider } },
          }),
        ),
    }),
  identities: () => queryOptions({ queryKey: ['identity'], queryFn: () => unwrap(api.GET('/api/v1/identities')) }),
  providerButtons: () =>
    queryOptions({
      queryKey: ['identity_provider', 'buttons'],
      queryFn: () => unwrap(api.GET('/api/v1/session/providers')),
    }),
  adoption: () => queryOptions({ queryKey: ['adoption'], queryFn: () => unwrap(api.GET('/api/v1/adoption')) }),
  /** `ask` is called at each reading: the time up to now moves on. */
  metrics: ({ key, ask }: { key: string; ask: () => { from: string; to: string; points: number } }) =>
    queryOptions({
      queryKey: ['metrics', key],
      queryFn: () => unwrap(api.GET('/api/v1/node/metrics', { params: { query: ask() } })),
    }),
  services: () => queryOptions({ queryKey: ['services'], queryFn: () => unwrap(api.GET('/api/v1/node/services')) }),
  processes: (query: { sort?: string; limit?: number }) =>
    queryOptions({
      queryKey: ['processes', query],
      queryFn: () => unwrap(api.GET('/api/v1/node/processes', { params: { query } })),
    }),
  notices: () => queryOptions({ queryKey: ['notice'], queryFn: () => unwrap(api.GET('/api/v1/notices')) }),
  invitations: () => queryOptions({ queryKey: ['invitation'], queryFn: () => unwrap(api.GET('/api/v1/invitations')) }),
}

/** Which queries an event about an object of a kind makes old, by the first part of their keys. */
export function touchedBy(kind: string): string[] {
  const host = ['host', 'event']
  if (kind === 'account') return ['account', 'usage', 'organisation', ...host]
  if (kind === 'site' || kind === 'pool') return ['site', 'pool', 'account', 'certificate', ...host]
  if (kind === 'certificate') return ['certificate', 'site', ...host]
  // certificates say who issues them, and whether anybody does
  if (kind === 'authority') return ['authority', 'certificate', ...host]
  // an order of a certificate is a job
  if (kind === 'job') return ['job', 'node-role', 'certificate', ...host]
  return [kind, ...host]
}
