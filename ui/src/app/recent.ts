/** Pages of objects that were looked at last, in this window: what was looked at does not stay behind in the browser. */
const KEPT = 'recent'
const MOST = 5

export type Recent = { href: string; label: string; kind: string }

const KINDS: Record<string, string> = {
  accounts: 'account',
  sites: 'site',
  organisations: 'organisation',
  people: 'person',
  webhooks: 'webhook',
}

export function recents(): Recent[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? '[]')
    return Array.isArray(kept) ? (kept as Recent[]) : []
  } catch {
    return []
  }
}

/** An object's page was opened. */
export function visited(pathname: string) {
  const [, part = '', name, more] = pathname.split('/')
  const kind = KINDS[part]
  if (!kind || !name || more) return
  const next = { href: pathname, label: decodeURIComponent(name), kind }
  const others = recents().filter(({ href }) => href !== pathname)
  sessionStorage.setItem(KEPT, JSON.stringify([next, ...others].slice(0, MOST)))
}
