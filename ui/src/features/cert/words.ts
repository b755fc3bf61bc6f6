import type { Schemas } from '../../api/problem'
import { relative } from '../../app/format'
import { said } from '../../app/i18n'
import type { Tone } from '../../components/StatusBadge'

export type Certificate = Schemas['Certificate']
export type Order = Schemas['CertificateOrder']

const DAY = 86_400_000
/** So long before its end a certificate is told of, and one of a short life in its last third. */
const SOON = 14 * DAY

/** What people know it by: its first name, and how many there are besides. The API names certificates by their ids. */
export function titleOf({ names }: Pick<Certificate, 'names'>): string {
  const [first, ...rest] = names
  if (first === undefined) return said('certificates.noName') ?? ''
  return rest.length ? (said('certificates.more', { first, count: rest.length }) ?? first) : first
}

export type End = 'none' | 'far' | 'soon' | 'over'

/** How near the end of what was issued is. One that signs itself is made anew by the agent, and has none to wait for. */
export function endOf(certificate: Pick<Certificate, 'not_before' | 'not_after'>, now = Date.now()): End {
  const { not_before, not_after } = certificate
  if (!not_after) return 'none'
  const end = Date.parse(not_after)
  if (end <= now) return 'over'
  const life = not_before ? end - Date.parse(not_before) : Number.POSITIVE_INFINITY
  return end - now < Math.min(SOON, life / 3) ? 'soon' : 'far'
}

/** "Ends in 12 days"; nothing where it has no end. */
export function endWords(certificate: Pick<Certificate, 'not_before' | 'not_after'>, now = Date.now()) {
  const end = endOf(certificate, now)
  if (end === 'none' || !certificate.not_after) return undefined
  return said(end === 'over' ? 'certificates.ended' : 'certificates.ends', {
    when: relative(certificate.not_after, now),
  })
}

export type Fact = { tone: Tone; words: string }

/** What is to be known of a certificate at once: that browsers warn of it, that it ends, that nobody issues the next one. */
export function factsOf(certificate: Certificate, now = Date.now()): Fact[] {
  const { self_signed, order } = certificate
  const end = endOf(certificate, now)
  const facts: [Tone, string | undefined][] = [
    ['warning', self_signed ? said('certificates.selfSigned') : undefined],
    [end === 'over' ? 'bad' : 'warning', end === 'far' ? undefined : endWords(certificate, now)],
    ['moving', order?.state === 'ordering' ? said('certificates.state.ordering') : undefined],
    ['bad', order?.state === 'failed' ? said('certificates.state.failed') : undefined],
    ['warning', order?.left_out.length && order.state !== 'failed' ? said('certificates.lacks') : undefined],
  ]
  return facts.flatMap(([tone, words]) => (words ? [{ tone, words }] : []))
}

/** Where it comes from, in words. */
export const sourceWords = (certificate: Certificate) =>
  certificate.source === 'brought'
    ? (said('certificates.source.brought') ?? '')
    : certificate.issuer && !certificate.self_signed
      ? certificate.issuer
      : (said('certificates.source.authority') ?? '')

/** Why a name is left out, in the panel's words; codes of later releases are shown as they are. */
export const reasonWords = (reason: string) =>
  said(`certificates.left.${reason.replace(/^authority_/, '')}`) ?? reason.replaceAll('_', ' ')

/** Why it is ordered when it is. */
export const becauseWords = (because: string) => said(`certificates.because.${because}`) ?? because
