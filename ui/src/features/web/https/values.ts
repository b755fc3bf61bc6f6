import type { Schemas } from '../../../api/problem'

export type Site = Schemas['Site']

/** The site's own certificate, in place of one that is chosen. */
export const OWN = 'own'

/** For so many seconds at least browsers' makers want a site to say it before they build it in: a year. */
export const PRELOAD_LEAST = 31_536_000

/** Times to choose from, in seconds: an hour to try it, up to two years; 0 takes it back. */
export const AGES = [0, 3600, 86_400, 604_800, 2_592_000, 15_552_000, PRELOAD_LEAST, 63_072_000] as const

export type Values = {
  isOn: boolean
  isHsts: boolean
  https: {
    certificate: string
    force: boolean
    hsts: { max_age: string; include_subdomains: boolean; preload: boolean }
  }
}

export function valuesOf({ https }: Site): Values {
  const { hsts } = https ?? {}
  return {
    isOn: !!https,
    isHsts: !!hsts,
    https: {
      certificate: https?.certificate && !https.certificate.own ? https.certificate.id : OWN,
      force: https?.force ?? false,
      hsts: {
        // an hour: what one tries first, since it cannot be called back before
        max_age: String(hsts?.max_age ?? 3600),
        include_subdomains: hsts?.include_subdomains ?? false,
        preload: hsts?.preload ?? false,
      },
    },
  }
}

/** Whether browsers' makers would take it: for a year, and for all names below. */
export const mayPreload = ({ max_age, include_subdomains }: Values['https']['hsts']) =>
  include_subdomains && Number(max_age) >= PRELOAD_LEAST

function hstsOf({ isHsts, https: { force, hsts } }: Values): Schemas['SiteHsts'] | null {
  // without being sent on, visitors by HTTP would never hear of it
  if (!isHsts || !force) return null
  return {
    max_age: Number(hsts.max_age),
    include_subdomains: hsts.include_subdomains,
    preload: hsts.preload && mayPreload(hsts),
  }
}

/** What the site's HTTPS is to be: null where it is off, and else what changes. */
export function edited(site: Site, values: Values): Schemas['EditHttps'] | null {
  if (!values.isOn) return null
  const before = valuesOf(site)
  const hsts = hstsOf(values)
  const isNew = !before.isOn
  return {
    ...(isNew || values.https.certificate !== before.https.certificate
      ? { certificate: values.https.certificate === OWN ? null : values.https.certificate }
      : {}),
    ...(isNew || values.https.force !== before.https.force ? { force: values.https.force } : {}),
    ...(JSON.stringify(hsts) !== JSON.stringify(hstsOf(before)) ? { hsts } : {}),
  }
}
