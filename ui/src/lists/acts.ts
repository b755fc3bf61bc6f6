import type { TFunction } from 'i18next'
import { type Change, change } from '../api/change'
import { api, type Schemas, unwrap } from '../api/client'
import { titleOf } from '../features/cert/words'
import type { Picked } from './selection'

/** What a bulk change is given besides: a reason, or a package. */
export type Given = { reason: string; package: string }

/** One action for many objects: each gets the call that its own page would make. */
type Account = Schemas['Account']
type Site = Schemas['Site']
type Certificate = Schemas['Certificate']

export const pickAccount = ({ id, name, generation, suspended }: Account): Picked => ({
  id,
  name,
  generation,
  suspended,
})
export const pickSite = ({ id, name, generation, suspended }: Site): Picked => ({ id, name, generation, suspended })
/** A certificate is as suspended as its account, and is not suspended by itself. */
export const pickCertificate = (certificate: Certificate): Picked => ({
  id: certificate.id,
  name: titleOf(certificate),
  generation: certificate.generation,
  suspended: false,
})

const readAccount = async (account: string) =>
  pickAccount(await unwrap(api.GET('/api/v1/accounts/{account}', { params: { path: { account } } })))
const readSite = async (site: string) =>
  pickSite(await unwrap(api.GET('/api/v1/sites/{site}', { params: { path: { site } } })))
const readCertificate = async (certificate: string) =>
  pickCertificate(await unwrap(api.GET('/api/v1/certificates/{certificate}', { params: { path: { certificate } } })))

export type BulkAct = {
  id:
    | 'account_suspend'
    | 'account_unsuspend'
    | 'account_package'
    | 'certificate_retry'
    | 'site_suspend'
    | 'site_unsuspend'
    | 'site_retry'
  label: string
  wants?: keyof Given
  /** It takes something away: the button is red, and never has the focus at first. */
  takes?: true
  /** The operation, by which its permission is known. */
  operation: string
  of: (item: Picked, given: Given) => Change
  /** Reads an object again that somebody else changed meanwhile. */
  read: (id: string) => Promise<Picked>
}

export function accountActs(t: TFunction): BulkAct[] {
  return [
    {
      id: 'account_suspend',
      label: t('common.suspend'),
      wants: 'reason',
      takes: true,
      operation: 'POST /api/v1/accounts/{account}/suspend',
      read: readAccount,
      of: ({ id, generation }, { reason }) =>
        change('post', '/api/v1/accounts/{account}/suspend', {
          path: { account: id },
          body: reason ? { reason } : {},
          generation,
        }),
    },
    {
      id: 'account_unsuspend',
      label: t('common.unsuspend'),
      operation: 'POST /api/v1/accounts/{account}/unsuspend',
      read: readAccount,
      of: ({ id, generation }) =>
        change('post', '/api/v1/accounts/{account}/unsuspend', { path: { account: id }, generation }),
    },
    {
      id: 'account_package',
      label: t('bulk.package'),
      wants: 'package',
      operation: 'PATCH /api/v1/accounts/{account}/limits',
      read: readAccount,
      of: ({ id, generation }, given) =>
        change('patch', '/api/v1/accounts/{account}/limits', {
          path: { account: id },
          body: { package: given.package || null, limits: {} },
          generation,
        }),
    },
  ]
}

export function siteActs(t: TFunction): BulkAct[] {
  return [
    {
      id: 'site_suspend',
      label: t('common.suspend'),
      takes: true,
      operation: 'POST /api/v1/sites/{site}/suspend',
      read: readSite,
      of: ({ id, generation }) => change('post', '/api/v1/sites/{site}/suspend', { path: { site: id }, generation }),
    },
    {
      id: 'site_unsuspend',
      label: t('common.unsuspend'),
      operation: 'POST /api/v1/sites/{site}/unsuspend',
      read: readSite,
      of: ({ id, generation }) => change('post', '/api/v1/sites/{site}/unsuspend', { path: { site: id }, generation }),
    },
    {
      id: 'site_retry',
      label: t('common.retry'),
      operation: 'POST /api/v1/sites/{site}/retry',
      read: readSite,
      of: ({ id }) => change('post', '/api/v1/sites/{site}/retry', { path: { site: id } }),
    },
  ]
}

export function certificateActs(t: TFunction): BulkAct[] {
  return [
    {
      id: 'certificate_retry',
      label: t('common.retry'),
      operation: 'POST /api/v1/certificates/{certificate}/retry',
      read: readCertificate,
      of: ({ id }) => change('post', '/api/v1/certificates/{certificate}/retry', { path: { certificate: id } }),
    },
  ]
}
